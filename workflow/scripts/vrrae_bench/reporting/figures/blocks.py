"""Figures with a block for each run, and the mosaics of images that most blocks hold."""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import Run, by_dataset, titles


def blocks(
    runs: Sequence[Run],
    draw: Callable[[Axes, Run], None],
    *,
    side_by_side: int,
    size: tuple[float, float],
    tell: Callable[[Run], str] = lambda run: "",
) -> Figure:
    """A titled block for each run; each data set starts a row.

    Args:
        draw: Fills the axis of one run.
        side_by_side: The largest number of blocks in a row.
        size: Width and height of a block with its title, in inches.
        tell: A function of a run. It gives a text for the title of its block, beside what tells the run from others.
    """
    groups = by_dataset(runs).values()
    columns = min(side_by_side, max(map(len, groups)))
    rows = [group[start : start + columns] for group in groups for start in range(0, len(group), columns)]
    shown = [run for row in rows for run in row]
    title = dict(zip(shown, titles(shown)))
    width, height = size
    figure, axes = plt.subplots(len(rows), columns, figsize=(width * columns, height * len(rows)), squeeze=False)
    figure.set_layout_engine("compressed", w_pad=0.12, h_pad=0.08)  # so that two blocks do not look like one
    for row, row_axes in zip(rows, axes):
        for run, axis in zip(row, row_axes):
            draw(axis, run)
            axis.set_title(": ".join(filter(None, [title[run], tell(run)])), fontsize="medium")
        for axis in row_axes[len(row) :]:
            axis.remove()
    return figure


def mosaic(images: Num[np.ndarray, "N H W C"], columns: int) -> Num[np.ndarray, "P Q C"]:
    """Images row by row, with white below each row and to the right of each image. Empty places are white."""
    n, height, width, channels = images.shape
    line = max(1, width // 50)
    rows = -(-n // columns)
    gaps = [(0, rows * columns - n), (0, line), (0, line), (0, 0)]
    padded = np.pad(images, gaps, constant_values=brightest(images))
    grid = padded.reshape(rows, columns, height + line, width + line, channels)
    return grid.transpose(0, 2, 1, 3, 4).reshape(rows * (height + line), columns * (width + line), channels)


def part(first: int, n: int, available: int) -> slice:
    """The slice of `n` items from the `first` on, which is counted from 0, or of the last `n` if there are fewer.

    >>> part(24, 24, 1250), part(24, 24, 30), part(24, 24, 10)
    (slice(24, 48, None), slice(6, 30, None), slice(0, 10, None))
    """
    start = max(0, min(first, available - n))
    return slice(start, min(start + n, available))


def show(axis: Axes, picture: Num[np.ndarray, "P Q C"]) -> None:
    """Draw a mosaic. Values beyond the range of stored images are cut."""
    high = brightest(picture)
    picture = picture[..., 0] if picture.shape[-1] == 1 else picture
    axis.imshow(np.clip(picture, 0, high), vmin=0, vmax=high, cmap="gray")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def brightest(images: Num[np.ndarray, "..."]) -> int:
    """The value of white, for bytes or for floats."""
    return 255 if images.dtype == np.uint8 else 1
