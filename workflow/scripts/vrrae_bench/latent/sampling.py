"""All that is drawn from a trained model."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Num

from vrrae_bench.artefacts.shown import SHOWN_PAIRS
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.latent.interpolation import inner_points, random_pairs
from vrrae_bench.latent.mixture import fit_mixture, sample_prior
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.inference import decode, encode, posteriors
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.seeding import derived_seed, generator

# The values that a byte holds.
BYTES = (0, 255)


class Samples(NamedTuple):
    """What the sample stage draws from one model.

    Attributes:
        random: Images generated from the Gaussian mixture, draw after draw.
        random_gaussian: As many images as in a draw, generated from one Gaussian over the posterior means.
        random_prior: As many images, generated from N(0, I).
        interpolation: Images between pairs of training images, pair by pair.
        interpolation_ends: Reconstructions of the two images of each pair that figures show.
        latents: Posterior means and log-variances by data array; the coefficients of training images, if they differ
            from the means; and the pairs of images that are interpolated, by the numbers of the images.
        sampling: How the images were drawn.
    """

    random: Num[np.ndarray, "N H W C"]
    random_gaussian: Num[np.ndarray, "D H W C"]
    random_prior: Num[np.ndarray, "D H W C"]
    interpolation: Num[np.ndarray, "M H W C"]
    interpolation_ends: Num[np.ndarray, "E H W C"]
    latents: dict[str, Float[np.ndarray, "_ k"] | Int[np.ndarray, "P 2"]]
    sampling: dict[str, Any]


def draw_samples(model: Autoencoder, header: ModelHeader, data: DataSet, spec: SampleSpec, seed: int) -> Samples:
    """Encode, generate and interpolate with a trained model (VRRAE, section 4).

    Args:
        seed: The run's seed. Runs of different methods with the same seed interpolate between the same pairs.
    """
    latents = _latents(model, header, data)
    means = latents["train_mean"]
    gmm_seed, first = derived_seed(seed, "gmm"), draw_seed(seed, 0)
    options = {"n_init": spec.gmm_n_init, "subsample": spec.gmm_subsample}
    mixture = fit_mixture(means, spec.gmm_components, gmm_seed, **options)
    gaussian = fit_mixture(means, 1, gmm_seed)
    of_gaussian = {"gaussian_log_likelihood": gaussian.recorded()["gmm_log_likelihood"]}
    draws = (mixture.sample(spec.random_images, draw_seed(seed, number)) for number in range(spec.random_draws))
    pairs = random_pairs(len(means), spec.interpolation_pairs, generator(seed, "interpolation"))
    between = inner_points(means, pairs, spec.interpolation_points)
    return Samples(
        random=np.concatenate([decoded_images(model, header, data, points) for points in draws]),
        random_gaussian=decoded_images(model, header, data, gaussian.sample(spec.random_images, first)),
        random_prior=decoded_images(model, header, data, sample_prior(spec.random_images, means.shape[1], first)),
        interpolation=decoded_images(model, header, data, between),
        interpolation_ends=decoded_images(model, header, data, means[pairs[:SHOWN_PAIRS].ravel()]),
        latents=latents | {"interpolation_pairs": pairs},
        sampling=spec.model_dump() | mixture.recorded() | of_gaussian | {"quantisation": quantisation(data)},
    )


def draw_seed(seed: int, number: int) -> int:
    """The seed of one of a run's independent draws of random images, which are numbered from 0.

    The first draw has the seed of versions that drew only once.
    """
    first = derived_seed(seed, "random_images")
    return int(np.random.SeedSequence([first, number]).generate_state(1)[0]) if number else first


def as_stored(images: Float[np.ndarray, "*shape"], data: DataSet) -> Num[np.ndarray, "*shape"]:
    """Generated images in the type of the stored images: clipped and rounded if these are bytes.

    So real and generated images are quantised in the same way before any feature is computed.
    """
    if data.manifest.dtype == "uint8":
        return np.clip(np.rint(images), *BYTES).astype(np.uint8)
    return images.astype(data.manifest.dtype)


def quantisation(data: DataSet) -> str:
    """What `as_stored` does to generated images of a data set, to be recorded beside their scores."""
    return f"rounded and clipped to {BYTES}" if data.manifest.dtype == "uint8" else "none"


def decoded_images(
    model: Autoencoder, header: ModelHeader, data: DataSet, points: Float[np.ndarray, "N k"]
) -> Num[np.ndarray, "N H W C"]:
    """The images of points of the bottleneck, in the type of the stored images. Few of them are floats at a time.

    Raises:
        UserError: A value of an image is NaN or infinite. As a byte, it would be black or white.
    """
    parts = decode(model, header.normalisation, points)
    return np.concatenate([as_stored(_finite(images, header.run.folder), data) for images in parts])


def _finite(images: Float[np.ndarray, "N H W C"], run: str) -> Float[np.ndarray, "N H W C"]:
    if not np.isfinite(images).all():
        raise UserError(
            f"{run}: this model decodes images with NaN or infinite values. Train it with a lower learning rate; or, "
            "if the method is your own, mend its `decode`."
        )
    return images


def _latents(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, Float[np.ndarray, "_ k"]]:
    """Posteriors of each array of images; and the coefficients of the SVD, if they differ from the means."""
    latents: dict[str, np.ndarray] = {}
    for name in ("train", "test", "diagonal"):
        if name not in data.manifest.arrays:
            continue
        mean, log_variance, _ = posteriors(model, header.normalisation, data.array(name))
        latents[f"{name}_mean"] = np.asarray(mean)
        if log_variance is not None:
            latents[f"{name}_log_variance"] = np.asarray(log_variance)
    if header.run.definition.maps_coefficients:
        encodings = encode(model.encoder, header.normalisation, data.array("train"))
        latents["train_coefficients"] = encodings @ np.asarray(model.bottleneck.known_basis)
    return latents
