"""Our numbers and the paper's on one line for each method, a panel for each metric: what `figure_paper` is made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from vrrae_bench.reporting.figures.drawing import BLUE, GREY, ORANGE, grid
from vrrae_bench.reporting.tables import Cell
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.catalogue import FID_AND_ERROR
from vrrae_bench.study.paper import is_in_paper

SHOWN = FID_AND_ERROR[::-1]  # from left to right
BETTER = {"lower": "← lower is better", "higher": "higher is better →", "neither": ""}
OURS: dict[str, Any] = {"marker": "o", "color": BLUE, "markersize": 7, "linestyle": ""}
PAPER: dict[str, Any] = {
    "marker": "D",
    "color": ORANGE,
    "markerfacecolor": "none",
    "markeredgewidth": 1.8,
    "markersize": 6.5,
    "linestyle": "",
}
ROW, AROUND = 0.3, 1.0  # inches of a method, and those of a panel beside its methods
# Of a legend.
HANDLES = (
    Line2D([], [], label="this benchmark", **OURS),
    Line2D([], [], color=BLUE, linewidth=1.5, label="± standard deviation over seeds"),
    Line2D([], [], label="paper", **PAPER),
)


def rows_of(cells: Iterable[Cell]) -> list[str]:
    """The methods of some cells, each once, in their order. Rows of a best beta are left out."""
    return list(dict.fromkeys(cell.row for cell in cells if not cell.chosen))


def in_paper(cells: Mapping[str, Sequence[Cell]]) -> dict[str, Sequence[Cell]]:
    """The cells of the data sets that the paper has. If it has none of them, the cells of all data sets."""
    return {name: found for name, found in cells.items() if is_in_paper(name)} or dict(cells)


def draw_dumbbells(axes: Sequence[Axes], cells: Sequence[Cell]) -> None:
    """A panel for each of `SHOWN`, a line for each method from our mean to the paper's number.

    Where a method has several cells of a metric, the first is drawn. A number that is void is not drawn, and its place
    says so. A method that the paper does not have is drawn alone. A panel without a number of ours says so.
    """
    rows = rows_of(cells)
    for axis, metric in zip(axes, SHOWN, strict=True):
        first = {cell.row: cell for cell in reversed(cells) if cell.metric == metric and not cell.chosen}
        for height, row in enumerate(rows):
            if row in first:
                _dumbbell(axis, first[row], height)
        axis.set_title(f"{METRICS[metric].label}\n{BETTER[METRICS[metric].better]}", fontsize="medium")
        axis.set_yticks(range(len(rows)), [row.replace("learning rate", "lr") for row in rows])  # or panels are narrow
        axis.set_ylim(len(rows) - 0.4, -0.6)  # from above, as in a table
        axis.margins(x=0.08)
        if not first:
            axis.set_xticks([])
            axis.text(0.5, 0.5, "not scored", transform=axis.transAxes, ha="center", va="center")
        else:
            grid(axis)
        axis.tick_params(axis="y", length=0, labelleft=axis is axes[0])
        axis.spines[["top", "right", "left"]].set_visible(False)


def _dumbbell(axis: Axes, cell: Cell, height: float) -> None:
    if cell.paper_mean is not None and not cell.void:
        axis.plot([cell.mean, cell.paper_mean], [height, height], color=GREY, linewidth=2.5, zorder=1.5)
    if cell.void:
        axis.text(0.5, height, "ours is void", transform=axis.get_yaxis_transform(), ha="center", va="center")
    else:
        axis.errorbar(cell.mean, height, xerr=float(cell.spread) if cell.spread else None, elinewidth=1.5, **OURS)
    if cell.paper_mean is not None:
        axis.plot(cell.paper_mean, height, zorder=3, **PAPER)  # above ours, which shows through where both agree
