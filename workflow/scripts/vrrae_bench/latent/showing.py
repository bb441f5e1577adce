"""The few images and points of a run that figures show, taken from all that sampling has drawn."""

import numpy as np
from jaxtyping import Float, Int, Num

from vrrae_bench.artefacts.shown import GALLERIES, GALLERY, GALLERY_COLUMNS, MOST_MEANS, SHOWN_PAIRS, spread_over
from vrrae_bench.datasets.store import DataSet, StoredArray
from vrrae_bench.latent.sampling import Samples

# Training images that are compared at a time: of 160 x 160 pixels in three colours, 300 MB in double precision.
BLOCK = 500


def images_shown(samples: Samples, data: DataSet) -> dict[str, Num[np.ndarray, "..."]]:
    """The arrays of `shown_images.npz`, by the names that `artefacts.shown` explains."""
    train = data.array("train")
    random = samples.random[: GALLERIES * GALLERY]
    first_rows = np.concatenate([random[first : first + GALLERY_COLUMNS] for first in range(0, len(random), GALLERY)])
    pairs = samples.latents["interpolation_pairs"]
    between = samples.interpolation.reshape(len(pairs), -1, *samples.interpolation.shape[1:])[:SHOWN_PAIRS]
    pairs = pairs[:SHOWN_PAIRS]
    ends = samples.interpolation_ends.reshape(-1, 2, *samples.interpolation_ends.shape[1:])
    images = train[pairs]
    return {
        "random": random,
        "nearest": train[nearest(first_rows, train)],
        "real": train[spread_over(len(train), GALLERIES * GALLERY_COLUMNS)],
        "pairs": pairs,
        "transitions": np.concatenate([images[:, :1], ends[:, :1], between, ends[:, 1:], images[:, 1:]], axis=1),
    }


def means_shown(samples: Samples, data: DataSet) -> dict[str, Num[np.ndarray, "..."]]:
    """The arrays of `shown_means.npz`, by the names that `artefacts.shown` explains."""
    means = samples.latents["train_mean"][:, :2]
    numbers = spread_over(len(means), MOST_MEANS)
    shown = {"train": means[numbers], "spread": means.std(axis=0, dtype=np.float64)}
    if "train_labels" in data.manifest.arrays and not data.manifest.multi_label:
        shown["labels"] = data.array("train_labels")[numbers]
    if "diagonal_mean" in samples.latents:
        shown["diagonal"] = samples.latents["diagonal_mean"][:, :2]
    return shown


def nearest(images: Num[np.ndarray, "M H W C"], train: StoredArray) -> Int[np.ndarray, " M"]:
    """The number of the training image nearest to each image, by the Euclidean distance of their pixels.

    If several have the same distance, it is the first.
    """
    rows: Float[np.ndarray, "M D"] = images.reshape(len(images), -1).astype(np.float64)
    least, found = np.full(len(rows), np.inf), np.zeros(len(rows), dtype=np.int64)
    for start in range(0, len(train), BLOCK):
        block = train[start : start + BLOCK].reshape(-1, rows.shape[1]).astype(np.float64)
        # The square of the image itself is left out, since it is the same for all training images.
        distances = np.square(block).sum(axis=1) - 2 * rows @ block.T
        places = distances.argmin(axis=1)
        values = distances[np.arange(len(rows)), places]
        nearer = values < least
        least[nearer], found[nearer] = values[nearer], start + places[nearer]
    return found
