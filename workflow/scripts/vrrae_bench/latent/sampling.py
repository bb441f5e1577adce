"""All that is drawn from, or computed with, a trained model before anything is scored."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Num

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.latent.diagnostics import energy_error, orthonormality_error
from vrrae_bench.latent.interpolation import inner_points, random_pairs
from vrrae_bench.latent.mixture import fit_mixture, sample_prior
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.inference import CHUNK, decode, encode, posteriors, reconstructions
from vrrae_bench.models.registry import METHODS
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.models.truncation import truncated_coefficients
from vrrae_bench.scoring.reconstruction import RelativeError
from vrrae_bench.scoring.sharpness import sharpness_scores
from vrrae_bench.seeding import derived_seed, generator
from vrrae_bench.training.batches import BatchStream

# The values that a byte holds.
BYTES = (0, 255)
# Of so many test images, the reconstructions' sharpness is measured.
N_SHARPNESS = 1000


class Samples(NamedTuple):
    """What the sample stage makes of one model.

    Attributes:
        random: Images generated from the Gaussian mixture, draw after draw.
        random_gaussian: As many as in a draw, generated from one Gaussian over the posterior means.
        random_prior: As many, generated from N(0, I).
        interpolation: Images between pairs of training images, pair by pair.
        latents: Posterior means and log-variances, by data array.
        scores: What can only be scored with the model at hand, as scores.json names it.
        sampling: How the images were drawn.
    """

    random: Num[np.ndarray, "N H W C"]
    random_gaussian: Num[np.ndarray, "D H W C"]
    random_prior: Num[np.ndarray, "D H W C"]
    interpolation: Num[np.ndarray, "M H W C"]
    latents: dict[str, Float[np.ndarray, "N k"]]
    scores: dict[str, float]
    sampling: dict[str, float | int | bool | str | None]


def draw_samples(model: Autoencoder, header: ModelHeader, data: DataSet, spec: SampleSpec, seed: int) -> Samples:
    """Encode, generate, interpolate and reconstruct with a trained model (VRRAE, section 4).

    Args:
        seed: The run's seed; runs of different methods with one seed interpolate between the same pairs.
    """
    latents = _latents(model, header, data)
    means = latents["train_mean"]
    gmm_seed, first = derived_seed(seed, "gmm"), draw_seed(seed, 0)
    options = {"n_init": spec.gmm_n_init, "subsample": spec.gmm_subsample}
    mixture = fit_mixture(means, spec.gmm_components, gmm_seed, **options)
    gaussian = fit_mixture(means, 1, gmm_seed)
    of_gaussian = {"gaussian_log_likelihood": gaussian.record()["gmm_log_likelihood"]}
    draws = (mixture.sample(spec.random_images, draw_seed(seed, number)) for number in range(spec.random_draws))
    pairs = random_pairs(len(means), spec.interpolation_pairs, generator(seed, "interpolation"))
    between = inner_points(means, pairs, spec.interpolation_points)
    scores = reconstruction_errors(model, header, data)
    if METHODS[header.run.method].truncates:
        scores |= identity_errors(model, header, data)
    if data.manifest.source != "synthetic":
        scores |= reconstruction_sharpness(model, header, data)
    return Samples(
        random=np.concatenate([_images_of(model, header, data, points) for points in draws]),
        random_gaussian=_images_of(model, header, data, gaussian.sample(spec.random_images, first)),
        random_prior=_images_of(model, header, data, sample_prior(spec.random_images, means.shape[1], first)),
        interpolation=_images_of(model, header, data, between),
        latents=latents | {"interpolation_pairs": pairs},
        scores=scores,
        sampling=spec.model_dump() | mixture.record() | of_gaussian | {"quantisation": quantisation(data)},
    )


def draw_seed(seed: int, number: int) -> int:
    """The seed of one of a run's independent draws of random images, which are numbered from 0."""
    first = derived_seed(seed, "random_images")
    return int(np.random.SeedSequence([first, number]).generate_state(1)[0]) if number else first


def reconstruction_errors(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """Error over the whole test set, in percent, of the images as the model sees them and as they are stored.

    The two differ only where images are standardised with a mean other than zero.
    """
    seen, stored = RelativeError(), RelativeError()
    images = data.array("test")
    for number, predictions in enumerate(reconstructions(model, header.normalisation, images)):
        targets = header.normalisation.apply(np.asarray(images[number * CHUNK : (number + 1) * CHUNK]))
        seen.update(predictions, targets)
        stored.update(header.normalisation.undo(predictions), header.normalisation.undo(targets))
    errors = {"reconstruction_error": seen.percent}
    if header.normalisation.shift:
        errors["reconstruction_error_original_scale"] = stored.percent
    return errors


def identity_errors(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """How far the truncation of the first training batch, by the trained encoder, is from what the paper states of it.

    The coefficients are those of training, in single precision: U^T Y, not those of the basis of the whole set.
    """
    run, images = header.run, data.array("train")
    [batch] = BatchStream(len(images), run.batch_size, run.seed).indices(0, 1)
    latent = encode(model.encoder, header.normalisation, images[batch]).T
    coefficients = np.asarray(truncated_coefficients(jnp.asarray(latent), run.bottleneck)[1])
    return {
        "identity_orthonormal": orthonormality_error(coefficients),
        "identity_energy": energy_error(coefficients, latent),
    }


def reconstruction_sharpness(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """Sharpness of the reconstructions of the first test images, over that of these images themselves."""
    images = data.array("test")[:N_SHARPNESS]
    means = posteriors(model, header.normalisation, images).mean
    return sharpness_scores({"reconstruction": _images_of(model, header, data, means)}, images)


def as_stored(images: Float[np.ndarray, "N H W C"], data: DataSet) -> Num[np.ndarray, "N H W C"]:
    """Generated images in the type of the stored ones: clipped and rounded if those are bytes.

    Real and generated images are so quantised in the same way before any feature is computed.
    """
    if data.manifest.dtype == "uint8":
        return np.clip(np.rint(images), *BYTES).astype(np.uint8)
    return images.astype(data.manifest.dtype)


def quantisation(data: DataSet) -> str:
    """What `as_stored` does to generated images of a data set, to be recorded beside their scores."""
    return f"rounded and clipped to {BYTES}" if data.manifest.dtype == "uint8" else "none"


def _images_of(
    model: Autoencoder, header: ModelHeader, data: DataSet, points: Float[np.ndarray, "N k"]
) -> Num[np.ndarray, "N H W C"]:
    """Images for points of the bottleneck as they are stored; few of them are floats at a time."""
    parts = (points[start : start + CHUNK] for start in range(0, len(points), CHUNK))
    return np.concatenate([as_stored(decode(model, header.normalisation, part), data) for part in parts])


def _latents(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, Float[np.ndarray, "N k"]]:
    """Posteriors of each array of images and, where the means are no coefficients of the SVD, those beside them."""
    latents = {}
    for name in ("train", "test", "diagonal"):
        if name not in data.manifest.arrays:
            continue
        mean, log_variance, _ = posteriors(model, header.normalisation, data.array(name))
        latents[f"{name}_mean"] = mean
        if log_variance is not None:
            latents[f"{name}_log_variance"] = log_variance
    method = METHODS[header.run.method]
    if method.truncates and method.options.get("mean") == "linear":
        encodings = encode(model.encoder, header.normalisation, data.array("train"))
        latents["train_coefficients"] = encodings @ np.asarray(model.bottleneck.basis)
    return latents
