"""CIFAR-10 from its official Python archive, whose batches are pickles: read as data, never executed.

A pickle is a program. Here its opcodes are only listed; the pixels are the one long string among them, the labels the
integers behind the key of that name.
"""

import pickletools
import tarfile
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from vrrae_bench.datasets.download import fetch
from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.store import write_dataset
from vrrae_bench.errors import UserError

# The publisher's page lists its MD5, c58f30108f718f92721af3b95e74349a; Keras the SHA-256 of the same file.
FILES = {
    "cifar10": (
        RemoteFile(
            "cifar-10-python.tar.gz",
            170_498_071,
            "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ("https://www.cs.toronto.edu/~kriz",),
        ),
    )
}
TRAIN = tuple(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6))
TEST = ("cifar-10-batches-py/test_batch",)
N_CLASSES = 10
BYTES_PER_IMAGE = 3 * 32 * 32
LARGEST_BATCH = 64 * 2**20  # bytes; a batch is 31 MB, more is no batch


def make_cifar10(folder: Path, downloads: Path, *, mirror: str | None, offline: bool) -> None:
    """Fetch and store CIFAR-10.

    Raises:
        UserError: The archive cannot be had, or is not what it should be.
    """
    (archive,) = fetch(FILES["cifar10"], "cifar10", downloads, mirror=mirror, offline=offline)
    arrays = {}
    for split, members in (("train", TRAIN), ("test", TEST)):
        images, labels = zip(*(read_batch(content, name) for name, content in _read_members(archive, members)))
        arrays |= {split: np.concatenate(images), f"{split}_labels": np.concatenate(labels)}
    write_dataset(folder, "cifar10", arrays, n_classes=N_CLASSES)


def read_batch(content: bytes, name: str) -> tuple[UInt8[np.ndarray, "N 32 32 3"], Int[np.ndarray, " N"]]:
    """Images and labels of one pickled batch.

    Raises:
        UserError: The bytes are no such batch.
    """
    pixels, labels, key = b"", [], None
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if isinstance(argument, str | bytes) and opcode.name != "GLOBAL":
                text = argument if isinstance(argument, bytes) else argument.encode("latin-1")
                if text in (b"data", b"labels", b"filenames", b"batch_label"):
                    key = text
                elif key == b"data" and len(text) >= BYTES_PER_IMAGE:
                    pixels = text
            elif key == b"labels" and opcode.name in ("BININT", "BININT1", "BININT2"):
                labels.append(argument)
    except (ValueError, UnicodeEncodeError) as error:
        raise UserError(f"{name}: is not a batch of CIFAR-10 ({error})") from None
    if not labels or len(pixels) != len(labels) * BYTES_PER_IMAGE:
        raise UserError(f"{name}: is not a batch of CIFAR-10: {len(labels)} labels, {len(pixels):,} bytes of pixels")
    channels_first = np.frombuffer(pixels, np.uint8).reshape(-1, 3, 32, 32)
    return np.ascontiguousarray(channels_first.transpose(0, 2, 3, 1)), np.array(labels, np.int64)


def _read_members(archive: Path, names: tuple[str, ...]):
    """Contents of members of an archive, by their exact names; nothing is written to disk, so no path can escape."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for name in names:
                member = tar.getmember(name)
                if not member.isfile() or member.size > LARGEST_BATCH:
                    raise UserError(f"{archive}: {name} is no file of at most {LARGEST_BATCH:,} bytes")
                yield name, tar.extractfile(member).read()
    except KeyError as error:
        raise UserError(f"{archive}: {error.args[0]}. Delete it and run again.") from None
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{archive}: is cut short or no archive ({error}). Delete it and run again.") from None
