"""Layers with parameters: the start values of the published code around the functions of `convolutions`."""

import math
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray


class Linear(eqx.Module):
    """x W + b over the last axis."""

    weight: Float[Array, "I O"]
    bias: Float[Array, " O"]

    def __init__(self, inputs: int, outputs: int, *, key: PRNGKeyArray):
        self.weight, self.bias = _uniform_start(key, (inputs, outputs), inputs)

    def __call__(self, x: Float[Array, "... I"]) -> Float[Array, "... O"]:
        return x @ self.weight + self.bias


class Convolution(eqx.Module):
    """A K x K convolution of any kind.

    Attributes:
        function: One of `convolutions`.
    """

    kernel: Float[Array, "K K I O"]
    bias: Float[Array, " O"]
    function: Callable = eqx.field(static=True)

    def __init__(self, function: Callable, size: int, inputs: int, outputs: int, *, key: PRNGKeyArray):
        self.kernel, self.bias = _uniform_start(key, (size, size, inputs, outputs), inputs * size**2)
        self.function = function

    def __call__(self, x: Float[Array, "B H W I"]) -> Float[Array, "B P Q O"]:
        return self.function(x, self.kernel, self.bias)


def _uniform_start(key, shape, inputs):
    """Weights and biases uniform in +- 1 / sqrt(inputs of one output), the default of Equinox; float32 always."""
    weight_key, bias_key = jax.random.split(key)
    bound = 1 / math.sqrt(inputs)
    return (
        jax.random.uniform(weight_key, shape, jnp.float32, minval=-bound, maxval=bound),
        jax.random.uniform(bias_key, shape[-1:], jnp.float32, minval=-bound, maxval=bound),
    )
