"""The data sets that are not made from a formula, by name."""

from functools import partial
from pathlib import Path

from vrrae_bench.datasets.cifar10 import make_cifar10
from vrrae_bench.datasets.digits import make_digits
from vrrae_bench.datasets.mnist import make_mnist


def _make_digits(folder: Path, downloads: Path, *, mirror: str | None, offline: bool) -> None:
    make_digits(folder)  # they ship with a package


SOURCES = {
    "digits": _make_digits,
    "mnist": partial(make_mnist, "mnist"),
    "fashion_mnist": partial(make_mnist, "fashion_mnist"),
    "cifar10": make_cifar10,
}


def make_dataset(source: str, folder: Path, downloads: Path, *, mirror: str | None, offline: bool) -> None:
    """Store a data set in `folder`, keeping published files in `downloads`.

    Raises:
        UserError: A file can not be had, or is not what it should be.
    """
    SOURCES[source](folder, downloads, mirror=mirror, offline=offline)
