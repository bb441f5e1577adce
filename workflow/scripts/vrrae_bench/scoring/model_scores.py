"""Scores of a model itself, which can only be computed with the model at hand."""

from collections.abc import Callable
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.shown import spread_over
from vrrae_bench.datasets.store import DataSet, StoredArray
from vrrae_bench.latent.diagnostics import energy_error, orthonormality_error, subspace_distance
from vrrae_bench.latent.sampling import decoded_images
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.inference import encode, posteriors, reconstruct, reconstruct_as_batch, reconstructions
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.models.truncation import truncated_coefficients
from vrrae_bench.scoring.reconstruction import RelativeError
from vrrae_bench.scoring.sharpness import sharpness_scores
from vrrae_bench.training.batches import BatchStream

# Number of test images, at most, whose reconstructions are measured for sharpness.
N_SHARPNESS = 1000
# Number of training images, at most, whose errors are measured.
MOST_TRAINING_IMAGES = 10_000


def model_scores(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """All scores of a model that suit its method and the data set, as scores.json names them."""
    scores = reconstruction_errors(model, header, data)
    if header.run.definition.truncates:
        scores |= identity_errors(model, header, data)
        scores |= truncation_errors(model, header, data)
        scores |= basis_disagreement(model, header, data)
    if data.manifest.source != "synthetic":
        scores |= reconstruction_sharpness(model, header, data)
    return scores


def reconstruction_errors(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """The error over the whole test set, in percent: of the images as the model sees them, and as they are stored.

    The two differ only where images are standardised with a mean other than zero.
    """
    seen, stored = RelativeError(), RelativeError()
    for targets, predictions in reconstructions(model, header.normalisation, data.array("test")):
        seen.update(predictions, targets)
        stored.update(header.normalisation.undo(predictions), header.normalisation.undo(targets))
    errors = {"reconstruction_error": seen.percent}
    if header.normalisation.shift:
        errors["reconstruction_error_original_scale"] = stored.percent
    return errors


def identity_errors(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """How far the truncation of the first training batch by the trained encoder is from the paper's identities.

    The coefficients are those of training, U^T Y in single precision, and not those in the basis of the whole set.
    """
    run, images = header.run, data.array("train")
    [batch] = BatchStream(len(images), run.batch_size, run.seed).indices(0, 1)
    latent = encode(model.encoder, header.normalisation, images[batch]).T
    coefficients = np.asarray(truncated_coefficients(jnp.asarray(latent), run.bottleneck)[1])
    return {
        "identity_orthonormal": orthonormality_error(coefficients),
        "identity_energy": energy_error(coefficients, latent),
    }


def truncation_errors(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """Errors by the truncation that training sees, and by the basis of the whole training set, in percent.

    Training truncates each batch to rank k by its own SVD. After the training, all images share one basis of rank k,
    which is found from all training images. If k is little less than the batch size, the SVD of a batch is hardly a
    bottleneck, and the basis is.

    Batches are drawn as in training: of the same size, at random, each image once. A remainder is left out, because the
    same k keeps more of a smaller batch. For the same reason there is no score of fewer images than a batch. The errors
    of training images are those of the first batches of the training.
    """
    errors, test, train = {}, data.array("test"), data.array("train")
    if len(of_test := _first_batches(header.run, test, len(test))):
        errors["reconstruction_error_by_batch"] = _error(reconstruct_as_batch, model, header, test, of_test)
    if len(of_train := _first_batches(header.run, train, MOST_TRAINING_IMAGES)):
        errors["reconstruction_error_train_by_batch"] = _error(reconstruct_as_batch, model, header, train, of_train)
        errors["reconstruction_error_train"] = _error(reconstruct, model, header, train, of_train)
    return errors


def _first_batches(run: RunSpec, images: StoredArray, most: int) -> Int[np.ndarray, "n B"]:
    """The numbers of the images of the first whole batches of a training, which have at most so many images."""
    n_batches = min(len(images), most) // run.batch_size
    stream = BatchStream(len(images), run.batch_size, run.seed)
    return stream.indices(0, n_batches) if n_batches else np.empty((0, run.batch_size), int)


def _error(
    reconstructed: Callable[..., tuple[np.ndarray, np.ndarray]],
    model: Autoencoder,
    header: ModelHeader,
    images: StoredArray,
    batches: Int[np.ndarray, "n B"],
) -> float:
    """The error over batches of images, in percent, by one of the functions of `inference` that reconstruct a batch."""
    error = RelativeError()
    for batch in batches:
        targets, predictions = reconstructed(model, header.normalisation, images[batch])
        error.update(predictions, targets)
    return error.percent


def basis_disagreement(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """How far the bases of consecutive batches of the training differ (VRRAE, appendix A.1, point 2).

    It is the mean of the subspace distance over all pairs. The basis of a batch is that of training: the leading k left
    singular vectors of the batch's latents. The batches are the first of the training, with at most 10,000 images.
    There is no score of a single batch.
    """
    run, images = header.run, data.array("train")
    batches = _first_batches(run, images, MOST_TRAINING_IMAGES)
    if len(batches) < 2:
        return {}
    bases = []
    for batch in batches:
        latent = encode(model.encoder, header.normalisation, images[batch]).T
        bases.append(np.asarray(truncated_coefficients(jnp.asarray(latent), run.bottleneck)[0]))
    return {"basis_disagreement": float(np.mean([subspace_distance(*pair) for pair in pairwise(bases)]))}


def reconstruction_sharpness(model: Autoencoder, header: ModelHeader, data: DataSet) -> dict[str, float]:
    """Sharpness of the reconstructions of test images, divided by the sharpness of these images.

    The images are spread over the test set, because the images of a folder are sorted by class.
    """
    test = data.array("test")
    images = test[spread_over(len(test), N_SHARPNESS)]
    means = np.asarray(posteriors(model, header.normalisation, images).mean)
    return sharpness_scores({"reconstruction": decoded_images(model, header, data, means)}, images)
