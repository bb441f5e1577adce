"""The data sets that are not made from a formula, by name."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from vrrae_bench.datasets.settings import FileSettings

# The module of this folder that makes each. They are imported by name, and a rule has the one of its data set among its
# inputs: a change to one of them makes no other data set again.
MODULES = {
    "digits": "digits",
    "mnist": "mnist",
    "fashion_mnist": "mnist",
    "cifar10": "cifar10",
    "celeba": "celeba",
    "folder": "folder",
    "npz": "npz",
}


def module_of(source: str) -> ModuleType:
    """What makes a data set; its `FILES`, if it has any, are the published files behind each source."""
    return import_module(f"{__package__}.{MODULES[source]}")


def make_dataset(
    source: str,
    folder: Path,
    downloads: Path,
    *,
    files: FileSettings | None,
    least: Mapping[str, int],
    labelled: bool,
    test_images: int | None,
    mirror: str | None,
    offline: bool,
    threads: int,
) -> None:
    """Store a data set in `folder`, keeping published files in `downloads`.

    Args:
        files: Where a data set of the user's own lies; none for the others.
        least: By key of the configuration, how many training images its value asks of the user's own data set.
        labelled: Whether arrays of the user's own must come with labels.
        test_images: Use only the first so many test images of a published data set; none: all.

    Raises:
        UserError: A file cannot be had, or is not what it should be.
    """
    module = module_of(source)
    published = {"mirror": mirror, "offline": offline, "test_images": test_images}
    match source:
        case "digits":
            module.make_digits(folder)
        case "mnist" | "fashion_mnist":
            module.make_mnist(source, folder, downloads, **published)
        case "cifar10":
            module.make_cifar10(folder, downloads, **published)
        case "celeba":
            module.make_celeba(folder, downloads, **published, threads=threads)
        case "folder":
            module.make_folder(folder, files, least=least, threads=threads)
        case "npz":
            module.make_npz(folder, files, least=least, labelled=labelled)
        case _:
            raise NotImplementedError(f"make_dataset has no case for {source}, which stands in MODULES")
