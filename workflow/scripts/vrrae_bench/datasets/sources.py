"""The data sets that are not made from a formula, by name."""

from pathlib import Path

from vrrae_bench.datasets.celeba import make_celeba
from vrrae_bench.datasets.cifar10 import make_cifar10
from vrrae_bench.datasets.digits import make_digits
from vrrae_bench.datasets.folder import make_folder
from vrrae_bench.datasets.mnist import make_mnist
from vrrae_bench.datasets.npz import make_npz
from vrrae_bench.datasets.settings import FileSettings

SOURCES = ("digits", "mnist", "fashion_mnist", "cifar10", "celeba", "folder", "npz")


def make_dataset(
    source: str,
    folder: Path,
    downloads: Path,
    *,
    files: FileSettings | None,
    batch_size: int,
    mirror: str | None,
    offline: bool,
    threads: int,
) -> None:
    """Store a data set in `folder`, keeping published files in `downloads`.

    Args:
        files: Where a data set of the user's own lies; none for the others.
        batch_size: As many training images as a data set of the user's own must have.

    Raises:
        UserError: A file can not be had, or is not what it should be.
    """
    where = {"mirror": mirror, "offline": offline}
    match source:
        case "digits":
            make_digits(folder)
        case "mnist" | "fashion_mnist":
            make_mnist(source, folder, downloads, **where)
        case "cifar10":
            make_cifar10(folder, downloads, **where)
        case "celeba":
            make_celeba(folder, downloads, **where, threads=threads)
        case "folder":
            make_folder(folder, files, batch_size=batch_size, threads=threads)
        case "npz":
            make_npz(folder, files, batch_size=batch_size)
