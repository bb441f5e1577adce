"""Paper against ours: error and both FIDs of every method of Tables 2, 3 and A.4-3."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import plt
from vrrae_bench.reporting.figures.dumbbells import AROUND, HANDLES, ROW, SHOWN, draw_dumbbells, in_paper, rows_of
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.long_tables import read_long_table
from vrrae_bench.reporting.tables import Cell, cells_of_tables

WIDTH, LEGEND = 9.5, 0.4  # inches of the figure, and of its legend


def draw(files: Mapping[str, Path]) -> Figure:
    """A row of panels for each data set, a panel for each metric, and in it a line for each method.

    A method that stands in several tables is drawn once, by the first of them.

    Args:
        files: CSV files of tables, by their names.

    Raises:
        UserError: One of them is missing or damaged.
    """
    of_all: dict[str, list[Cell]] = {}
    for name, file in files.items():
        for dataset, found in cells_of_tables(name, read_long_table(file)).items():
            of_all.setdefault(dataset, []).extend(found)
    cells = in_paper(of_all)
    heights = [AROUND + ROW * len(rows_of(found)) for found in cells.values()]
    figure, axes = plt.subplots(
        len(cells), len(SHOWN), figsize=(WIDTH, sum(heights) + LEGEND), layout="constrained", squeeze=False,
        height_ratios=heights,
    )  # fmt: skip
    for (dataset, found), row in zip(cells.items(), axes, strict=True):
        draw_dumbbells(list(row), found)
        row[0].set_ylabel(dataset_label(dataset), fontsize="large", weight="bold")
    figure.legend(handles=HANDLES, loc="outside lower center", ncols=len(HANDLES))
    return figure
