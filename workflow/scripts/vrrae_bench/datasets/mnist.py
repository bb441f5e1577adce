"""MNIST and its drop-in twin Fashion-MNIST: four IDX files each."""

from pathlib import Path

import numpy as np

from vrrae_bench.datasets.download import RemoteFile, fetch
from vrrae_bench.datasets.idx import read_idx
from vrrae_bench.datasets.store import write_dataset

_MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist")
_FASHION = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
)

# In the order training images, training labels, test images, test labels.
FILES = {
    "mnist": (
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            _MNIST,
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            _MNIST,
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            _MNIST,
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            _MNIST,
        ),
    ),
    "fashion_mnist": (
        RemoteFile("train-images-idx3-ubyte.gz", 26_421_880, "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d", _FASHION),
        RemoteFile("train-labels-idx1-ubyte.gz", 29_515, "md5:25c81989df183df01b3e8a0aad5dffbe", _FASHION),
        RemoteFile("t10k-images-idx3-ubyte.gz", 4_422_102, "md5:bef4ecab320f06d8554ea6380940ec79", _FASHION),
        RemoteFile("t10k-labels-idx1-ubyte.gz", 5_148, "md5:bb300cfdad3c16e7a12a480ee83cd310", _FASHION),
    ),
}
N_CLASSES = 10


def make_mnist(source: str, folder: Path, downloads: Path, *, mirror: str | None, offline: bool) -> None:
    """Fetch and store `mnist` or `fashion_mnist`.

    Raises:
        UserError: A file can not be had, or is not what it should be.
    """
    paths = fetch(FILES[source], source, downloads, mirror=mirror, offline=offline)
    train, train_labels, test, test_labels = (read_idx(path, n) for path, n in zip(paths, (3, 1, 3, 1)))
    arrays = {
        "train": train[..., None],
        "test": test[..., None],
        "train_labels": train_labels.astype(np.int64),
        "test_labels": test_labels.astype(np.int64),
    }
    write_dataset(folder, source, arrays, n_classes=N_CLASSES)
