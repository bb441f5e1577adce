"""The rank-reduction autoencoder."""

from typing import Self

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from vrrae_bench.models.basis import global_basis
from vrrae_bench.models.bottleneck import Bottleneck, Posterior
from vrrae_bench.models.truncation import truncated_coefficients

METHODS = {"rrae": {"bottleneck": "TruncatedSVD", "width": "latent_size", "truncates": True}}


class TruncatedSVD(Bottleneck):
    """The latents of a batch are truncated to rank k (VRRAE, Eq. 3).

    Args:
        with_rotation: Whether the gradient contains the rotation of the basis within its span. It has to, where the
            decoder's input depends on that rotation through the means. (Through the noise it does for every method that
            has noise.)

    Attributes:
        basis: U, found once from the whole training set when training is over. Until then there is none.
    """

    latent_size: int = eqx.field(static=True)
    rank: int = eqx.field(static=True)
    with_rotation: bool = eqx.field(static=True)
    basis: Float[Array, "L k"] | None

    def __init__(self, sizes, *, with_rotation: bool = False, key):
        self.latent_size, self.rank = sizes.latent_size, sizes.bottleneck
        self.with_rotation = with_rotation
        self.basis = None

    def __call__(self, encoding, key):
        basis, coefficients = self._truncated(encoding.T)
        posterior = self._posterior_of(coefficients.T)._replace(basis=basis)
        return posterior.sample(key) @ basis.T, posterior

    def posterior(self, encoding):
        return self._posterior_of(encoding @ self.known_basis)

    def decode(self, point):
        return point @ self.known_basis.T

    def after_training(self, encodings):
        return self.with_basis(jnp.asarray(global_basis(encodings(), self.rank), jnp.float32))

    def like_trained(self):
        return TruncatedSVD.with_basis(self, jnp.zeros((self.latent_size, self.rank), jnp.float32))

    def with_basis(self, basis: Float[Array, "L k"]) -> Self:
        """The bottleneck with the basis of all training images."""
        return eqx.tree_at(lambda bottleneck: bottleneck.basis, self, basis, is_leaf=lambda leaf: leaf is None)

    def _truncated(self, latent):
        return truncated_coefficients(latent, self.rank, with_rotation=self.with_rotation)

    def _posterior_of(self, coefficients):
        return Posterior(coefficients)

    @property
    def known_basis(self):
        if self.basis is None:
            raise ValueError("this model has no basis yet: train it, then find the basis from all training latents")
        return self.basis
