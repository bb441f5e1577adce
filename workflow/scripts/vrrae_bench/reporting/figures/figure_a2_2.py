"""Figure A.2-2: the second mean of VRRAE against the first for each beta."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.blocks import blocks
from vrrae_bench.reporting.figures.drawing import BLUE, Run, by_beta, by_dataset, grid


def draw(runs: Sequence[Run]) -> Figure:
    """A panel for each beta; all panels of a data set have the same limits.

    The spread of both means stands beside the axes, since a collapsed cloud is a dot.
    """
    means = {run: run.means("train", "spread") for run in runs}
    limits = {
        dataset: _limits(np.concatenate([means[run]["train"] for run in group]))
        for dataset, group in by_dataset(runs).items()
    }

    def draw_panel(axis: Axes, run: Run) -> None:
        axis.scatter(*means[run]["train"].T, s=3, color=BLUE, linewidths=0)
        (left, right), (bottom, top) = limits[run.spec.dataset]
        first, second = (f"{spread:.3g}" for spread in means[run]["spread"])
        axis.set(xlabel=f"first mean (spread {first})", ylabel=f"second mean (spread {second})")
        axis.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
        grid(axis)

    return blocks(by_beta(runs), draw_panel, side_by_side=3, size=(2.9, 2.9))


def _limits(points: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "2 2"]:
    """Least and largest value of each axis, with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.05 * (high - low).max()
    return np.stack([low - margin, high + margin], axis=1)
