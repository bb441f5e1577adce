"""The rank-reduction autoencoder."""

from collections.abc import Callable
from typing import Self

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.basis import global_basis
from vrrae_bench.models.bottleneck import Bottleneck, Posterior, Sizes
from vrrae_bench.models.truncation import truncated_coefficients

METHODS = {"rrae": {"bottleneck": "TruncatedSVD", "width": "latent_size", "truncates": True}}


class TruncatedSVD(Bottleneck):
    """The latents of a batch are truncated to rank k (VRRAE, Eq. 3).

    Args:
        with_rotation: Whether the gradient contains the rotation of the basis within its span. It has to if the
            decoder's input depends on this rotation through the means.

    Attributes:
        basis: U, found once from the whole training set when training is over. Until then there is none.
    """

    latent_size: int = eqx.field(static=True)
    rank: int = eqx.field(static=True)
    with_rotation: bool = eqx.field(static=True)
    basis: Float[Array, "L k"] | None

    def __init__(self, sizes: Sizes, *, with_rotation: bool = False, key: PRNGKeyArray):
        self.latent_size, self.rank = sizes.latent_size, sizes.bottleneck
        self.with_rotation = with_rotation
        self.basis = None

    def __call__(self, encoding: Float[Array, "B L"], key: PRNGKeyArray) -> tuple[Float[Array, "B L"], Posterior]:
        basis, coefficients = self._truncated(encoding.T)
        posterior = self.posterior_of(coefficients.T)._replace(basis=basis)
        return self.holding(basis).decode(posterior.sample(key)), posterior

    def posterior(self, encoding: Float[Array, "B L"]) -> Posterior:
        return self.posterior_of(encoding @ self.known_basis)

    def posterior_of(self, coefficients: Float[Array, "B k"]) -> Posterior:
        """The posterior of each image from its coefficients, in training as afterwards."""
        return Posterior(coefficients)

    def decode(self, point: Float[Array, "N k"]) -> Float[Array, "N L"]:
        return point @ self.known_basis.T

    def after_training(self, encodings: Callable[[], Float[np.ndarray, "N L"]]) -> Self:
        return self.with_basis(jnp.asarray(global_basis(encodings(), self.rank), jnp.float32))

    def like_trained(self) -> Self:
        return self.holding(jnp.zeros((self.latent_size, self.rank), jnp.float32))

    def with_basis(self, basis: Float[Array, "L k"]) -> Self:
        """The bottleneck with the basis of all training images."""
        return self.holding(basis)

    def holding(self, basis: Float[Array, "L k"]) -> Self:
        return eqx.tree_at(lambda bottleneck: bottleneck.basis, self, basis, is_leaf=lambda leaf: leaf is None)

    def _truncated(self, latent: Float[Array, "L B"]) -> tuple[Float[Array, "L k"], Float[Array, "k B"]]:
        return truncated_coefficients(latent, self.rank, with_rotation=self.with_rotation)

    @property
    def known_basis(self) -> Float[Array, "L k"]:
        if self.basis is None:
            raise ValueError("this model has no basis yet: train it, then find the basis from all training latents")
        return self.basis
