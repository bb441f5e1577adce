"""What the losses of some baselines of Table A.4-3 contain besides the reconstruction error."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottlenecks import Posterior
from vrrae_bench.models.registry import METHODS

SPARSE_ACTIVATION = 0.05  # ours; printed nowhere


def penalty(
    method: str, model: Autoencoder, images: Float[Array, "B H W C"], posterior: Posterior, key: PRNGKeyArray
) -> Float[Array, ""]:
    """The method's penalty for a batch, before its weight; 0 for a method without one."""
    name = METHODS[method].penalty
    return jnp.zeros(()) if name is None else globals()[name](model, images, posterior, key)


def nuclear_norm(model, images, posterior, key) -> Float[Array, ""]:
    """Sum of the singular values of the linear layers behind the encoder (LoRAE)."""
    return sum(jnp.linalg.norm(weight, "nuc") for weight in model.bottleneck.weights)


def contraction(model, images, posterior, key) -> Float[Array, ""]:
    """||dh/dx||_F^2 of the encoder, averaged over the batch (the contractive autoencoder), by one random projection.

    For a vector v of random signs, E ||v^T J||^2 = ||J||_F^2; the whole Jacobian would cost L backward passes.
    """
    encoding, pull_back = jax.vjp(model.encoder, images)
    signs = jax.random.rademacher(key, encoding.shape, encoding.dtype)
    (projection,) = pull_back(signs)  # each image's own: the encoder sees it alone
    return jnp.sum(projection**2) / len(images)


def sparsity(model, images, posterior, key) -> Float[Array, ""]:
    """KL(rho || mean activation over the batch), summed over the units of a sigmoid latent (the sparse autoencoder).

    A unit that rounds to 0 or 1 for a whole batch has the divergence of the number next to that, and no gradient.
    """
    precision = jnp.finfo(posterior.mean.dtype)
    target = SPARSE_ACTIVATION
    active = jnp.clip(posterior.mean.mean(axis=0), precision.tiny, 1 - precision.epsneg)
    of_active = target * (jnp.log(target) - jnp.log(active))
    return jnp.sum(of_active + (1 - target) * (jnp.log1p(-target) - jnp.log1p(-active)))
