"""A trained model, and what it is used for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float, Num

from vrrae_bench.latent.interpolation import inner_points
from vrrae_bench.latent.mixture import FittedMixture, fit_mixture
from vrrae_bench.latent.sampling import draw_seed
from vrrae_bench.library.images import images_for_model
from vrrae_bench.library.settings import as_in_the_commands
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.inference import decode, posteriors
from vrrae_bench.models.serialisation import ModelHeader, load_model, save_model
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.seeding import derived_seed


@dataclass(frozen=True)
class TrainedModel:
    """An autoencoder after its training.

    Images go in as they were trained on: bytes, or numbers in the same range. They come out as float32 in the same
    units, neither rounded nor clipped.

    Attributes:
        network: The Equinox module, for gradients and whatever else is not below.
        header: How it was trained, its image shape, and how its images are normalised.
        history: A row for each epoch of `fit`, with the loss and its parts before their weights; empty after `load`.
    """

    network: Autoencoder
    header: ModelHeader
    history: tuple[Mapping[str, float], ...] = ()

    def save(self, path: str | Path) -> None:
        """Write a file that `load` reads, atomically; its history is not in it."""
        save_model(path, self.network, self.header)

    def encode(self, images: Num[np.ndarray, "N H W C"]) -> Float[np.ndarray, "N k"]:
        """The posterior mean of each image; without a posterior, its encoding.

        Raises:
            UserError: The images are not such as the model was trained on. So do all methods that take images.
        """
        with as_in_the_commands():
            found = posteriors(self.network, self.header.normalisation, images_for_model(images, self.header))
            return np.asarray(found.mean)

    def decode(self, points: Float[np.ndarray, "N k"]) -> Float[np.ndarray, "N H W C"]:
        """Images for points of the bottleneck.

        Raises:
            UserError: The points have another number of dimensions.
        """
        points = np.asarray(points)
        size = self._size()
        if points.ndim != 2 or points.shape[1] != size or not len(points) or points.dtype.kind not in "fiu":
            raise UserError(
                f"points: are {points.dtype} of the shape {points.shape}; numbers, N x {size}, are decoded."
            )
        with as_in_the_commands():
            return np.concatenate(list(decode(self.network, self.header.normalisation, points)))

    def reconstruct(self, images: Num[np.ndarray, "N H W C"]) -> Float[np.ndarray, "N H W C"]:
        """What the model makes of images, from their posterior means."""
        return self.decode(self.encode(images))

    def interpolate(
        self, first: Num[np.ndarray, "N H W C"], last: Num[np.ndarray, "N H W C"], n_points: int = 5
    ) -> Float[np.ndarray, "N n H W C"]:
        """Images at `n_points` evenly spaced inner points of the line between the posterior means of two images each.

        Raises:
            UserError: There are not as many first as last images, or no points.
        """
        if len(first) != len(last) or n_points < 1:
            raise UserError(
                f"interpolate: {len(first)} first and {len(last)} last images with {n_points} points between; there "
                "have to be as many of both, and a point at least."
            )
        pairs = np.arange(2 * len(first)).reshape(2, -1).T
        between = inner_points(np.concatenate([self.encode(first), self.encode(last)]), pairs, n_points)
        return self.decode(between).reshape(len(first), n_points, *self.header.image_shape)

    def fit_mixture(
        self, images: Num[np.ndarray, "N H W C"], gmm_components: int | None = 10, seed: int = 0
    ) -> FittedMixture:
        """The Gaussian mixture over the posterior means of images, from which the benchmark draws random images.

        Args:
            gmm_components: Number of Gaussians; None lets BIC choose from 1 to 10.
            seed: That of the run, for the mixture of the benchmark.

        Raises:
            UserError: There are fewer images than Gaussians.
        """
        with as_in_the_commands():
            return fit_mixture(self.encode(images), gmm_components, derived_seed(seed, "gmm"))

    def sample(self, mixture: FittedMixture, n_images: int, seed: int = 0) -> Float[np.ndarray, "N H W C"]:
        """Random images: points of a mixture, decoded. The same seed draws the same images."""
        with as_in_the_commands():
            return self.decode(mixture.sample(n_images, draw_seed(seed, 0)))

    def _size(self) -> int:
        """The number of dimensions in which the method encodes an image."""
        image = jax.ShapeDtypeStruct((1, *self.header.image_shape), np.float32)
        return eqx.filter_eval_shape(self.network.posterior, image).mean.shape[1]


def load(path: str | Path) -> TrainedModel:
    """Read a trained model: `model.eqx` of a run of the benchmark, or what `TrainedModel.save` wrote. No pickle.

    Raises:
        UserError: It is no model file, is damaged, or is of a network that this version does not build.
    """
    with as_in_the_commands():
        return TrainedModel(*load_model(path))
