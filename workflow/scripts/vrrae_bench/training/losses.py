"""The loss of the paper (VRRAE, Eq. 2), with the scaling of the published code."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from vrrae_bench.models.bottleneck import Posterior
from vrrae_bench.models.convolutions import in_computed_order


def relative_error(prediction: Float[Array, "B H W C"], target: Float[Array, "B H W C"]) -> Float[Array, ""]:
    """100 * ||prediction - target||_F / ||target||_F over the whole batch, in percent."""
    # Pixel by pixel in NHWC order, this sum would be strided (18 ms of a profiled step of 330).
    prediction, target = in_computed_order(prediction), in_computed_order(target)
    return 100 * jnp.linalg.norm((prediction - target).ravel()) / jnp.linalg.norm(target.ravel())


def kl_divergence(posterior: Posterior) -> Float[Array, ""]:
    """KL(N(mean, exp(log-variance)) || N(0, 1)), summed over the bottleneck and the batch; 0 without a variance.

    For VRRAE the part of the means is half the sum of the squared kept singular values (VRRAE, Eq. 7).
    """
    mean, log_variance, _ = posterior
    if log_variance is None:
        return jnp.zeros(())
    return 0.5 * jnp.sum(mean**2 + jnp.exp(log_variance) - 1 - log_variance)
