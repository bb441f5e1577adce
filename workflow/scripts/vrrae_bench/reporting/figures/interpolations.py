"""Figures 4, A.5-3, A.5-4 and A.5-5: interpolated images, the same pairs of training images for all methods."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.artefacts.run_folder import SAMPLE
from vrrae_bench.artefacts.shown import IMAGES
from vrrae_bench.reporting.figures.blocks import blocks, brightest, mosaic, part, show
from vrrae_bench.reporting.figures.drawing import Run, by_dataset
from vrrae_bench.system.errors import UserError

N_PAIRS = 5  # of a block


def draw(runs: Sequence[Run], first: int) -> Figure:
    """A block per data set and method: a row for each of some pairs of training images.

    A row holds the first image of the pair and the second one, which stand apart, and between them what the model makes
    of them: the reconstruction of the first, the images decoded between the two, and the reconstruction of the second.

    Args:
        first: The first of the pairs, counted from 0.

    Raises:
        UserError: Runs of one data set have other pairs, or a run's files do not belong together.
    """
    for group in by_dataset(runs).values():
        _check_same_pairs(group)
    return blocks(runs, partial(_fill, first=first), side_by_side=2, size=(5.4, 3.3))


def transitions(run: Run, first: int, n: int) -> Num[np.ndarray, "P S H W C"]:
    """`n` pairs from the `first` on, each as a row: image, reconstruction, inner points, reconstruction, image."""
    rows = run.images("transitions")["transitions"]
    return rows[part(first, n, len(rows))]


def _check_same_pairs(runs: Sequence[Run]) -> None:
    pairs = [run.images("pairs")["pairs"] for run in runs]
    for run, of_run in zip(runs, pairs):
        if not np.array_equal(of_run, pairs[0]):
            raise UserError(
                f"{run.folder / IMAGES}: other interpolation pairs than in {runs[0].folder}, which cannot be "
                f"compared. {remedy(*(other.folder / SAMPLE for other in (runs[0], run)))}"
            )


def _fill(axis: Axes, run: Run, first: int) -> None:
    rows = transitions(run, first, N_PAIRS)
    last = rows.shape[1] - 3  # the number of the second reconstruction; the first is 0
    parts = [mosaic(side.reshape(-1, *side.shape[2:]), side.shape[1]) for side in np.split(rows, [1, -1], axis=1)]
    gap = np.full((len(parts[0]), rows.shape[3] // 6, rows.shape[4]), brightest(rows), rows.dtype)
    show(axis, np.concatenate([parts[0], gap, parts[1], gap, parts[2]], axis=1))
    across = parts[0].shape[1]
    centres = (np.arange(rows.shape[1]) + 0.5) * across
    centres[1:] += gap.shape[1]
    centres[-1] += gap.shape[1]
    labels = ["first", *(f"{number}/{last}" for number in range(last + 1)), "second"]
    axis.set_xticks(centres, labels, fontsize="small")
    axis.tick_params(length=0)
