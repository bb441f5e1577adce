"""CIFAR-10: five batches of training images and one of test images, as published or as torchvision leaves them."""

from dataclasses import dataclass
from pathlib import Path

from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.source import DatasetSize, Request, Source


@dataclass(frozen=True)
class Batch:
    """Images that are published as one file.

    Attributes:
        digest: `algorithm:hexadecimal digest` of the entries in binary form.
    """

    name: str
    n_images: int
    digest: str


# The publisher's binary files have these MD5s, in the same order: 5dd7e06a14cb22eb9f671a540d1b7c25,
# 5ea93a67294ea407fff1d09f752e9692, 942cd6a4bcdd0dd3c604fbe906cb4421, ae636b3ba5c66a11e91e8cb52e771fcb and
# 53f37980c15c3d472c316c40844f3f0d. The SHA-256 are those of the same files.
TRAINING_BATCHES = (
    Batch("data_batch_1", 10_000, "sha256:cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
    Batch("data_batch_2", 10_000, "sha256:a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
    Batch("data_batch_3", 10_000, "sha256:bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
    Batch("data_batch_4", 10_000, "sha256:014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
    Batch("data_batch_5", 10_000, "sha256:755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
)
# Of the whole test batch only the MD5 was found published. The SHA-256 of its beginning is compared as well.
TEST_BATCH = Batch("test_batch", 10_000, "md5:803d5f7f4d78ea53de84dbe85f74fb6d")
TEST_BEGINNING = Batch(
    "test_batch_first_1000", 1_000, "sha256:8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5"
)

ARCHIVES = ("cifar-10-python.tar.gz", "cifar-10-binary.tar.gz")
FOLDERS = ("cifar-10-batches-py", "cifar-10-batches-bin")  # in these archives, and where they were unpacked
LOOSE = tuple(f"{batch.name}{suffix}" for suffix in (".bin", "") for batch in (*TRAINING_BATCHES, TEST_BATCH))


def store(folder: Path, request: Request) -> None:
    """Fetch and store CIFAR-10."""
    from vrrae_bench.datasets.cifar_batches import store_batches

    (archive,) = SOURCE.files
    store_batches(archive, folder, request)


SOURCE = Source(
    store,
    label="CIFAR-10",
    images=DatasetSize(n_train=50_000, n_test=10_000, side=32, channels=3),
    # The publisher's page lists the MD5 of the archive, c58f30108f718f92721af3b95e74349a. The SHA-256 is the one in
    # Keras.
    files=(
        RemoteFile(
            ARCHIVES[0],
            170_498_071,
            "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ("https://www.cs.toronto.edu/~kriz",),
            other_forms=(
                *(f"cifar10/{name}" for name in (ARCHIVES[1], *LOOSE)),
                *(f"{top}{folder}/{name}" for top in ("cifar10/", "") for folder in FOLDERS for name in LOOSE),
                *ARCHIVES,
            ),
        ),
    ),
)
