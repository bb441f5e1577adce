"""The variational rank-reduction autoencoder."""

from collections.abc import Callable
from typing import Any, Self, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from vrrae_bench.models.bottleneck import Posterior, Sizes
from vrrae_bench.models.layers import Linear, Map, square_map
from vrrae_bench.models.methods.truncated_svd import TruncatedSVD

METHODS = {
    "vrrae": {
        "bottleneck": "VariationalSVD",
        "width": "latent_size",
        "options": {"mean": "identity"},
        "variational": True,
        "truncates": True,
    },
    # An ablation (VRRAE, section 5 and appendix A.1)
    "rrae_vae": {
        "bottleneck": "VariationalSVD",
        "width": "latent_size",
        "options": {"mean": "linear"},
        "variational": True,
        "truncates": True,
        "maps_coefficients": True,
    },
}


B = TypeVar("B", bound="VariationalSVD")


class VariationalSVD(TruncatedSVD):
    """The coefficients of a truncated SVD are the means of posteriors, and only they are sampled.

    The identity as the map to the mean keeps the coefficients an SVD (VRRAE, section 3 and Remark 1).

    From batch to batch a singular vector may change its sign, and two may change places where their singular values
    cross. The log-variances are linear in the coefficients and do not follow, so that the noise of a whole batch is
    wrong. While training, each vector therefore takes the place and the side of the nearest vector of the batch before
    (docs/studies.md). After training the vectors are sorted by their singular values, as in any SVD.

    Args:
        mean: The map to the mean: `identity`, or `linear` for the ablation RRAE + VAE (appendix A.1).

    Attributes:
        last_basis: The basis of the training batch before, in the order of training; zeros before the first batch.
    """

    mean: Callable[[Float[Array, "B k"]], Float[Array, "B k"]]
    log_variance: Linear
    last_basis: Float[Array, "L k"]

    def __init__(self, sizes: Sizes, mean: Map, *, key: PRNGKeyArray):
        super().__init__(sizes, with_rotation=mean != "identity", key=key)
        self.last_basis = jnp.zeros((sizes.latent_size, sizes.bottleneck), jnp.float32)
        mean_key, variance_key = jax.random.split(key)
        self.mean = square_map(mean, sizes.bottleneck, key=mean_key)
        self.log_variance = Linear(sizes.bottleneck, sizes.bottleneck, key=variance_key)

    def after_step(self, posterior: Posterior) -> Self:
        return eqx.tree_at(lambda bottleneck: bottleneck.last_basis, self, posterior.basis)

    def with_basis(self, basis: Float[Array, "L k"]) -> Self:
        """The same map with the basis of all images: in the order of that basis, on the sides of the last batch.

        It is the same map where that basis is not rotated within its span against the basis of the last batch. Close
        singular values rotate it. For RRAE + VAE it was tried to turn it to where it is nearest to the last basis
        (orthogonal Procrustes), which brought nothing: a test error of 38.6 % instead of 37.4 % on scikit-learn's
        digits, with one seed.
        """
        place = jnp.argsort(places(basis, self.last_basis))
        last = self.last_basis[:, place]
        ordered = eqx.tree_at(lambda bottleneck: bottleneck.last_basis, _reordered(self, place), last)
        return ordered.holding(basis * sides(basis, last))

    def _truncated(self, latent: Float[Array, "L B"]) -> tuple[Float[Array, "L k"], Float[Array, "k B"]]:
        basis, coefficients = super()._truncated(latent)
        last = lax.stop_gradient(self.last_basis)
        order = places(lax.stop_gradient(basis), last)
        basis, coefficients = basis[:, order], coefficients[order]
        side = sides(basis, last)
        return basis * side, coefficients * side[:, None]

    def posterior_of(self, coefficients: Float[Array, "B k"]) -> Posterior:
        return Posterior(self.mean(coefficients), self.log_variance(coefficients))


def places(basis: Float[Array, "L k"], reference: Float[Array, "L k"]) -> Int[Array, " k"]:
    """For each vector of a reference, the vector of a basis that takes its place. The nearest pairs come first.

    Two vectors are near if the angle between their lines is small. Each vector takes one place. A reference of zeros is
    equally near to all vectors, which then stay where they are.
    """
    k = basis.shape[1]

    def pair(state: tuple[Float[Array, "k k"], Int[Array, " k"]]) -> tuple[Float[Array, "k k"], Int[Array, " k"]]:
        # Whatever is nearest to each other is a pair, however many there are at once: few rounds suffice.
        nearness, order = state
        vector, place = jnp.argmax(nearness, axis=1), jnp.argmax(nearness, axis=0)
        paired = (place[vector] == jnp.arange(k)) & (jnp.max(nearness, axis=1) >= 0)
        taken = jnp.zeros(k, bool).at[vector].max(paired)
        return jnp.where(paired[:, None] | taken, -1, nearness), jnp.where(paired, vector, order)

    nearness = jnp.nan_to_num(jnp.abs(reference.T @ basis))
    return lax.while_loop(lambda state: jnp.any(state[0] >= 0), pair, (nearness, jnp.zeros(k, int)))[1]


def sides(basis: Float[Array, "L k"], reference: Float[Array, "L k"]) -> Float[Array, " k"]:
    """The signs that turn each vector of a basis to the side of its reference; 1 where no side is nearer."""
    return jnp.where(jnp.sum(basis * reference, axis=0) < 0, -1.0, 1.0)


def _reordered(bottleneck: B, place: Int[Array, " k"]) -> B:
    """The bottleneck whose linear maps, from coefficients to coefficients, take and give them in another order."""

    def reordered(part: Any) -> Any:
        if not _is_linear(part):
            return part
        return eqx.tree_at(lambda m: (m.weight, m.bias), part, (part.weight[place][:, place], part.bias[place]))

    return jax.tree.map(reordered, bottleneck, is_leaf=_is_linear)


def _is_linear(part: Any) -> bool:
    return isinstance(part, Linear)
