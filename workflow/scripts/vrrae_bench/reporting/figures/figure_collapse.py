"""Posterior collapse: KL divergence and signal-to-noise of each dimension of VAE and VRRAE, every seed."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, MaxNLocator

from vrrae_bench.latent.diagnostics import COLLAPSED_SIGNAL_TO_NOISE
from vrrae_bench.reporting.figures.drawing import BLUE, GREY, ORANGE, Run, by_dataset, grid, plt
from vrrae_bench.reporting.labels import dataset_label, method_label

COLOURS = {"vae": BLUE, "vrrae": ORANGE}
MARKERS = {"vae": "o", "vrrae": "s"}
# Smaller values are drawn here, because a logarithm has no zero.
LEAST = 1e-4
THRESHOLD = f"a dimension below {COLLAPSED_SIGNAL_TO_NOISE:g} is collapsed"
# Inches of a row of panels, for few dimensions and for more.
FEW_DIMENSIONS, FEW, MANY = 3, 2.6, 4.2
SHOWN = {"kl_per_dimension": "KL divergence, nats", "signal_to_noise": "signal-to-noise"}


def draw(runs: Sequence[Run]) -> Figure:
    """A row for each data set, and a line for each run: both values of its dimensions, each in decreasing order.

    Rows of data sets with more than a few dimensions are higher.
    """
    groups = by_dataset(runs)
    heights = [FEW if group[0].spec.bottleneck <= FEW_DIMENSIONS else MANY for group in groups.values()]
    figure, axes = plt.subplots(
        len(groups),
        len(SHOWN),
        figsize=(9, sum(heights)),
        layout="constrained",
        squeeze=False,
        height_ratios=heights,
    )
    for (dataset, group), row in zip(groups.items(), axes):
        details = [run.details for run in group]
        for (name, label), axis in zip(SHOWN.items(), row):
            for run, of_run in zip(group, details):
                _line(axis, run, getattr(of_run, name))
            axis.set(title=dataset_label(dataset), xlabel="dimension, in decreasing order", ylabel=label)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.set_xlim(left=max(axis.get_xlim()[0], 0.5))  # there is no dimension 0
            grid(axis)
        row[1].axhline(COLLAPSED_SIGNAL_TO_NOISE, color=GREY, linestyle="--", linewidth=1)
        beside = row[1].get_yaxis_transform()
        row[1].text(0.01, COLLAPSED_SIGNAL_TO_NOISE, THRESHOLD, transform=beside, fontsize="small", va="bottom")
        for axis in row:
            _scale(axis)
    # One legend, with one entry for all seeds of a method.
    handles = {line.get_label(): line for axis in axes[:, 0] for line in axis.lines}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles))
    return figure


def _scale(axis: Axes) -> None:
    """Make an axis logarithmic unless all values lie within a decade, which has at most one power of ten to read it by.

    If there are few powers of ten, twice and five times each power is labelled too.
    """
    decades = np.log10(np.divide(*axis.dataLim.intervaly[::-1]))
    if decades < 1:
        return
    axis.set_yscale("log")
    if decades < 3:
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf)))


def _line(axis: Axes, run: Run, values: Sequence[float]) -> None:
    shown = np.sort(values)[::-1].clip(min=LEAST)
    style = {"color": COLOURS[run.spec.method], "marker": MARKERS[run.spec.method], "markersize": 3}
    numbers = np.arange(1, len(shown) + 1)
    axis.plot(numbers, shown, label=method_label(run.spec.method), linewidth=1, alpha=0.7, **style)
