"""The IDX format of MNIST and Fashion-MNIST: a big-endian header, then bytes. The name tells if gzip has packed it."""

import gzip
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from vrrae_bench.datasets.download import fetch, refuse_other_content
from vrrae_bench.datasets.published import RemoteFile, in_mirror
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.store import write_dataset
from vrrae_bench.system.errors import UserError

UNSIGNED_BYTE = 0x08
N_CLASSES = 10


def store_idx_files(source: str, files: Sequence[RemoteFile], folder: Path, request: Request) -> None:
    """Fetch and store a data set that is published as MNIST is.

    If a mirror has the images in another form than the published files, they are read where they lie.

    Args:
        files: Training images, training labels, test images and test labels.

    Raises:
        UserError: A file cannot be had, or is not the published file.
    """

    def locate(file: RemoteFile) -> Path:
        path = in_mirror(file, source, request.mirror)
        if path is None:
            return fetch([file], source, request.downloads, mirror=request.mirror, offline=request.offline)[0]
        refuse_other_content(path, file)
        return path

    paths = [locate(file) for file in files]
    train, train_labels, test, test_labels = (read_idx(path, n) for path, n in zip(paths, (3, 1, 3, 1)))
    arrays = {
        "train": train[..., None],
        "test": test[: request.test_images, ..., None],
        "train_labels": train_labels.astype(np.int64),
        "test_labels": test_labels[: request.test_images].astype(np.int64),
    }
    write_dataset(folder, source, arrays, n_classes=N_CLASSES, published_test_images=len(test))


def read_idx(path: str | Path, dimensions: int) -> UInt8[np.ndarray, "..."]:
    """The array of an IDX file of unsigned bytes: 3 `dimensions` for images, 1 for labels.

    Raises:
        UserError: The file is no gzip file, is cut short, or has another header than expected.
    """
    try:
        with gzip.open(path) if Path(path).suffix == ".gz" else open(path, "rb") as file:
            content = file.read()
    except (EOFError, zlib.error):
        raise UserError(f"{path}: the file is cut short or damaged. {_REMEDY}") from None
    except gzip.BadGzipFile as error:
        raise UserError(f"{path}: is not a gzip file ({error}). {_REMEDY}") from None

    header = 4 + 4 * dimensions
    magic = (UNSIGNED_BYTE << 8) | dimensions
    found = int.from_bytes(content[:4], "big")
    if len(content) < header or found != magic:
        raise UserError(f"{path}: wrong magic number 0x{found:08x}, expected 0x{magic:08x}. {_REMEDY}")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    expected = int(np.prod(shape, dtype=np.uint64))
    if len(content) - header != expected:
        raise UserError(
            f"{path}: truncated: holds {len(content) - header:,} bytes of data, "
            f"its header {' x '.join(map(str, shape))} announces {expected:,}. {_REMEDY}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


_REMEDY = "Delete it and run again; if it comes from a mirror, replace it there."
