"""MNIST: four IDX files, as published or as torchvision leaves them."""

from pathlib import Path

from vrrae_bench.datasets.published import RemoteFile, unpacked
from vrrae_bench.datasets.source import DatasetSize, Request, Source

_FOLDERS = ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist")


def store(folder: Path, request: Request) -> None:
    """Fetch and store MNIST."""
    from vrrae_bench.datasets.idx import store_idx_files

    store_idx_files("mnist", SOURCE.files, folder, request)


SOURCE = Source(
    store,
    label="MNIST",
    images=DatasetSize(n_train=60_000, n_test=10_000, side=28, channels=1),
    # In the order training images, training labels, test images, test labels.
    files=(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            _FOLDERS,
            content="sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            other_forms=unpacked("mnist", "MNIST", "train-images-idx3-ubyte"),
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            _FOLDERS,
            content="sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            other_forms=unpacked("mnist", "MNIST", "train-labels-idx1-ubyte"),
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            _FOLDERS,
            content="sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            other_forms=unpacked("mnist", "MNIST", "t10k-images-idx3-ubyte"),
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            _FOLDERS,
            content="sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            other_forms=unpacked("mnist", "MNIST", "t10k-labels-idx1-ubyte"),
        ),
    ),
)
