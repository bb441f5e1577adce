"""FID by the seed of the extractor.

The images of each method stay the same. The networks in whose features they are compared differ in their seed alone.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.artefacts.bounds import BOUNDS
from vrrae_bench.artefacts.records import remedy
from vrrae_bench.reporting.figures.drawing import MARKERS, grid, line_styles, made_of, plt
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.long_tables import read_long_table
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.system.errors import UserError

SHOWN = ("fid_random", "fid_random_infinity", "fid_interpolation")
SIZE = (3.4, 3.3)  # inches of a panel


def draw(files: Mapping[str, Path]) -> Figure:
    """A row for each data set, a panel for each FID, and in it a line for each extractor from method to method.

    If one line rises and another falls, the extractors do not agree which of two methods is better.

    Args:
        files: table_extractors.csv, under `table_extractors`.

    Raises:
        UserError: The file is missing or damaged, or a method lacks the score of an extractor that another method has.
    """
    file = made_of(files, "table_extractors")
    datasets = {str(name): rows for name, rows in read_long_table(file).groupby("dataset", sort=False)}
    width, height = SIZE
    figure, axes = plt.subplots(
        len(datasets),
        len(SHOWN),
        figsize=(width * len(SHOWN), height * len(datasets) + 0.4),
        layout="constrained",
        squeeze=False,
    )
    for (dataset, rows), row_axes in zip(datasets.items(), axes, strict=True):
        for metric, axis in zip(SHOWN, row_axes, strict=True):
            found = rows[rows.metric == metric]
            if found.empty:
                axis.remove()
            else:
                _panel(axis, found, file)
                void = " (void)" if (found.void != "").any() else ""
                axis.set_title(f"{dataset_label(dataset)}{void}\n{METRICS[metric].label}", fontsize="small")
    lines = {str(line.get_label()): line for axis in figure.axes for line in axis.lines}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=len(lines))
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, file: Path) -> None:
    values = [[float(value) for value in text.split()] for text in rows.each_value.astype(str)]
    of_methods = dict(zip(rows.method.astype(str), values, strict=True))
    if len(set(map(len, of_methods.values()))) > 1:
        raise UserError(f"{file}: not every method has the scores of every extractor. {remedy(file)}")
    names = [method_label(method) for method in of_methods]
    by_extractor = list(zip(*of_methods.values(), strict=True))
    labels = [f"extractor {number}" for number in range(1, len(by_extractor) + 1)]
    styles = line_styles(labels)
    # Real images and noise stand behind the methods, each by itself.
    n_methods = sum(method not in BOUNDS for method in of_methods)
    for label, fids, marker in zip(labels, by_extractor, MARKERS * len(labels)):
        axis.plot(range(n_methods), fids[:n_methods], marker=marker, label=label, **styles[label])
        for place in range(n_methods, len(names)):
            axis.plot(place, fids[place], marker=marker, label=label, **styles[label])
    axis.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor")
    axis.set_ylabel("FID, lower is better ↓", fontsize="small")
    axis.margins(x=0.1)
    # A little below zero, near which test images lie.
    lowest, highest = axis.dataLim.intervaly
    axis.set_ylim(bottom=min(0, lowest) - 0.05 * highest)
    axis.spines[["top", "right"]].set_visible(False)
    grid(axis)
