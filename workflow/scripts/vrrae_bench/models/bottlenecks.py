"""What lies between encoder and decoder: the part in which the methods differ.

While training, a bottleneck maps a batch of encodings to what the decoder reads and to the posterior of each image.
After training, it maps each encoding by itself to its posterior, and points of the bottleneck to the decoder's input.
"""

from typing import NamedTuple, Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.layers import Linear
from vrrae_bench.models.truncation import truncated_coefficients


class Posterior(NamedTuple):
    """The Gaussian to which a variational method maps each image; without variance for a deterministic one."""

    mean: Float[Array, "B k"]
    log_variance: Float[Array, "B k"] | None = None

    def sample(self, key: PRNGKeyArray) -> Float[Array, "B k"]:
        """A point of each posterior: mean + eps * exp(log-variance / 2); the mean where there is no variance."""
        if self.log_variance is None:
            return self.mean
        return self.mean + jax.random.normal(key, self.mean.shape) * jnp.exp(self.log_variance / 2)


class Bottleneck(Protocol):
    """What `Autoencoder` needs of a bottleneck."""

    def __call__(self, encoding: Float[Array, "B E"], key: PRNGKeyArray) -> tuple[Float[Array, "B E"], Posterior]:
        """While training: what the decoder reads, and the posterior of each image."""

    def posterior(self, encoding: Float[Array, "B E"]) -> Posterior:
        """After training: the posterior of each image, independent of the rest of its batch."""

    def decode(self, point: Float[Array, "N k"]) -> Float[Array, "N E"]:
        """What the decoder reads for points of the bottleneck."""


class Identity(eqx.Module):
    """No bottleneck but the width of the encoder's output: the diabolo autoencoder."""

    def __init__(self, latent_size: int, bottleneck: int, *, key: PRNGKeyArray):
        pass

    def __call__(self, encoding, key):
        return encoding, self.posterior(encoding)

    def posterior(self, encoding):
        return Posterior(encoding)

    def decode(self, point):
        return point


class Gaussian(eqx.Module):
    """The variational autoencoder: linear maps of the encoding give mean and log-variance (VRRAE, section 2)."""

    mean: Linear
    log_variance: Linear

    def __init__(self, latent_size: int, bottleneck: int, *, key: PRNGKeyArray):
        mean_key, variance_key = jax.random.split(key)
        self.mean = Linear(bottleneck, bottleneck, key=mean_key)
        self.log_variance = Linear(bottleneck, bottleneck, key=variance_key)

    def __call__(self, encoding, key):
        posterior = self.posterior(encoding)
        return posterior.sample(key), posterior

    def posterior(self, encoding):
        return Posterior(self.mean(encoding), self.log_variance(encoding))

    def decode(self, point):
        return point


class TruncatedSVD(eqx.Module):
    """The rank-reduction autoencoder: the latents of a batch are truncated to rank k (VRRAE, Eq. 3).

    Attributes:
        basis: U, found once from the whole training set when training is over (`latent.basis`); until then, None.
    """

    bottleneck: int = eqx.field(static=True)
    basis: Float[Array, "L k"] | None

    def __init__(self, latent_size: int, bottleneck: int, *, key: PRNGKeyArray):
        self.bottleneck = bottleneck
        self.basis = None

    def __call__(self, encoding, key):
        basis, coefficients = truncated_coefficients(encoding.T, self.bottleneck)
        posterior = self._posterior_of(coefficients.T)
        return posterior.sample(key) @ basis.T, posterior

    def posterior(self, encoding):
        return self._posterior_of(encoding @ self._known_basis())

    def decode(self, point):
        return point @ self._known_basis().T

    def _posterior_of(self, coefficients):
        return Posterior(coefficients)

    def _known_basis(self):
        if self.basis is None:
            raise ValueError("this model has no basis yet: train it, then find the basis from all training latents")
        return self.basis


class VariationalSVD(TruncatedSVD):
    """The variational rank-reduction autoencoder: the coefficients are the means, and only they are sampled.

    The identity as the map to the mean keeps the coefficients an SVD (VRRAE, section 3 and Remark 1).
    """

    log_variance: Linear

    def __init__(self, latent_size: int, bottleneck: int, *, key: PRNGKeyArray):
        super().__init__(latent_size, bottleneck, key=key)
        self.log_variance = Linear(bottleneck, bottleneck, key=key)

    def _posterior_of(self, coefficients):
        return Posterior(coefficients, self.log_variance(coefficients))
