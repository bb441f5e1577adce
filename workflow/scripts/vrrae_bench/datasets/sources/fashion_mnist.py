"""Fashion-MNIST, the drop-in twin of MNIST: four IDX files, as published or as torchvision or Debian leave them."""

from pathlib import Path

from vrrae_bench.datasets.published import RemoteFile, unpacked
from vrrae_bench.datasets.source import DatasetSize, Request, Source

# First the folder of Debian's package dataset-fashion-mnist, which packs the same bytes under other gzip headers.
_FOLDERS = (
    "/usr/share/datasets/fashion-mnist",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
)
_DEBIAN = "On Debian, the package dataset-fashion-mnist has all four files: install it and run again."


def store(folder: Path, request: Request) -> None:
    """Fetch and store Fashion-MNIST."""
    from vrrae_bench.datasets.idx import store_idx_files

    store_idx_files("fashion_mnist", SOURCE.files, folder, request)


SOURCE = Source(
    store,
    label="Fashion-MNIST",
    images=DatasetSize(n_train=60_000, n_test=10_000, side=28, channels=1),
    # In the order training images, training labels, test images, test labels.
    files=(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            _FOLDERS,
            content="sha256:c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            by_hand=_DEBIAN,
            other_forms=unpacked("fashion_mnist", "FashionMNIST", "train-images-idx3-ubyte"),
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            _FOLDERS,
            content="sha256:bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            by_hand=_DEBIAN,
            other_forms=unpacked("fashion_mnist", "FashionMNIST", "train-labels-idx1-ubyte"),
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            _FOLDERS,
            content="sha256:5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            by_hand=_DEBIAN,
            other_forms=unpacked("fashion_mnist", "FashionMNIST", "t10k-images-idx3-ubyte"),
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            _FOLDERS,
            content="sha256:0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            by_hand=_DEBIAN,
            other_forms=unpacked("fashion_mnist", "FashionMNIST", "t10k-labels-idx1-ubyte"),
        ),
    ),
)
