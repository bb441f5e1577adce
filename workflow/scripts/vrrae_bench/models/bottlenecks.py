"""What lies between encoder and decoder: the part in which the methods differ.

While training, a bottleneck maps a batch of encodings to what the decoder reads and to the posterior of each image.
After training, it maps each encoding by itself to its posterior, and points of the bottleneck to the decoder's input.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from vrrae_bench.models.layers import Linear
from vrrae_bench.models.truncation import truncated_coefficients

Mean = Literal["linear", "identity"]


class Posterior(NamedTuple):
    """The Gaussian to which a variational method maps each image; without variance for a deterministic one.

    Attributes:
        basis: In which the means are coordinates, for a method that finds one in each batch while it trains.
    """

    mean: Float[Array, "B k"]
    log_variance: Float[Array, "B k"] | None = None
    basis: Float[Array, "L k"] | None = None

    def sample(self, key: PRNGKeyArray) -> Float[Array, "B k"]:
        """A point of each posterior: mean + eps * exp(log-variance / 2); the mean where there is no variance."""
        if self.log_variance is None:
            return self.mean
        return self.mean + jax.random.normal(key, self.mean.shape, self.mean.dtype) * jnp.exp(self.log_variance / 2)


class Sizes(NamedTuple):
    """What a bottleneck is built from.

    Attributes:
        latent_size: L.
        bottleneck: k.
        linear_layers: Of a method that has such.
    """

    latent_size: int
    bottleneck: int
    linear_layers: int = 0


class Bottleneck(Protocol):
    """What `Autoencoder` needs of a bottleneck; it is built from `Sizes` and a key."""

    def __call__(self, encoding: Float[Array, "B E"], key: PRNGKeyArray) -> tuple[Float[Array, "B E"], Posterior]:
        """While training: what the decoder reads, and the posterior of each image."""

    def posterior(self, encoding: Float[Array, "B E"]) -> Posterior:
        """After training: the posterior of each image, independent of the rest of its batch."""

    def decode(self, point: Float[Array, "N k"]) -> Float[Array, "N E"]:
        """What the decoder reads for points of the bottleneck."""


class Identity(eqx.Module):
    """No bottleneck but the width of the encoder's output: the diabolo autoencoder."""

    def __init__(self, sizes: Sizes, *, key: PRNGKeyArray):
        pass

    def __call__(self, encoding, key):
        posterior = self.posterior(encoding)
        return posterior.sample(key), posterior

    def posterior(self, encoding):
        return Posterior(encoding)

    def decode(self, point):
        return point


class Sigmoid(Identity):
    """Activations between 0 and 1: the sparse autoencoder."""

    def posterior(self, encoding):
        return Posterior(jax.nn.sigmoid(encoding))


class LinearStack(Identity):
    """Linear layers without bias behind the encoder, which keep its rank low: IRMAE, and with one layer LoRAE."""

    weights: tuple[Float[Array, "L L"], ...]

    def __init__(self, sizes: Sizes, *, key: PRNGKeyArray):
        size, keys = sizes.latent_size, jax.random.split(key, sizes.linear_layers)
        self.weights = tuple(Linear(size, size, key=layer_key).weight for layer_key in keys)

    def posterior(self, encoding):
        for weight in self.weights:
            encoding = encoding @ weight
        return Posterior(encoding)


class Gaussian(Identity):
    """The variational autoencoder: linear maps of the encoding give mean and log-variance (VRRAE, section 2).

    Args:
        mean: `linear`, or `identity` for the ablation VAE (f = I).
    """

    mean: Callable
    log_variance: Linear

    def __init__(self, sizes: Sizes, mean: Mean = "linear", *, key: PRNGKeyArray):
        mean_key, variance_key = jax.random.split(key)
        self.mean = _map_to_the_mean(mean, sizes.bottleneck, mean_key)
        self.log_variance = Linear(sizes.bottleneck, sizes.bottleneck, key=variance_key)

    def posterior(self, encoding):
        return Posterior(self.mean(encoding), self.log_variance(encoding))


class TruncatedSVD(eqx.Module):
    """The rank-reduction autoencoder: the latents of a batch are truncated to rank k (VRRAE, Eq. 3).

    Args:
        with_rotation: Whether what the decoder reads of the means depends on the rotation of the basis within its span,
            so that the gradient has to have it. (What it reads of the noise does for every method that has noise.)

    Attributes:
        basis: U, found once from the whole training set when training is over (`models.basis`); until then, None.
    """

    bottleneck: int = eqx.field(static=True)
    with_rotation: bool = eqx.field(static=True)
    basis: Float[Array, "L k"] | None

    def __init__(self, sizes: Sizes, *, with_rotation: bool = False, key: PRNGKeyArray):
        self.bottleneck = sizes.bottleneck
        self.with_rotation = with_rotation
        self.basis = None

    def __call__(self, encoding, key):
        basis, coefficients = self._truncated(encoding.T)
        posterior = self._posterior_of(coefficients.T)._replace(basis=basis)
        return posterior.sample(key) @ basis.T, posterior

    def posterior(self, encoding):
        return self._posterior_of(encoding @ self._known_basis())

    def decode(self, point):
        return point @ self._known_basis().T

    def with_basis(self, basis: Float[Array, "L k"]) -> Self:
        """What this is after training, when the basis of all training images is known."""
        return eqx.tree_at(lambda bottleneck: bottleneck.basis, self, basis, is_leaf=lambda leaf: leaf is None)

    def _truncated(self, latent):
        return truncated_coefficients(latent, self.bottleneck, with_rotation=self.with_rotation)

    def _posterior_of(self, coefficients):
        return Posterior(coefficients)

    def _known_basis(self):
        if self.basis is None:
            raise ValueError("this model has no basis yet: train it, then find the basis from all training latents")
        return self.basis


class VariationalSVD(TruncatedSVD):
    """The variational rank-reduction autoencoder: the coefficients are the means, and only they are sampled.

    The identity as the map to the mean keeps the coefficients an SVD (VRRAE, section 3 and Remark 1).

    From batch to batch a singular pair may change its sign, and two may change places where their values cross. The
    log-variances, linear in the coefficients, do not follow: the noise of a whole batch then is wrong. So while
    training each vector of a basis takes the place and the side of the one before that it is nearest to
    (docs/performance.md). After training the pairs are sorted as those of any SVD.

    Args:
        mean: `identity`, or `linear` for the ablation RRAE + VAE (appendix A.1).

    Attributes:
        last_basis: That of the training batch before, in its order; zeros before the first.
    """

    mean: Callable
    log_variance: Linear
    last_basis: Float[Array, "L k"]

    def __init__(self, sizes: Sizes, mean: Mean = "identity", *, key: PRNGKeyArray):
        super().__init__(sizes, with_rotation=mean != "identity", key=key)
        self.last_basis = jnp.zeros((sizes.latent_size, sizes.bottleneck), jnp.float32)
        mean_key, variance_key = jax.random.split(key)
        self.mean = _map_to_the_mean(mean, sizes.bottleneck, mean_key)
        self.log_variance = Linear(sizes.bottleneck, sizes.bottleneck, key=variance_key)

    def with_basis(self, basis):
        """The map with the basis of all images, in that basis' order, and on the sides of the last batch.

        It is the same map where that basis is not rotated within its span against the last batch's, as close singular
        values have it. To turn it to where it is nearest to the latter (orthogonal Procrustes) was tried for RRAE + VAE
        and brought nothing: a test error of 38.6 % instead of 37.4 % on scikit-learn's digits, one seed.
        """
        place = jnp.argsort(places(basis, self.last_basis))
        last = self.last_basis[:, place]
        ordered = eqx.tree_at(lambda bottleneck: bottleneck.last_basis, _reordered(self, place), last)
        return super(VariationalSVD, ordered).with_basis(basis * sides(basis, last))

    def _truncated(self, latent):
        basis, coefficients = super()._truncated(latent)
        last = lax.stop_gradient(self.last_basis)
        order = places(lax.stop_gradient(basis), last)
        basis, coefficients = basis[:, order], coefficients[order]
        side = sides(basis, last)
        return basis * side, coefficients * side[:, None]

    def _posterior_of(self, coefficients):
        return Posterior(self.mean(coefficients), self.log_variance(coefficients))


def places(basis: Float[Array, "L k"], reference: Float[Array, "L k"]) -> Int[Array, " k"]:
    """For each vector of a reference the vector of a basis that takes its place, each once; the nearest pairs first.

    Near is what has a small angle, whatever the side. To a reference of zeros all are alike: each stays where it is.
    """
    k = basis.shape[1]

    def pair(state):
        # Whatever is nearest to each other is a pair, however many there are at once: few rounds suffice.
        nearness, order = state
        vector, place = jnp.argmax(nearness, axis=1), jnp.argmax(nearness, axis=0)
        found = (place[vector] == jnp.arange(k)) & (jnp.max(nearness, axis=1) >= 0)
        taken = jnp.zeros(k, bool).at[vector].max(found)
        return jnp.where(found[:, None] | taken, -1, nearness), jnp.where(found, vector, order)

    nearness = jnp.nan_to_num(jnp.abs(reference.T @ basis))
    return lax.while_loop(lambda state: jnp.any(state[0] >= 0), pair, (nearness, jnp.zeros(k, int)))[1]


def sides(basis: Float[Array, "L k"], reference: Float[Array, "L k"]) -> Float[Array, " k"]:
    """The signs with which the vectors of a basis point to the same side as those of another; 1 where both do."""
    return jnp.where(jnp.sum(basis * reference, axis=0) < 0, -1.0, 1.0)


def _reordered(bottleneck: TruncatedSVD, place: Int[Array, " k"]) -> TruncatedSVD:
    """A bottleneck whose linear maps, between coefficients, find these in other places."""

    def reordered(part):
        if not _is_linear(part):
            return part
        return eqx.tree_at(lambda m: (m.weight, m.bias), part, (part.weight[place][:, place], part.bias[place]))

    return jax.tree.map(reordered, bottleneck, is_leaf=_is_linear)


def _is_linear(part: Any) -> bool:
    return isinstance(part, Linear)


def _map_to_the_mean(kind: Mean, size: int, key: PRNGKeyArray) -> Callable:
    return eqx.nn.Identity() if kind == "identity" else Linear(size, size, key=key)
