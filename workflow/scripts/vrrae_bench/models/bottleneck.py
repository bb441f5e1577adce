"""The part between encoder and decoder, in which the methods differ. This module has what all bottlenecks share.

While training, a bottleneck maps a batch of encodings to the decoder's input and to the posterior of each image. After
training, it maps each encoding by itself to its posterior, and points of the bottleneck to the decoder's input.
"""

from collections.abc import Callable
from typing import NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray


class Posterior(NamedTuple):
    """The Gaussian to which a variational method maps each image; without variance for a deterministic method.

    Attributes:
        basis: The basis in which the means are coordinates, for a method that finds a basis in each training batch.
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
        linear_layers: Their number, for a method that has linear layers of its own.
    """

    latent_size: int
    bottleneck: int
    linear_layers: int = 0


class Bottleneck(eqx.Module):
    """What training, inference and files need of a bottleneck. Only `posterior` has no default.

    Args:
        sizes: L, k and the number of linear layers.
        key: For the start values of its arrays, which are trained. Arrays that are not trained are set by `after_step`
            or `after_training`.
    """

    def __init__(self, sizes: Sizes, *, key: PRNGKeyArray):
        pass

    def __call__(self, encoding: Float[Array, "B E"], key: PRNGKeyArray) -> tuple[Float[Array, "B E"], Posterior]:
        """While training: the decoder's input, and the posterior of each image."""
        posterior = self.posterior(encoding)
        return self.decode(posterior.sample(key)), posterior

    def posterior(self, encoding: Float[Array, "B E"]) -> Posterior:
        """After training: the posterior of each image, which does not depend on the rest of its batch."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its posterior is")

    def decode(self, point: Float[Array, "N k"]) -> Float[Array, "N E"]:
        """The decoder's input for points of the bottleneck."""
        return point

    @property
    def known_basis(self) -> Float[Array, "L k"]:
        """The basis of all training images, which a trained bottleneck has if its method truncates.

        Raises:
            ValueError: The method does not truncate, or training is not over.
        """
        raise ValueError(f"{type(self).__name__} has no basis, since its method does not truncate")

    def holding(self, basis: Float[Array, "L k"]) -> Self:
        """The bottleneck with a basis, for a method that truncates: it decodes points in this basis.

        Raises:
            ValueError: The method does not truncate.
        """
        raise ValueError(f"{type(self).__name__} has no basis, since its method does not truncate")

    def penalty(
        self,
        encoder: Callable[[Float[Array, "B H W C"]], Float[Array, "B E"]],
        images: Float[Array, "B H W C"],
        posterior: Posterior,
        key: PRNGKeyArray,
    ) -> Float[Array, ""]:
        """What the loss contains besides the reconstruction error and the KL divergence, before its weight."""
        return jnp.zeros(())

    def after_step(self, posterior: Posterior) -> Self:
        """The bottleneck for the next training step, from the posterior of the batch of this one."""
        return self

    def after_training(self, encodings: Callable[[], Float[np.ndarray, "N E"]]) -> Self:
        """The bottleneck of the trained model.

        Args:
            encodings: Encodes all training images, which takes a while.
        """
        return self

    def like_trained(self) -> Self:
        """An untrained bottleneck with the arrays of a trained one, in their shapes, to read those of a file into."""
        return self
