"""A large matrix product in single precision: the rate that a step's products could reach. A "step" is an operation."""

import jax
import jax.numpy as jnp

SIZE = 2048


def prepare(shape, n_steps: int):
    """A function that multiplies two matrices, and 0."""
    product = jax.jit(jnp.matmul)
    left, right = jnp.ones((2, SIZE, SIZE), jnp.float32)

    def run() -> None:
        product(left, right).block_until_ready()

    return run, 0
