"""How good, and how complete, a set of generated images is: precision and recall, density and coverage.

Each real image has a ball around its features that reaches to its k-th nearest real neighbour. These balls together
stand for the places where real images lie. The balls of generated images stand for the places where generated images
lie.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from vrrae_bench.scoring.limits import ROWS_AT_A_TIME
from vrrae_bench.system.errors import UserError

# The number of neighbours of Naeem et al. 2020, for all four scores.
NEIGHBOURS = 5


class Neighbourhoods(NamedTuple):
    """Shares in [0, 1]; and the density, which is 1 on average if both sets come from one distribution.

    Attributes:
        precision: Share of generated images within the ball of any real image (Kynkaanniemi et al. 2019).
        recall: Share of real images within the ball of any generated image (by the same).
        density: Mean number of balls of real images around a generated one, over k (Naeem et al. 2020): unlike
            precision, an outlier among the real images with its large ball counts little.
        coverage: Share of real images with a generated image within their ball (by the same).
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbourhoods(
    images: Float[np.ndarray, "N D"], reference: Float[np.ndarray, "M D"], reference_radii: Float64[np.ndarray, " M"]
) -> Neighbourhoods:
    """Precision, recall, density and coverage of generated images.

    All four depend on how many images each set has, so compare only values of equal numbers.

    Args:
        images: Features of generated images.
        reference: Features of real images.
        reference_radii: `radii` of the reference, which are the same for all sets that are compared with it.

    Raises:
        UserError: either set has no more images than a ball has neighbours.
    """
    own_radii = radii(images)
    in_real, n_balls = [], 0
    in_generated, covered = np.zeros(len(reference), dtype=bool), np.zeros(len(reference), dtype=bool)
    for start, distances in _distance_blocks(images, reference):
        inside = distances <= reference_radii
        in_real.append(inside.any(axis=1))
        n_balls += inside.sum()
        covered |= inside.any(axis=0)
        in_generated |= (distances <= own_radii[start : start + ROWS_AT_A_TIME, None]).any(axis=0)
    return Neighbourhoods(
        precision=float(np.concatenate(in_real).mean()),
        recall=float(in_generated.mean()),
        density=float(n_balls / (NEIGHBOURS * len(images))),
        coverage=float(covered.mean()),
    )


def radii(features: Float[np.ndarray, "N D"]) -> Float64[np.ndarray, " N"]:
    """Distance of each image to its k-th nearest other image.

    Raises:
        UserError: there are no more than k images.
    """
    if len(features) <= NEIGHBOURS:
        raise UserError(f"precision and recall: {len(features)} images; more than {NEIGHBOURS} are needed.")
    parts = []
    for start, distances in _distance_blocks(features, features):
        rows = np.arange(len(distances))
        distances[rows, start + rows] = np.inf  # without itself
        parts.append(np.partition(distances, NEIGHBOURS - 1, axis=1)[:, NEIGHBOURS - 1])
    return np.concatenate(parts)


def _distance_blocks(
    a: Float[np.ndarray, "N D"], b: Float[np.ndarray, "M D"]
) -> Iterator[tuple[int, Float64[np.ndarray, "n M"]]]:
    """Euclidean distances of some rows of one set from all rows of the other, and the number of the first of them."""
    # Far from the origin, squared distances would lose digits to the common mean.
    centre = b.mean(axis=0, dtype=np.float64)
    b = b - centre
    norms = np.square(b).sum(axis=1)
    for start in range(0, len(a), ROWS_AT_A_TIME):
        rows = a[start : start + ROWS_AT_A_TIME] - centre
        squares = np.square(rows).sum(axis=1)[:, None] + norms - 2 * rows @ b.T
        yield start, np.sqrt(squares.clip(min=0))
