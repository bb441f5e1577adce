"""Figure A.2-2: the second mean of VRRAE against the first for each beta."""

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vrrae_bench.reporting.figures.blocks import blocks
from vrrae_bench.reporting.figures.drawing import BLUE, Run, by_beta, by_dataset, grid

SIDE_BY_SIDE = 3  # so that the text of a panel can be read on a page
MOST_CLASSES = 20  # whose colours can be told apart, more or less


def draw(runs: Sequence[Run]) -> Figure:
    """A panel for each beta, with one scale for both axes. Colours are classes, if images have them.

    Each panel has limits of its own, since a collapsed cloud would be a dot beside the others. The spread of both means
    stands beside the axes.
    """
    means = {run: run.means("train", "spread") for run in runs}
    classes = max(map(_classes, means.values()))
    palette = matplotlib.colormaps["tab10" if classes <= 10 else "tab20"]

    def draw_panel(axis: Axes, run: Run) -> None:
        shown = means[run]
        colours = palette(shown["labels"]) if _classes(shown) else BLUE
        axis.scatter(*shown["train"].T, s=3, c=colours, linewidths=0)
        first, second = (f"{spread:.3g}" for spread in shown["spread"])
        axis.set_xlabel(f"first mean (spread {first})", fontsize="small")
        axis.set_ylabel(f"second mean (spread {second})", fontsize="small")
        axis.set_aspect("equal", adjustable="datalim")
        axis.tick_params(labelsize="x-small")
        grid(axis)

    figure = blocks(by_beta(runs), draw_panel, side_by_side=SIDE_BY_SIDE, size=(2.7, 2.7))
    if classes:
        handles = [Line2D([], [], color=palette(number), marker="o", linestyle="", label=str(number))
                   for number in range(classes)]  # fmt: skip
        # In the last place, where no panel takes it.
        *_, last = by_dataset(runs).values()
        if len(last) > SIDE_BY_SIDE and len(last) % SIDE_BY_SIDE:
            place: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (0.97, 0.08), "ncols": -(-classes // 5)}
        else:
            place = {"loc": "outside right center"}
        figure.legend(handles=handles, title="class", fontsize="small", **place)
    return figure


def _classes(shown: dict[str, np.ndarray]) -> int:
    """The number of classes to colour; 0 without labels, or with more classes than colours."""
    if "labels" not in shown:
        return 0
    classes = int(shown["labels"].max()) + 1
    return classes if classes <= MOST_CLASSES else 0
