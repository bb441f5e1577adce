"""Running a trained model over any number of images, in chunks of few sizes."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Num

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.datasets.store import Images
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottleneck import Posterior

# How many images a chunk has: the smallest size that holds the whole set, else the largest.
CHUNKS = (64, 512)

Rows = Images | Float[np.ndarray, "N k"]


def encode(encoder: Callable[[Array], Array], normalisation: Normalisation, images: Images) -> Float[np.ndarray, "N E"]:
    """Encodings of stored images."""
    return np.concatenate(list(_in_chunks(_encode, (encoder, normalisation), images)))


def posteriors(model: Autoencoder, normalisation: Normalisation, images: Images) -> Posterior:
    """Posterior of each stored image, as numpy arrays."""
    chunks = list(_in_chunks(_posterior, (model, normalisation), images))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *chunks)


def reconstructions(
    model: Autoencoder, normalisation: Normalisation, images: Images
) -> Iterator[tuple[Float[np.ndarray, "B H W C"], Float[np.ndarray, "B H W C"]]]:
    """Images and their reconstructions from the posterior means, in the model's units, chunk by chunk in order."""
    return _in_chunks(_reconstruct, (model, normalisation), images)


def reconstruct(
    model: Autoencoder, normalisation: Normalisation, images: Num[np.ndarray, "B H W C"]
) -> tuple[Float[np.ndarray, "B H W C"], Float[np.ndarray, "B H W C"]]:
    """The images of a batch and their reconstructions from the posterior means, in the model's units."""
    return jax.tree.map(np.asarray, _reconstruct(model, normalisation, images))


def reconstruct_as_batch(
    model: Autoencoder, normalisation: Normalisation, images: Num[np.ndarray, "B H W C"]
) -> tuple[Float[np.ndarray, "B H W C"], Float[np.ndarray, "B H W C"]]:
    """The images of a batch and their reconstructions, with latents truncated by the SVD of this batch.

    This is as in training, but without noise. It is only for a method with such a truncation.
    """
    return jax.tree.map(np.asarray, _reconstruct_as_batch(model, normalisation, images))


def decode(
    model: Autoencoder, normalisation: Normalisation, points: Float[np.ndarray, "N k"]
) -> Iterator[Float[np.ndarray, "B H W C"]]:
    """Images for points of the bottleneck, in the units of the stored images, chunk by chunk in order."""
    return _in_chunks(_decode, (model, normalisation), points.astype(np.float32))


def _in_chunks(function: Callable[..., Any], arguments: tuple[Any, ...], rows: Rows) -> Iterator[Any]:
    """`function(*arguments, chunk)` for consecutive chunks of the rows, the last one padded and cut back.

    All chunks of a set have the same size, so only one program is compiled for it. The number of rows decides the size,
    and so which of two programs runs. The last digits of the results of the two programs may differ.
    """
    size = next((size for size in CHUNKS if len(rows) <= size), CHUNKS[-1])
    for start in range(0, len(rows), size):
        chunk = np.asarray(rows[start : start + size])
        n = len(chunk)
        padding = [(0, size - n)] + [(0, 0)] * (chunk.ndim - 1)
        output = function(*arguments, np.pad(chunk, padding, mode="edge"))
        yield jax.tree.map(lambda array, n=n: np.asarray(array)[:n], output)


@eqx.filter_jit
def _encode(
    encoder: Callable[[Array], Array], normalisation: Normalisation, images: Num[Array | np.ndarray, "B H W C"]
) -> Float[Array, "B E"]:
    return encoder(normalisation.apply(images))


@eqx.filter_jit
def _posterior(
    model: Autoencoder, normalisation: Normalisation, images: Num[Array | np.ndarray, "B H W C"]
) -> Posterior:
    return model.posterior(normalisation.apply(images))


@eqx.filter_jit
def _reconstruct(
    model: Autoencoder, normalisation: Normalisation, images: Num[Array | np.ndarray, "B H W C"]
) -> tuple[Float[Array, "B H W C"], Float[Array, "B H W C"]]:
    seen = normalisation.apply(images)
    return seen, model.decode(model.posterior(seen).mean)


@eqx.filter_jit
def _reconstruct_as_batch(
    model: Autoencoder, normalisation: Normalisation, images: Num[Array | np.ndarray, "B H W C"]
) -> tuple[Float[Array, "B H W C"], Float[Array, "B H W C"]]:
    seen = normalisation.apply(images)
    _, posterior = model.bottleneck(model.encoder(seen), jax.random.key(0))  # the noise is not looked at
    assert posterior.basis is not None  # only methods that truncate are asked, and `models.contract` has checked them
    return seen, model.decoder(model.bottleneck.holding(posterior.basis).decode(posterior.mean))


@eqx.filter_jit
def _decode(model: Autoencoder, normalisation: Normalisation, points: Float[Array, "N k"]) -> Float[Array, "N H W C"]:
    return normalisation.undo(model.decode(points))
