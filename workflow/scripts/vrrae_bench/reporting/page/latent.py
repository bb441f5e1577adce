"""The drawings of a run's latent space in the report: its points, and how much each dimension tells."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vrrae_bench.artefacts.shown import spread_over
from vrrae_bench.latent.diagnostics import COLLAPSED_SIGNAL_TO_NOISE

# Size of a drawing in its own units, most points of a drawing, and most classes that colours tell apart.
SIDE, POINTS, CLASSES = 100, 400, 10
# Smaller signal-to-noise ratios are drawn at this value, because a logarithm has no zero.
LEAST = 1e-4


@dataclass(frozen=True)
class Scatter:
    """The first two posterior means of some training images.

    Attributes:
        paths: SVG's path of the points of each class, by the number of the class. If there are no classes or too many,
            there is one path, whose number is none.
        spreads: The standard deviations of both means over all training images, as text.
        n: Number of points.
    """

    paths: dict[int | None, str]
    spreads: tuple[str, str]
    n: int


@dataclass(frozen=True)
class Bars:
    """The signal-to-noise ratio of each dimension, in decreasing order, on a logarithmic scale.

    Attributes:
        path: SVG's path of the bars.
        width: Width of the drawing.
        threshold: How far down the line lies below which a dimension is collapsed.
        most: The largest ratio.
        least: The smallest ratio.
        collapsed: Number of dimensions below the line.
    """

    path: str
    width: int
    threshold: str
    most: float
    least: float
    collapsed: int


def scatter(shown: Mapping[str, np.ndarray]) -> Scatter | None:
    """The points of `shown_means.npz`, with one scale for both axes; none for a latent space with one dimension.

    Args:
        shown: The arrays of the file, as `artefacts.shown` explains them.
    """
    means = shown["train"]
    some = spread_over(len(means), POINTS)
    some = some[np.isfinite(means[some]).all(axis=1)]
    if means.shape[1] < 2 or not len(some):
        return None
    points = means[some].astype(np.float64)
    centre = (points.max(axis=0) + points.min(axis=0)) / 2
    scale = SIDE / max(float(np.ptp(points, axis=0).max()), np.finfo(np.float64).tiny)
    across, down = (points - centre).T * scale * [[1], [-1]] + SIDE / 2
    labels = shown["labels"][some] if "labels" in shown else np.zeros(len(some), int)
    classes = sorted({int(label) for label in labels})
    one_colour = "labels" not in shown or max(classes) >= CLASSES
    groups = {None: np.ones(len(some), bool)} if one_colour else {number: labels == number for number in classes}
    first, second = (f"{spread:.3g}" for spread in shown["spread"])
    return Scatter({number: _dots(across[chosen], down[chosen]) for number, chosen in groups.items()},
                   (first, second), len(some))  # fmt: skip


def bars(ratios: Sequence[float] | None) -> Bars | None:
    """The bars of signal-to-noise ratios; none for a method without posteriors."""
    if not ratios:
        return None
    found = np.sort(ratios)[::-1]
    heights = np.log10(np.clip([*found, COLLAPSED_SIGNAL_TO_NOISE], LEAST, None))
    low = math.floor(heights.min())
    high = max(math.ceil(heights.max()), low + 1)
    down = SIDE * (high - heights) / (high - low)
    step = max(2, 240 // len(found))
    path = "".join(f"M{step * number} {SIDE}V{y:.1f}h{step - 1}V{SIDE}z" for number, y in enumerate(down[:-1]))
    return Bars(
        path=path,
        width=step * len(found),
        threshold=f"{down[-1]:.1f}",
        most=float(found[0]),
        least=float(found[-1]),
        collapsed=int((found < COLLAPSED_SIGNAL_TO_NOISE).sum()),
    )


def _dots(across: np.ndarray, down: np.ndarray) -> str:
    """A path that draws a dot at each point, if its stroke has round ends."""
    return "".join(f"M{x:.1f} {y:.1f}h0" for x, y in zip(across, down))
