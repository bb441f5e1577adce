"""The synthetic data set of section 4.1: Gaussian bumps of one width and height whose centres move over a square.

The published generators differ from the paper's text (one draws both coordinates of a test centre from one key, so
that every test bump lies on the diagonal); here test centres are uniform on the square, and the diagonal is a set of
its own, for Figure 2.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.datasets.bumps import EXTENT, bump_images
from vrrae_bench.datasets.settings import BumpSettings
from vrrae_bench.datasets.store import write_dataset
from vrrae_bench.system.seeding import generator


def grid_centres(per_axis: int) -> Float[np.ndarray, "N 2"]:
    """Centres on a regular grid that includes the edges of the square."""
    axis = np.linspace(-EXTENT, EXTENT, per_axis)
    return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)


def uniform_centres(n: int, seed: int) -> Float[np.ndarray, "N 2"]:
    """Centres drawn uniformly from the square."""
    return generator(seed, "data").uniform(-EXTENT, EXTENT, size=(n, 2))


def diagonal_centres(n: int) -> Float[np.ndarray, "N 2"]:
    """Evenly spaced centres from one corner of the square to the opposite one."""
    return np.repeat(np.linspace(-EXTENT, EXTENT, n)[:, None], 2, axis=1)


def make_synthetic(folder: Path, settings: BumpSettings) -> None:
    """Store the training grid, the test set and the diagonal, with their centres.

    Models see images standardised with the mean and standard deviation of the training images.
    """
    centres = {
        "train": grid_centres(settings.grid),
        "test": uniform_centres(settings.test_images, settings.seed),
        "diagonal": diagonal_centres(settings.diagonal_images),
    }
    images = {name: bump_images(points)[..., None] for name, points in centres.items()}
    train = images["train"].astype(np.float64)
    normalisation = Normalisation(shift=train.mean(), scale=train.std())
    arrays = images | {f"{name}_centres": points for name, points in centres.items()}
    write_dataset(folder, "synthetic", arrays, normalisation=normalisation)
