"""The two small files of a run that figures show. Sampling writes them, so that a figure needs neither models nor data.

The arrays of `SHOWN_IMAGES`, in the values of the stored images:
    random: The first generated images, as many as the galleries show (N H W C).
    nearest: For each image of the first row of each gallery, the training image nearest to it (M H W C).
    real: Training images that are spread over the training set: a row for each gallery (M H W C).
    pairs: The numbers of the first pairs of training images that are interpolated (P 2).
    transitions: Of each such pair the first image, its reconstruction, the images decoded between the two, the
        reconstruction of the second image, and the second image (P S H W C).

The arrays of `SHOWN_MEANS`:
    train: The first two posterior means of training images that are spread over the training set (n 2), or the only
        mean (n 1).
    spread: The standard deviation of these means over all training images (2).
    labels: The classes of the same training images, where each image has one (n).
    diagonal: The first two means of the diagonal motion, for a data set that has one (D 2).
"""

import numpy as np
from jaxtyping import Int

SHOWN_IMAGES, SHOWN_MEANS = "shown_images.npz", "shown_means.npz"
# A gallery has four rows of six images, and a figure of interpolations has five pairs. There are two of each of a run.
GALLERY_COLUMNS, GALLERY_ROWS, GALLERIES = 6, 4, 2
GALLERY = GALLERY_COLUMNS * GALLERY_ROWS
FIGURE_PAIRS = 5
SHOWN_PAIRS = 2 * FIGURE_PAIRS
MOST_MEANS = 3000


def spread_over(available: int, most: int) -> Int[np.ndarray, " n"]:
    """The positions of `most` of `available` items, or of all if there are fewer: one of each of equally long parts.

    The place within a part is random, and always the same. With equal distances, all items could be of one class, where
    the classes of images take turns.

    >>> spread_over(3, 4), spread_over(1000, 4) // 250
    (array([0, 1, 2]), array([0, 1, 2, 3]))
    """
    n_parts = min(available, most)
    ends = np.arange(n_parts + 1) * available // max(n_parts, 1)
    return np.random.default_rng(0).integers(ends[:-1], ends[1:])
