"""A trained model, with functions that encode, decode, reconstruct, interpolate and sample."""

import warnings
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
from vrrae_bench.latent.settings import told_of_few_means
from vrrae_bench.library.arguments import check_numbers
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

    Images that are passed in have the same units as the training images: bytes, or numbers in the same range. Images
    that are returned are float32 in these units. They are neither rounded nor clipped.

    Attributes:
        network: The Equinox module, for gradients and for all that this class has no function for.
        header: The specification of its training, the shape of its images, and their normalisation.
        history: A row for each epoch of `fit`, with the loss and its parts before they are weighted. After `load` there
            is none.
    """

    network: Autoencoder
    header: ModelHeader
    history: tuple[Mapping[str, float], ...] = ()

    def save(self, path: str | Path) -> None:
        """Write a file that `load` reads, atomically. The file does not contain the history."""
        save_model(path, self.network, self.header)

    def encode(self, images: Num[np.ndarray, "N H W C"]) -> Float[np.ndarray, "N k"]:
        """The posterior mean of each image. For a deterministic method, this is the encoding.

        Raises:
            UserError: The images have another shape, or clearly other units, than the training images. All functions of
                this class that take images raise this error.
        """
        with as_in_the_commands():
            found = posteriors(self.network, self.header.normalisation, images_for_model(images, self.header))
            return np.asarray(found.mean)

    def decode(self, points: Float[np.ndarray, "N k"]) -> Float[np.ndarray, "N H W C"]:
        """Images for points of the bottleneck.

        Raises:
            UserError: The points have another number of dimensions, or are not finite as float32.
        """
        points = np.asarray(points)
        size = self._size()
        if points.ndim != 2 or points.shape[1] != size or not len(points) or points.dtype.kind not in "fiu":
            raise UserError(
                f"points: are {points.dtype} of the shape {points.shape}; numbers, N x {size}, are decoded."
            )
        with np.errstate(over="ignore"):
            are_finite = np.isfinite(points.astype(np.float32)).all()
        if not are_finite:
            raise UserError("points: there are NaN or infinite values among them, or values too large for float32.")
        with as_in_the_commands():
            return np.concatenate(list(decode(self.network, self.header.normalisation, points)))

    def reconstruct(self, images: Num[np.ndarray, "N H W C"]) -> Float[np.ndarray, "N H W C"]:
        """The reconstructions of images: their posterior means, decoded."""
        return self.decode(self.encode(images))

    def interpolate(
        self, first: Num[np.ndarray, "N H W C"], last: Num[np.ndarray, "N H W C"], n_points: int = 5
    ) -> Float[np.ndarray, "N n H W C"]:
        """Decoded points between the posterior means of the two images of each pair, evenly spaced, without the ends.

        Raises:
            UserError: The numbers of first and last images differ, or an argument is wrong.
        """
        check_numbers("interpolate", n_points=n_points)
        if len(first) != len(last):
            raise UserError(
                f"interpolate: {len(first)} first and {len(last)} last images; there have to be as many of both."
            )
        pairs = np.arange(2 * len(first)).reshape(2, -1).T
        between = inner_points(np.concatenate([self.encode(first), self.encode(last)]), pairs, n_points)
        return self.decode(between).reshape(len(first), n_points, *self.header.image_shape)

    def fit_mixture(
        self,
        images: Num[np.ndarray, "N H W C"],
        gmm_components: int | None = 10,
        seed: int = 0,
        *,
        gmm_subsample: int | None = None,
        gmm_n_init: int = 1,
    ) -> FittedMixture:
        """The Gaussian mixture over the posterior means of images, from which the benchmark draws random images.

        Args:
            gmm_components: The number of Gaussians. If it is None, the BIC chooses a number from 1 to 10.
            seed: The seed of the fit. With the seed of a run, and its `sampling` in the other arguments, this is the
                mixture of the benchmark.
            gmm_subsample: The largest number of posterior means to which the mixture is fitted. None takes all.
            gmm_n_init: The number of fits from different starts, of which the likeliest is used.

        Warns:
            UserWarning: There are so few images for each Gaussian that random images may repeat training images.

        Raises:
            UserError: There are fewer images than Gaussians, or an argument is wrong.
        """
        options = {"gmm_components": gmm_components, "gmm_subsample": gmm_subsample, "gmm_n_init": gmm_n_init}
        check_numbers("fit_mixture", seed=seed, **options)
        with as_in_the_commands():
            means = self.encode(images)
            options = {"n_init": gmm_n_init, "subsample": gmm_subsample}
            fitted = fit_mixture(means, gmm_components, derived_seed(seed, "gmm"), **options)
        if told := told_of_few_means(fitted.n_means, len(fitted.mixture.weights_), means.shape[1]):
            warnings.warn(f"{told} With gmm_components=None, the BIC chooses their number.", stacklevel=2)
        return fitted

    def sample(self, mixture: FittedMixture, n_images: int, seed: int = 0) -> Float[np.ndarray, "N H W C"]:
        """Random images: points drawn from a mixture, decoded. The same seed draws the same images.

        Args:
            mixture: A mixture that was fitted with this model.

        Raises:
            UserError: The points of the mixture have another number of dimensions, or an argument is wrong.
        """
        check_numbers("sample", n_images=n_images, seed=seed)
        with as_in_the_commands():
            return self.decode(mixture.sample(n_images, draw_seed(seed, 0)))

    def _size(self) -> int:
        """The number of dimensions in which the method encodes an image."""
        image = jax.ShapeDtypeStruct((1, *self.header.image_shape), np.float32)
        return eqx.filter_eval_shape(self.network.posterior, image).mean.shape[1]


def load(path: str | Path) -> TrainedModel:
    """Read a trained model: `model.eqx` of a run of the benchmark, or a file that `TrainedModel.save` wrote.

    The file is read without pickle, so no code in it is executed.

    Raises:
        UserError: The file is not a model file or is damaged, or its network is not one that this version builds.
    """
    with as_in_the_commands():
        return TrainedModel(*load_model(path))
