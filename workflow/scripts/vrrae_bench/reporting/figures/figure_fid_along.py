"""FID along the interpolation: of the images at each position between two training images."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.artefacts.run_folder import SCORES
from vrrae_bench.reporting.figures.drawing import MARKERS, Run, by_dataset, grid, line_styles, plt
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.void import reason_of
from vrrae_bench.system.errors import UserError

SIZE = (6.5, 3.8)  # inches of a panel


def draw(runs: Sequence[Run]) -> Figure:
    """A panel for each data set, a line for the mean of each method over its seeds, and a band from least to largest.

    Raises:
        UserError: A run has no such FIDs, since an earlier version has scored it.
    """
    groups = by_dataset(runs)
    width, height = SIZE
    figure, axes = plt.subplots(
        len(groups), 1, figsize=(width, height * len(groups)), layout="constrained", squeeze=False
    )
    for (dataset, group), axis in zip(groups.items(), axes[:, 0], strict=True):
        _panel(axis, group)
        void = any(reason_of(run.details) for run in group)
        axis.set_title(f"{dataset_label(dataset)}, void" if void else dataset_label(dataset))
    return figure


def fids(run: Run) -> tuple[float, ...]:
    """The FID at each position of a run.

    Raises:
        UserError: An earlier version has scored the run.
    """
    found = run.details.fid_interpolation_by_position
    if found is None:
        scores = run.folder / SCORES
        raise UserError(f"{scores}: has no FID by position, as an earlier version has scored it. {remedy(scores)}")
    return found


def _panel(axis: Axes, runs: Sequence[Run]) -> None:
    of_methods: dict[str, list] = {}
    for run in runs:
        of_methods.setdefault(method_label(run.spec.method), []).append(fids(run))
    places = np.arange(1, len(fids(runs[0])) + 1)
    for (method, style), marker in zip(line_styles(of_methods).items(), MARKERS * len(of_methods)):
        values = np.array(of_methods[method])
        axis.plot(places, values.mean(axis=0), marker=marker, label=method, **style)
        axis.fill_between(places, values.min(axis=0), values.max(axis=0), color=style["color"], alpha=0.15, linewidth=0)
    axis.set_xticks(places, [str(Fraction(int(place), len(places) + 1)) for place in places])
    axis.set(xlabel="way from the first image to the second", ylabel="FID, lower is better ↓", ylim=(0, None))
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    grid(axis)
