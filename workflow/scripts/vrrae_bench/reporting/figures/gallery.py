"""Figures 5, 6, A.5-6 and A.5-7: real images above blocks of randomly generated ones."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from vrrae_bench.artefacts.shown import GALLERY, GALLERY_COLUMNS
from vrrae_bench.reporting.figures.blocks import blocks, brightest, mosaic, part, show
from vrrae_bench.reporting.figures.drawing import Run, by_dataset
from vrrae_bench.reporting.void import reason_of


def draw(runs: Sequence[Run], first: int) -> Figure:
    """Grey or coloured images, with a block for each method, and a row of blocks for each data set."""
    return gallery(runs, first)


def gallery(runs: Sequence[Run], first: int, *, upwards: bool = False, cmap: str | None = None) -> Figure:
    """A block for each data set and method: real images, generated images in the order of drawing, and neighbours.

    The last row has the training images that are nearest to the first row of the generated ones.

    Args:
        first: The first of the generated images that are shown, counted from 0.
        upwards: Whether the first row of an image is its lowest one.
        cmap: Matplotlib's name of the colours for floats of one channel, which a bar explains; none for grey.
    """

    def fill(axis: Axes, run: Run) -> None:
        shown = run.images("random", "real", "nearest")
        generated = part(first, GALLERY, len(shown["random"]))
        number = max(0, min(first // GALLERY, len(shown["nearest"]) // GALLERY_COLUMNS - 1))
        row = slice(GALLERY_COLUMNS * number, GALLERY_COLUMNS * (number + 1))
        groups = [shown["real"][row], shown["random"][generated]]
        # If fewer images were drawn than two galleries show, the first row has no neighbours.
        groups += [shown["nearest"][row]] if generated.start == GALLERY * number else []
        pictures = [mosaic(_coloured(images, upwards, cmap), GALLERY_COLUMNS) for images in groups]
        gap = np.full((max(2, pictures[0].shape[0] // 5), *pictures[0].shape[1:]), brightest(pictures[0]))
        parts = [piece for picture in pictures for piece in (picture, gap.astype(picture.dtype))][:-1]
        show(axis, np.concatenate(parts))
        heights = np.cumsum([0, *map(len, parts)])
        centres = (heights[:-1] + heights[1:])[::2] / 2
        names = ["real", "generated", "nearest\nto the first row"]
        axis.set_yticks(centres, names[: len(centres)], fontsize="small")
        axis.tick_params(length=0)

    side_by_side = 2 if len(by_dataset(runs)) == 1 else 4
    figure = blocks(runs, fill, side_by_side=side_by_side, size=(4.2, 3.7), tell=_score)
    if cmap:
        colours = ScalarMappable(Normalize(0, 1), cmap)
        figure.set_figwidth(figure.get_figwidth() + 0.9)  # inches for the bar
        figure.colorbar(colours, ax=figure.axes, label="value of a pixel", shrink=0.5, aspect=25)
    return figure


def _coloured(images: Num[np.ndarray, "N H W C"], upwards: bool, cmap: str | None) -> Num[np.ndarray, "N H W _"]:
    """Images as they are drawn: with their highest row first, and in colours before white lines come between them."""
    images = images[:, ::-1] if upwards else images
    return matplotlib.colormaps[cmap](images[..., 0])[..., :3] if cmap else images


def _score(run: Run) -> str:
    """The score of the run's random images, if it has one. It has no number if the features say nothing."""
    scores = run.scores.numbers
    if "fid_random" in scores:
        return "FID void" if reason_of(run.details) else f"FID {scores['fid_random']:.1f}"
    if "random_generation_error" in scores:
        return f"generation error {scores['random_generation_error']:.1f} %"
    return ""
