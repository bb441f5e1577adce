"""All that is drawn from, or computed with, a trained model before anything is scored."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.latent.interpolation import inner_points, random_pairs
from vrrae_bench.latent.mixture import fit_mixture
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.inference import CHUNK, decode, posteriors, reconstructions
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.scoring.reconstruction import RelativeError
from vrrae_bench.seeding import derived_seed, generator


class Samples(NamedTuple):
    """What the sample stage makes of one model.

    Attributes:
        random: Images generated from the Gaussian mixture.
        interpolation: Images between pairs of training images, pair by pair.
        latents: Posterior means and log-variances, by data array.
        record: Reconstruction errors, in percent, and how the images were drawn.
    """

    random: Num[np.ndarray, "N H W C"]
    interpolation: Num[np.ndarray, "M H W C"]
    latents: dict[str, Float[np.ndarray, "N k"]]
    record: dict[str, float | int | bool]


def draw_samples(model: Autoencoder, header: ModelHeader, data: DataSet, spec: SampleSpec, seed: int) -> Samples:
    """Encode, generate, interpolate and reconstruct with a trained model (VRRAE, section 4).

    Args:
        seed: The run's seed; runs of different methods with one seed interpolate between the same pairs.
    """
    latents = _latents(model, header, data)
    means = latents["train_mean"]
    mixture = fit_mixture(means, spec.gmm_components, derived_seed(seed, "gmm"))
    points = mixture.sample(spec.random_images, derived_seed(seed, "random_images"))
    pairs = random_pairs(len(means), spec.interpolation_pairs, generator(seed, "interpolation"))
    between = inner_points(means, pairs, spec.interpolation_points)
    return Samples(
        random=as_stored(decode(model, header.normalisation, points), data),
        interpolation=as_stored(decode(model, header.normalisation, between), data),
        latents=latents | {"interpolation_pairs": pairs},
        record=reconstruction_errors(model, header, data) | spec.model_dump() | mixture.record(),
    )


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


def as_stored(images: Float[np.ndarray, "N H W C"], data: DataSet) -> Num[np.ndarray, "N H W C"]:
    """Generated images in the type of the stored ones: clipped and rounded if those are bytes.

    Real and generated images are so quantised in the same way before any feature is computed.
    """
    if data.manifest.dtype == "uint8":
        return np.clip(np.rint(images), 0, 255).astype(np.uint8)
    return images.astype(data.manifest.dtype)


def _latents(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, Float[np.ndarray, "N k"]]:
    latents = {}
    for name in ("train", "test", "diagonal"):
        if name not in data.manifest.arrays:
            continue
        mean, log_variance = posteriors(model, header.normalisation, data.array(name))
        latents[f"{name}_mean"] = mean
        if log_variance is not None:
            latents[f"{name}_log_variance"] = log_variance
    return latents
