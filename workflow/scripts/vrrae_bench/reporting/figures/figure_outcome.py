"""The outcome in one picture: the numbers of Table 2 in the paper and here, and what became of the claims."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from vrrae_bench.reporting.claims.reported import read_claims
from vrrae_bench.reporting.figures.drawing import made_of, plt
from vrrae_bench.reporting.figures.dumbbells import AROUND, HANDLES, ROW, SHOWN, draw_dumbbells, in_paper, rows_of
from vrrae_bench.reporting.figures.strip import draw_strip, lines_of, size
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.long_tables import read_long_table
from vrrae_bench.reporting.tables import cells_of_tables
from vrrae_bench.scoring.metrics import METRICS

TITLE, LEGEND = 0.45, 0.45  # inches of the title of the strip, and of the legend


def draw(files: Mapping[str, Path]) -> Figure:
    """Panels as in `figure_paper`, of the methods of Table 2, and below them the strip of verdicts.

    Below a panel of FIDs that are not of the paper's kind of network stands that their scale is another.

    Args:
        files: table_2.csv and claims.json, under `table_2` and `claims`.

    Raises:
        UserError: One of them is missing or damaged.
    """
    cells = in_paper(cells_of_tables("table_2", read_long_table(made_of(files, "table_2"))))
    decided = read_claims(made_of(files, "claims"))
    lines = lines_of(decided.claims, by_what_they_wait_for=False)
    width, strip = size(lines)
    heights = [AROUND + ROW * len(rows_of(found)) for found in cells.values()]
    figure = plt.figure(figsize=(width, sum(heights) + TITLE + LEGEND + strip), layout="constrained")
    places = figure.add_gridspec(len(cells) + 2, len(SHOWN), height_ratios=[*heights, LEGEND, TITLE + strip])
    for row, (dataset, found) in enumerate(cells.items()):
        axes = [figure.add_subplot(places[row, column]) for column in range(len(SHOWN))]
        draw_dumbbells(axes, found)
        axes[0].set_ylabel(dataset_label(dataset), fontsize="large", weight="bold")
        if dataset in decided.other_networks:
            for axis in (axis for axis, metric in zip(axes, SHOWN) if METRICS[metric].of_features):
                axis.set_xlabel("ours by another network: another scale", fontsize="small")
    between = figure.add_subplot(places[-2, :])
    between.axis("off")
    between.legend(handles=HANDLES, loc="center", ncols=len(HANDLES))
    below = figure.add_subplot(places[-1, :])
    below.set_title("Claims of the paper", fontsize="large", weight="bold")
    draw_strip(below, lines)
    return figure
