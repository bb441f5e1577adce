"""Figures 5, 6, A.5-6 and A.5-7: blocks of randomly generated images."""

from collections.abc import Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from vrrae_bench.artefacts.shown import COLUMNS, GALLERY
from vrrae_bench.reporting.figures.blocks import blocks, mosaic, part, show
from vrrae_bench.reporting.figures.drawing import Run, by_dataset


def draw(runs: Sequence[Run], first: int) -> Figure:
    """Grey or coloured images, a block a method, a row of blocks a data set."""
    return gallery(runs, first)


def gallery(runs: Sequence[Run], first: int, *, origin: str = "upper", cmap: str | None = None) -> Figure:
    """A block of randomly generated images per data set and method, in the order they were drawn.

    Args:
        first: The first of the images that are shown, counted from 0.
        origin: Where the first row of an image belongs: `upper` or `lower`.
        cmap: Matplotlib's name of the colours of floats of one channel, which a bar explains; grey without.
    """

    def fill(axis: Axes, run: Run) -> None:
        images = run.images("random")["random"]
        images = images[part(first, GALLERY, len(images))]
        if cmap:  # before the mosaic, so that what lies between the images is white and no colour of theirs
            images = matplotlib.colormaps[cmap](images[..., 0])[..., :3]
        show(axis, mosaic(images, COLUMNS, upwards=origin == "lower"), origin=origin)

    figure = blocks(runs, fill, side_by_side=2 if len(by_dataset(runs)) == 1 else 4, size=(3.6, 2.6))
    if cmap:
        colours = ScalarMappable(Normalize(0, 1), cmap)
        figure.set_figwidth(figure.get_figwidth() + 0.9)  # inches for the bar
        figure.colorbar(colours, ax=figure.axes, label="value of a pixel", shrink=0.5, aspect=25)
    return figure
