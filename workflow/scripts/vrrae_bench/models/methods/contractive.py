"""The contractive autoencoder, a baseline of Table A.4-3."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.bottleneck import Bottleneck, Posterior

METHODS = {"contractive_ae": {"bottleneck": "Contractive", "width": "latent_size", "penalised": True}}


class Contractive(Bottleneck):
    """The encoding as it is, with a penalty on how much it changes with the image."""

    def posterior(self, encoding: Float[Array, "B L"]) -> Posterior:
        return Posterior(encoding)

    def penalty(
        self,
        encoder: Callable[[Float[Array, "B H W C"]], Float[Array, "B L"]],
        images: Float[Array, "B H W C"],
        posterior: Posterior,
        key: PRNGKeyArray,
    ) -> Float[Array, ""]:
        """||dh/dx||_F^2 of the encoder, averaged over the batch, by one random projection.

        For a vector v of random signs, E ||v^T J||^2 = ||J||_F^2. The whole Jacobian would cost L backward passes.
        """
        encoding, pull_back = jax.vjp(encoder, images)
        signs = jax.random.rademacher(key, encoding.shape, encoding.dtype)
        (projection,) = pull_back(signs)  # that of each image is its own, since the encoder sees each image alone
        return jnp.sum(projection**2) / len(images)
