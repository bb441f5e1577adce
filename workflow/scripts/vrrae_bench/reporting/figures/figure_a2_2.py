"""Figure A.2-2: the second mean of VRRAE against the first for each beta."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.blocks import blocks
from vrrae_bench.reporting.figures.drawing import BLUE, GREY, Run, by_beta, by_dataset

MOST_POINTS = 3000


def draw(runs: Sequence[Run]) -> Figure:
    """A panel for each beta; all panels of a data set have the same limits."""
    groups = by_dataset(runs)
    limits = {name: _limits(np.concatenate([first_means(run) for run in group])) for name, group in groups.items()}

    def draw_panel(axis: Axes, run: Run) -> None:
        axis.scatter(*first_means(run).T, s=3, color=BLUE, linewidths=0)
        (left, right), (bottom, top) = limits[run.spec.dataset]
        axis.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xlabel="first mean", ylabel="second mean")
        axis.grid(color=GREY, alpha=0.3)

    return blocks(by_beta(runs), draw_panel, side_by_side=3, size=(2.9, 2.9))


def first_means(run: Run) -> Float[np.ndarray, "N 2"]:
    """The first two means of evenly spaced training images, at most `MOST_POINTS` of them."""
    with np.load(run.folder / "latents.npz") as latents:
        means = latents["train_mean"]
    return means[:: -(-len(means) // MOST_POINTS), :2]


def _limits(points: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "2 2"]:
    """Least and largest value of each axis, with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.05 * (high - low).max()
    return np.stack([low - margin, high + margin], axis=1)
