"""Figure 2: the latent space of the synthetic bumps."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import BLUE, ORANGE, Run, grid, plt
from vrrae_bench.reporting.labels import method_label

SIDE_BY_SIDE = 5
SIZE = 2.0  # inches of a panel
Means = dict[str, Float[np.ndarray, "_ 2"]]


def draw(runs: Sequence[Run]) -> Figure:
    """Posterior means of the synthetic training images, and in orange of a diagonal motion, with a panel for each seed.

    All panels of a method have the same limits, and one scale for both axes, so that a collapsed dimension looks
    collapsed. An arrow shows the direction of the motion, which begins at the open circle.
    """
    methods: dict[str, list[Run]] = {}
    for run in runs:
        methods.setdefault(run.spec.method, []).append(run)
    rows = [group[start : start + SIDE_BY_SIDE] for group in methods.values()
            for start in range(0, len(group), SIDE_BY_SIDE)]  # fmt: skip
    columns = max(map(len, rows))
    size = (max(SIZE * columns, 2 * SIZE), 1.15 * SIZE * len(rows) + 0.8)  # with titles and the legend
    figure, axes = plt.subplots(len(rows), columns, figsize=size, layout="constrained", squeeze=False)
    means = {run: run.means("train", "diagonal") for run in runs}
    limits = {method: _limits([means[run] for run in group]) for method, group in methods.items()}
    for row, row_axes in zip(rows, axes):
        for run, axis in zip(row, row_axes):
            _panel(axis, means[run], limits[run.spec.method])
            axis.set_title(f"{method_label(run.spec.method)}, seed {run.spec.seed}", fontsize="small")
        row_axes[0].set_ylabel("second mean", fontsize="small")
        for axis in row_axes[len(row) :]:
            axis.remove()
    for axis in axes[len(rows) - 1, : len(rows[-1])]:
        axis.set_xlabel("first mean", fontsize="small")
    # Below the panels, where it hides no point.
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize="small")
    return figure


def _panel(axis: Axes, means: Means, limits: Float[np.ndarray, "2 2"]) -> None:
    train, diagonal = means["train"], means["diagonal"]
    axis.scatter(*train.T, s=5, color=BLUE, label=f"{len(train)} training images", linewidths=0)
    axis.plot(*diagonal.T, color=ORANGE, linewidth=1.5, label=f"diagonal motion, {len(diagonal)} images")
    axis.plot(*diagonal[0], color=ORANGE, marker="o", markersize=5, markerfacecolor="white")
    end = {"arrowstyle": "-|>", "color": ORANGE, "linewidth": 1.5, "mutation_scale": 14, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", diagonal[-1], diagonal[max(0, len(diagonal) - 3)], arrowprops=end)
    (left, right), (bottom, top) = limits
    axis.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axis.tick_params(labelsize="x-small")
    grid(axis)


def _limits(means: Sequence[Means]) -> Float[np.ndarray, "2 2"]:
    """The limits of both axes for some panels: a square around all points, with a margin."""
    points = np.concatenate([part for of_run in means for part in (of_run["train"], of_run["diagonal"])])
    low, high = points.min(axis=0), points.max(axis=0)
    half = 0.58 * max((high - low).max(), 1e-12)
    return np.stack([(low + high) / 2 - half, (low + high) / 2 + half], axis=1)
