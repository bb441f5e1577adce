"""Figures 4, A.5-3, A.5-4 and A.5-5: interpolated images, the same pairs of training images for all methods."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.artefacts.run_folder import SAMPLE
from vrrae_bench.artefacts.shown import FIGURE_PAIRS, SHOWN_IMAGES
from vrrae_bench.reporting.figures.blocks import brightest, mosaic, part, show
from vrrae_bench.reporting.figures.drawing import Run, by_dataset, plt, titles
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.system.errors import UserError

IMAGE = 0.55  # inches of an image


def draw(runs: Sequence[Run], first: int) -> Figure:
    """Some pairs of training images with a row for each method below one another, and a column for each data set.

    A row begins and ends with the two images of the pair, which stand apart. Between them are the decoder's images: the
    reconstruction of the first image, the images between the two, and the reconstruction of the second image.

    Args:
        first: The first of the pairs, counted from 0.

    Raises:
        UserError: Runs of one data set have different pairs, or a run's files do not belong together.
    """
    groups = by_dataset(runs)
    for group in groups.values():
        _check_same_pairs(group)
    rows = {run: transitions(run, first, FIGURE_PAIRS) for run in runs}
    width = max(IMAGE * (shown.shape[1] + 2) for shown in rows.values())
    height = IMAGE * (FIGURE_PAIRS * (max(map(len, groups.values())) + 0.4) + 1)
    size = (width * len(groups), height)
    figure, axes = plt.subplots(1, len(groups), figsize=size, layout="compressed", squeeze=False)
    for (dataset, group), axis in zip(groups.items(), axes[0]):
        _fill(axis, [rows[run] for run in group], titles(group))
        axis.set_title(dataset_label(dataset), fontsize="medium")
    return figure


def transitions(run: Run, first: int, n: int) -> Num[np.ndarray, "P S H W C"]:
    """`n` pairs from the `first` on, each as a row: image, reconstruction, inner images, reconstruction, image."""
    rows = run.images("transitions")["transitions"]
    return rows[part(first, n, len(rows))]


def _check_same_pairs(runs: Sequence[Run]) -> None:
    pairs = [run.images("pairs")["pairs"] for run in runs]
    for run, of_run in zip(runs, pairs):
        if not np.array_equal(of_run, pairs[0]):
            raise UserError(
                f"{run.folder / SHOWN_IMAGES}: other interpolation pairs than in {runs[0].folder}, which cannot be "
                f"compared. {remedy(*(other.folder / SAMPLE for other in (runs[0], run)))}"
            )


def _fill(axis: Axes, of_runs: Sequence[Num[np.ndarray, "_ S H W C"]], names: Sequence[str]) -> None:
    """Fill an axis with pair after pair, with a row for each run and a gap between two pairs."""
    pieces, places, top = [], [], 0
    for pair in zip(*of_runs):
        for row in pair:
            pieces.append(_row(row))
            places.append(top + len(pieces[-1]) / 2)
            top += len(pieces[-1])
        gap = np.full((len(pieces[-1]) // 3, *pieces[-1].shape[1:]), brightest(pieces[-1]), pieces[-1].dtype)
        pieces.append(gap)
        top += len(gap)
    show(axis, np.concatenate(pieces[:-1]))
    axis.set_yticks(places, list(names) * (len(places) // len(names)), fontsize="small")
    length, across = of_runs[0].shape[1], of_runs[0].shape[3] + max(1, of_runs[0].shape[3] // 50)
    centres = (np.arange(length) + 0.5) * across
    centres[1:] += of_runs[0].shape[3] // 6
    centres[-1] += of_runs[0].shape[3] // 6
    labels = ["first", *(f"{number}/{length - 3}" for number in range(length - 2)), "second"]
    axis.set_xticks(centres, labels, fontsize="small")
    axis.tick_params(length=0)


def _row(images: Num[np.ndarray, "S H W C"]) -> Num[np.ndarray, "P Q C"]:
    """A row of images, with the two training images apart from the images of the model."""
    sides = [mosaic(side, len(side)) for side in np.split(images, [1, -1])]
    gap = np.full((len(sides[0]), images.shape[2] // 6, images.shape[3]), brightest(images), images.dtype)
    return np.concatenate([sides[0], gap, sides[1], gap, sides[2]], axis=1)
