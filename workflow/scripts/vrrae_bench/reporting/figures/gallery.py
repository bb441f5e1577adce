"""Figures 5, 6, A.5-6 and A.5-7: blocks of randomly generated images."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.blocks import blocks, mosaic, part, show
from vrrae_bench.reporting.figures.drawing import Run, by_dataset

N_ROWS, N_COLUMNS = 4, 6  # of a block


def draw(runs: Sequence[Run], first: int) -> Figure:
    """Grey or coloured images, a block a method, a row of blocks a data set."""
    return gallery(runs, first)


def gallery(runs: Sequence[Run], first: int, *, origin: str = "upper", cmap: str = "gray") -> Figure:
    """A block of randomly generated images per data set and method, in the order they were drawn.

    Args:
        first: The first of the images that are shown, counted from 0.
        origin: Where the first row of an image belongs: `upper` or `lower`.
        cmap: Matplotlib's name of the colours of a grey image.
    """

    def fill(axis: Axes, run: Run) -> None:
        images = np.load(run.folder / "random.npy", mmap_mode="r")
        images = images[part(first, N_ROWS * N_COLUMNS, len(images))]
        show(axis, mosaic(images, N_COLUMNS, upwards=origin == "lower"), origin=origin, cmap=cmap)

    return blocks(runs, fill, side_by_side=2 if len(by_dataset(runs)) == 1 else 4, size=(3.6, 2.6))
