"""Figure A.2-1: singular values of the training latent space of VRRAE for each beta."""

from collections.abc import Sequence
from itertools import cycle

import matplotlib
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.artefacts.run_folder import SCORES
from vrrae_bench.reporting.figures.drawing import MARKERS, Run, beta_of, by_beta, by_dataset, grid, plt
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.system.errors import UserError


def draw(runs: Sequence[Run]) -> Figure:
    """A row for each data set, a line for each beta: singular values in decreasing order, and relative to the largest.

    The values of one beta may be thousands of times those of another, which the left panel shows. The right panel shows
    how fast the values of each beta decrease. Colours and markers both tell the betas apart, and the larger beta is the
    lighter colour.
    """
    groups = by_dataset(runs)
    size = (10, 3.8 * len(groups))
    figure, axes = plt.subplots(len(groups), 2, figsize=size, layout="constrained", squeeze=False)
    for (dataset, group), row in zip(groups.items(), axes):
        # Without viridis's yellow, which is hard to see on white.
        colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.85, len(group)))
        for run, colour, marker in zip(by_beta(group), colours, cycle(MARKERS)):
            values = singular_values(run)
            style = {"color": colour, "marker": marker, "markersize": 4, "markevery": -(-len(values) // 20)}
            for axis, shown in zip(row, (values, values / values[0])):
                axis.plot(np.arange(1, len(values) + 1), shown, label=format_beta(beta_of(run)), **style)
        for axis, label in zip(row, ("singular value", "share of the largest")):
            axis.set(title=dataset_label(dataset), xlabel="number of the mode", ylabel=label, yscale="log")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            grid(axis)
        row[1].legend(title="beta", fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def singular_values(run: Run) -> Float[np.ndarray, " k"]:
    """The singular values of the truncated latent matrix of the whole training set.

    Raises:
        UserError: The scores of this run hold no singular values.
    """
    values = run.details.singular_values
    if values is None:
        scores = run.folder / SCORES
        raise UserError(f"{scores}: has no singular values; only rank-reduction methods have. {remedy(scores)}")
    return np.array(values)
