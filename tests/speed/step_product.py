"""A large matrix product: the rate that a step's products could reach. A "step" is one product."""

import jax
import jax.numpy as jnp

SIZE = 2048


def prepare(shape, n_steps: int, precision: str = "float32"):
    """A function that multiplies two matrices of a type into float32, and 0."""
    jax.config.update("jax_default_matmul_precision", "highest")  # as in `configure_jax`: no TF32
    product = jax.jit(lambda left, right: jnp.matmul(left, right, preferred_element_type=jnp.float32))
    left, right = jnp.ones((2, SIZE, SIZE), precision)

    def run() -> None:
        product(left, right).block_until_ready()

    return run, 0
