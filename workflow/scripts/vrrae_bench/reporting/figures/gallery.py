"""Blocks of generated images, as in Figures 3 and 5."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Num
from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import Run
from vrrae_bench.reporting.labels import dataset_label, method_label

N_ROWS, N_COLUMNS = 4, 6  # of a block


def gallery(runs: Sequence[Run], *, origin: str, cmap: str) -> Figure:
    """A block of randomly generated images per data set and method, of the first seed.

    Args:
        origin: Where the first row of an image belongs: `upper` or `lower`.
        cmap: Matplotlib's name of the colours of a grey image.
    """
    first = {dataset: min(seeds) for dataset, seeds in _seeds(runs).items()}
    shown = [run for run in runs if run.spec.seed == first[run.spec.dataset]]
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(2.6 * columns, 2.1 * rows), layout="constrained", squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, run in zip(axes.flat, shown):
        images = np.load(run.folder / "random.npy", mmap_mode="r")[: N_ROWS * N_COLUMNS]
        mosaic = _mosaic(images, upwards=origin == "lower")
        low, high = (0, 255) if images.dtype == np.uint8 else (0, 1)
        axis.imshow(mosaic, vmin=low, vmax=high, origin=origin, cmap=cmap)
        dataset = f"{dataset_label(run.spec.dataset)}, " if len(first) > 1 else ""
        axis.set_title(dataset + method_label(run.spec.method), fontsize="medium")
    return figure


def _seeds(runs: Sequence[Run]) -> dict[str, set[int]]:
    seeds: dict[str, set[int]] = {}
    for run in runs:
        seeds.setdefault(run.spec.dataset, set()).add(run.spec.seed)
    return seeds


def _mosaic(images: Num[np.ndarray, "N H W C"], upwards: bool) -> Num[np.ndarray, "P Q ..."]:
    """Images side by side in N_ROWS x N_COLUMNS, a thin line between them."""
    n, height, width, channels = images.shape
    brightest = 255 if images.dtype == np.uint8 else 1
    padded = np.pad(images, [(0, 0), (0, 1), (0, 1), (0, 0)], constant_values=brightest)
    rows = -(-n // N_COLUMNS)
    padded = np.pad(padded, [(0, rows * N_COLUMNS - n), (0, 0), (0, 0), (0, 0)], constant_values=brightest)
    grid = padded.reshape(rows, N_COLUMNS, height + 1, width + 1, channels)
    grid = grid[::-1] if upwards else grid
    mosaic = grid.transpose(0, 2, 1, 3, 4).reshape(rows * (height + 1), N_COLUMNS * (width + 1), channels)
    return mosaic[..., 0] if channels == 1 else mosaic
