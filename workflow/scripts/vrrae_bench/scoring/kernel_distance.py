"""The kernel distance between two sets of features ("KID"), unbiased at any number of images, with a standard error.

    KID = E k(x, x') + E k(y, y') - 2 E k(x, y),    k(x, y) = (x . y / D + 1)^3

(Binkowski et al. 2018). torchmetrics has the same kernel; it averages over random subsets and reports their standard
deviation, which shrinks with the size of a subset and not with the number of images. Here all pairs are averaged.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Float64
from scipy.special import ndtri

from vrrae_bench.scoring.intervals import CONFIDENCE, Estimate
from vrrae_bench.scoring.limits import ROWS_AT_A_TIME


def kernel_distance(
    images: Float[np.ndarray, "N D"], reference: Float[np.ndarray, "M D"], reference_sums: Float64[np.ndarray, " M"]
) -> Estimate:
    """The unbiased estimate of KID from all pairs; it may fall below 0 where the two sets are alike.

    The standard error is the jackknife's, with one image left out at a time, because both sets are samples. If the sets
    are alike, it is too large rather than too small, by a factor of up to 1.4. Two methods that are compared share the
    reference, so their difference is surer than their standard errors tell.

    Args:
        images: Features of generated images, at least three.
        reference: Features of real images, at least three.
        reference_sums: `within_sums` of the reference, which is the same for all sets that are compared with it.
    """
    n, m = len(images), len(reference)
    own = within_sums(images)
    to_reference, of_reference = _between_sums(images, reference)
    within, between = own.sum(), to_reference.sum()
    real = reference_sums.sum()
    value = within / (n * (n - 1)) + real / (m * (m - 1)) - 2 * between / (n * m)
    # The parts of the estimate that change when one image is left out.
    without_image = (within - 2 * own) / ((n - 1) * (n - 2)) - 2 * (between - to_reference) / ((n - 1) * m)
    without_real = (real - 2 * reference_sums) / ((m - 1) * (m - 2)) - 2 * (between - of_reference) / (n * (m - 1))
    error = float(np.sqrt((n - 1) * without_image.var() + (m - 1) * without_real.var()))
    margin = float(ndtri((1 + CONFIDENCE) / 2)) * error
    return Estimate(float(value), error, float(value) - margin, float(value) + margin)


def within_sums(features: Float[np.ndarray, "N D"]) -> Float64[np.ndarray, " N"]:
    """For each image the sum of its kernel values with all other images of the set."""
    features, sums = features.astype(np.float64), np.zeros(len(features))
    for start in range(0, len(features), ROWS_AT_A_TIME):
        rows, later = slice(start, start + ROWS_AT_A_TIME), slice(start + ROWS_AT_A_TIME, None)
        # The kernel is symmetric, so each pair of images is computed once.
        block = _kernel(features[rows] @ features[start:].T, features.shape[1])
        sums[rows] += block.sum(axis=1)
        sums[later] += block[:, ROWS_AT_A_TIME:].sum(axis=0)
    return sums - _kernel(np.square(features).sum(axis=1), features.shape[1])


def _between_sums(
    a: Float[np.ndarray, "N D"], b: Float[np.ndarray, "M D"]
) -> tuple[Float64[np.ndarray, " N"], Float64[np.ndarray, " M"]]:
    """Sums of the kernel values of each image of one set with all images of the other."""
    of_a, of_b = [], np.zeros(len(b))
    for block in _kernel_blocks(a, b):
        of_a.append(block.sum(axis=1))
        of_b += block.sum(axis=0)
    return np.concatenate(of_a), of_b


def _kernel_blocks(a: Float[np.ndarray, "N D"], b: Float[np.ndarray, "M D"]) -> Iterator[Float64[np.ndarray, "n M"]]:
    b = b.astype(np.float64)
    for start in range(0, len(a), ROWS_AT_A_TIME):
        yield _kernel(a[start : start + ROWS_AT_A_TIME].astype(np.float64) @ b.T, a.shape[1])


def _kernel(products: Float64[np.ndarray, "..."], n_features: int) -> Float64[np.ndarray, "..."]:
    base = products / n_features + 1
    return base * base * base  # a power of an array takes ten times as long
