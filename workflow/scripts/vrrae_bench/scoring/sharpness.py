"""How sharp images are: the variance of their Laplacian.

Section 3 of VRRAE speaks of sharper images and does not measure sharpness. The measure here is that of Wasserstein
auto-encoders (Tolstikhin et al. 2018, section 4): blurry images have few edges, so the Laplacian varies little over
them.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64, Num
from scipy.ndimage import laplace

from vrrae_bench.datasets.store import Images
from vrrae_bench.system.errors import UserError

CHUNK = 256


def laplacian_variances(images: Num[np.ndarray, "N H W C"]) -> Float64[np.ndarray, " N"]:
    """Variance over the pixels of the Laplacian of each image, or of the mean of its channels if it has colours.

    The Laplacian is taken over the four neighbours, and the border is mirrored. Noise counts as sharpness.
    """
    grey = images.mean(axis=-1, dtype=np.float64)
    return laplace(grey, axes=(1, 2)).var(axis=(1, 2))


def sharpness(images: Images) -> float:
    """Mean of the Laplacian's variance over a set of images, of which a part is in memory at a time."""
    parts = (images[start : start + CHUNK] for start in range(0, len(images), CHUNK))
    return float(np.concatenate([laplacian_variances(part) for part in parts]).mean())


def sharpness_scores(sets: Mapping[str, Images], real: Images) -> dict[str, float]:
    """Sharpness of sets of images divided by that of real images, as scores.json names it. At 1 they are equally sharp.

    Raises:
        UserError: The real images are all flat, so there is nothing to compare with.
    """
    reference = sharpness(real)
    if reference == 0:
        raise UserError("sharpness: none of the test images has an edge. Check the data set.")
    return {f"sharpness_{name}": sharpness(images) / reference for name, images in sets.items()}
