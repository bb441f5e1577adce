"""Layers with parameters, which start with the values of the published code.

`convolutions` and `products` have what they compute, and what the argument `precision` changes.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.products import linear_map

Map = Literal["linear", "identity"]


class Linear(eqx.Module):
    """x W + b over the last axis."""

    weight: Float[Array, "I O"]
    bias: Float[Array, " O"]

    def __init__(self, inputs: int, outputs: int, *, key: PRNGKeyArray):
        self.weight, self.bias = _uniform_start(key, (inputs, outputs), inputs)

    def __call__(self, x: Float[Array, "*rows I"], precision: str | None = None) -> Float[Array, "*rows O"]:
        """The map of each vector."""
        return linear_map(x, self.weight, precision) + self.bias


class Convolution(eqx.Module):
    """A K x K convolution of any kind.

    Attributes:
        function: What it computes, a function of `convolutions`.
    """

    kernel: Float[Array, "K K I O"]
    bias: Float[Array, " O"]
    function: Callable = eqx.field(static=True)

    def __init__(self, function: Callable, size: int, inputs: int, outputs: int, *, key: PRNGKeyArray):
        self.kernel, self.bias = _uniform_start(key, (size, size, inputs, outputs), inputs * size**2)
        self.function = function

    def __call__(self, x: Float[Array, "B H W I"], precision: str | None = None) -> Float[Array, "B P Q O"]:
        """The convolution of each image, with what its function does besides."""
        return self.function(x, self.kernel, self.bias, precision)


def square_map(kind: Map, size: int, *, key: PRNGKeyArray) -> Callable[[Float[Array, "B k"]], Float[Array, "B k"]]:
    """A map between vectors of one size: a linear layer, or none."""
    return eqx.nn.Identity() if kind == "identity" else Linear(size, size, key=key)


def _uniform_start(
    key: PRNGKeyArray, shape: tuple[int, ...], inputs: int
) -> tuple[Float[Array, "..."], Float[Array, " O"]]:
    """Weights and biases uniform in +- 1 / sqrt(inputs of one output), as is the default of Equinox; always float32."""
    weight_key, bias_key = jax.random.split(key)
    bound = 1 / math.sqrt(inputs)
    draw = partial(jax.random.uniform, dtype=jnp.float32, minval=-bound, maxval=bound)
    # In a row, which is then folded: the numbers are the same, and XLA compiles each draw in a quarter of the time.
    return draw(weight_key, (math.prod(shape),)).reshape(shape), draw(bias_key, shape[-1:])
