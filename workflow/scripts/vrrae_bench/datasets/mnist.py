"""MNIST and its drop-in twin Fashion-MNIST: four IDX files each, as published or as torchvision leaves them."""

from pathlib import Path

import numpy as np

from vrrae_bench.datasets.download import fetch, refuse_other_content
from vrrae_bench.datasets.idx import read_idx
from vrrae_bench.datasets.published import RemoteFile, in_mirror
from vrrae_bench.datasets.store import write_dataset

_MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist")
# First the folder of Debian's package dataset-fashion-mnist, which packs the same bytes under other gzip headers.
_FASHION = (
    "/usr/share/datasets/fashion-mnist",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
)
_DEBIAN = "On Debian, the package dataset-fashion-mnist has all four files: install it and run again."


def _unpacked(source: str, torchvision: str, name: str) -> tuple[str, ...]:
    """Where a file lies in a mirror after it was unpacked, or in the folder that torchvision downloads it into."""
    return f"{source}/{name}", f"{torchvision}/raw/{name}", f"{torchvision}/raw/{name}.gz"


# In the order training images, training labels, test images, test labels.
FILES = {
    "mnist": (
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            _MNIST,
            content="sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            other_forms=_unpacked("mnist", "MNIST", "train-images-idx3-ubyte"),
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            _MNIST,
            content="sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            other_forms=_unpacked("mnist", "MNIST", "train-labels-idx1-ubyte"),
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            _MNIST,
            content="sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            other_forms=_unpacked("mnist", "MNIST", "t10k-images-idx3-ubyte"),
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            _MNIST,
            content="sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            other_forms=_unpacked("mnist", "MNIST", "t10k-labels-idx1-ubyte"),
        ),
    ),
    "fashion_mnist": (
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            _FASHION,
            content="sha256:c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            by_hand=_DEBIAN,
            other_forms=_unpacked("fashion_mnist", "FashionMNIST", "train-images-idx3-ubyte"),
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            _FASHION,
            content="sha256:bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            by_hand=_DEBIAN,
            other_forms=_unpacked("fashion_mnist", "FashionMNIST", "train-labels-idx1-ubyte"),
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            _FASHION,
            content="sha256:5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            by_hand=_DEBIAN,
            other_forms=_unpacked("fashion_mnist", "FashionMNIST", "t10k-images-idx3-ubyte"),
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            _FASHION,
            content="sha256:0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            by_hand=_DEBIAN,
            other_forms=_unpacked("fashion_mnist", "FashionMNIST", "t10k-labels-idx1-ubyte"),
        ),
    ),
}
N_CLASSES = 10


def make_mnist(
    source: str,
    folder: Path,
    downloads: Path,
    *,
    mirror: str | None,
    offline: bool,
    test_images: int | None = None,
) -> None:
    """Fetch and store `mnist` or `fashion_mnist`.

    What a mirror has in another form than the published files is read where it lies.

    Args:
        test_images: Use only the first so many test images; none: all.

    Raises:
        UserError: A file cannot be had, or is not what it should be.
    """

    def locate(file: RemoteFile) -> Path:
        path = in_mirror(file, source, mirror)
        if path is None:
            return fetch([file], source, downloads, mirror=mirror, offline=offline)[0]
        refuse_other_content(path, file)
        return path

    paths = [locate(file) for file in FILES[source]]
    train, train_labels, test, test_labels = (read_idx(path, n) for path, n in zip(paths, (3, 1, 3, 1)))
    arrays = {
        "train": train[..., None],
        "test": test[:test_images, ..., None],
        "train_labels": train_labels.astype(np.int64),
        "test_labels": test_labels[:test_images].astype(np.int64),
    }
    write_dataset(folder, source, arrays, n_classes=N_CLASSES, published_test_images=len(test))
