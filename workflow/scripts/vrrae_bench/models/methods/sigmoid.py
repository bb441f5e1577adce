"""The sparse autoencoder, a baseline of Table A.4-3."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.bottleneck import Bottleneck, Posterior

METHODS = {"sparse_ae": {"bottleneck": "Sigmoid", "width": "latent_size", "penalised": True}}

ACTIVE = 0.05  # rho, the mean activation that is aimed at. Ours; it is printed nowhere


class Sigmoid(Bottleneck):
    """Activations between 0 and 1, with a penalty on their means, so that few are active at a time."""

    def posterior(self, encoding: Float[Array, "B L"]) -> Posterior:
        return Posterior(jax.nn.sigmoid(encoding))

    def penalty(
        self,
        encoder: Callable[[Float[Array, "B H W C"]], Float[Array, "B L"]],
        images: Float[Array, "B H W C"],
        posterior: Posterior,
        key: PRNGKeyArray,
    ) -> Float[Array, ""]:
        """KL(rho || mean activation over the batch), summed over the units.

        A unit that rounds to 0 or 1 for a whole batch has the divergence of the number next to that, and no gradient.
        """
        precision = jnp.finfo(posterior.mean.dtype)
        active = jnp.clip(posterior.mean.mean(axis=0), precision.tiny, 1 - precision.epsneg)
        of_active = ACTIVE * (jnp.log(ACTIVE) - jnp.log(active))
        return jnp.sum(of_active + (1 - ACTIVE) * (jnp.log1p(-ACTIVE) - jnp.log1p(-active)))
