"""The batches of CIFAR-10 in any of the forms in which people have them.

The images are published as an archive of pickled batches and as an archive of binary ones, and torchvision leaves the
pickled batches loose on the disk. Only the content counts: each batch is brought into the binary form (an entry for
each image: a byte for its label, then 1024 bytes each of red, green and blue, row by row), whose digest is known.

A pickle is a program, so it is never executed. Its opcodes are only listed: the pixels are the single long string among
them, and the labels are the integers behind the key of that name.
"""

import hashlib
import io
import pickletools
import tarfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from vrrae_bench.datasets.download import fetch
from vrrae_bench.datasets.published import RemoteFile, in_mirror
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources.cifar10 import (
    ARCHIVES,
    FOLDERS,
    TEST_BATCH,
    TEST_BEGINNING,
    TRAINING_BATCHES,
    Batch,
)
from vrrae_bench.datasets.store import write_dataset
from vrrae_bench.system.errors import UserError

N_CLASSES = 10
BYTES_PER_IMAGE = 3 * 32 * 32
BYTES_PER_ENTRY = 1 + BYTES_PER_IMAGE
LARGEST_BATCH = 64 * 2**20  # bytes; a batch has 31 MB, so a longer file is no batch


def store_batches(archive: RemoteFile, folder: Path, request: Request) -> None:
    """Bring in CIFAR-10 and store it.

    If a mirror has the images in another form than the published archive, they are read where they lie. For up to 1000
    test images, the beginning of the test batch suffices if the whole batch is missing.

    Args:
        archive: The published archive.

    Raises:
        UserError: The images cannot be had, or are not the published ones.
    """
    source = in_mirror(archive, "cifar10", request.mirror)
    if source is None:
        (source,) = fetch([archive], "cifar10", request.downloads, mirror=request.mirror, offline=request.offline)
    with _opened(source) as batches:
        train = b"".join(batches.entries(batch) for batch in TRAINING_BATCHES)
        test = _test_records(batches, request.test_images)
    print(f"cifar10: {source}, labels and pixels of every batch verified", flush=True)
    arrays = {}
    for split, entries in (("train", train), ("test", test)):
        arrays[split], arrays[f"{split}_labels"] = images_and_labels(entries)
    write_dataset(folder, "cifar10", arrays, n_classes=N_CLASSES, published_test_images=TEST_BATCH.n_images)


def images_and_labels(entries: bytes) -> tuple[UInt8[np.ndarray, "N 32 32 3"], Int[np.ndarray, " N"]]:
    """Images and labels of entries in binary form."""
    rows = np.frombuffer(entries, np.uint8).reshape(-1, BYTES_PER_ENTRY)
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, 0].astype(np.int64)


def records_of_pickle(content: bytes, name: str) -> bytes:
    """The entries, in binary form, of a pickled batch, which is read without being executed.

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
    except ValueError as error:  # text beyond Latin-1 among them
        raise UserError(f"{name}: is not a batch of CIFAR-10 ({error}). Replace it.") from None
    if not labels or len(pixels) != len(labels) * BYTES_PER_IMAGE or not all(0 <= one < N_CLASSES for one in labels):
        raise UserError(
            f"{name}: is not a batch of CIFAR-10: it has {len(labels)} labels and {len(pixels):,} bytes of pixels. "
            "Replace it."
        )
    rows = np.frombuffer(pixels, np.uint8).reshape(-1, BYTES_PER_IMAGE)
    return np.concatenate([np.array(labels, np.uint8)[:, None], rows], axis=1).tobytes()


def _test_records(batches: "_Batches", test_images: int | None) -> bytes:
    """The entries of the test images that are used, the beginning of the batch compared by its own digest too."""
    n_images = TEST_BATCH.n_images if test_images is None else test_images
    only_beginning = batches.has(TEST_BEGINNING) and not batches.has(TEST_BATCH)
    if only_beginning and n_images > TEST_BEGINNING.n_images:
        raise UserError(
            f"{batches.place}: has {TEST_BEGINNING.name}, and {n_images:,} test images are asked for. "
            f"Add {TEST_BATCH.name}, or set datasets.cifar10.test_images: {TEST_BEGINNING.n_images}."
        )
    entries = batches.entries(TEST_BEGINNING if only_beginning else TEST_BATCH)
    _refuse_other(entries[: TEST_BEGINNING.n_images * BYTES_PER_ENTRY], TEST_BEGINNING, batches.place)
    return entries[: n_images * BYTES_PER_ENTRY]


@dataclass(frozen=True)
class _Batches:
    """The place of the batches: a folder, or an opened archive.

    Attributes:
        place: The path of the folder or archive, for messages.
        archive: The archive; none for a folder.
    """

    place: Path
    archive: tarfile.TarFile | None = None

    def has(self, batch: Batch) -> bool:
        """Whether there is a file of that batch."""
        return any(self._size(name) is not None for name in self._names(batch))

    def entries(self, batch: Batch) -> bytes:
        """The entries of a batch in binary form, verified.

        Raises:
            UserError: The batch is missing, cannot be read, or has other images or labels than the published one.
        """
        for name in self._names(batch):
            size = self._size(name)
            if size is None:
                continue
            if size > LARGEST_BATCH:
                raise UserError(f"{self.place}: {name} has {size:,} bytes, which is too long for a batch. Replace it.")
            content = self._read(name)
            if not name.endswith(".bin"):
                content = records_of_pickle(content, f"{self.place}: {name}")
            _refuse_other(content, batch, self.place / name)
            return content
        needed = ", ".join(one.name for one in (*TRAINING_BATCHES, TEST_BATCH))
        raise UserError(
            f"{self.place}: the batch {batch.name} is missing. Needed are {needed}, either binary (with the suffix "
            ".bin) or pickled (without a suffix). Add the missing file there."
        )

    def _names(self, batch: Batch) -> list[str]:
        """The file names that a batch may have here."""
        suffixed = [f"{batch.name}.bin", batch.name]
        return suffixed if self.archive is None else [f"{folder}/{one}" for folder in FOLDERS for one in suffixed]

    def _size(self, name: str) -> int | None:
        """The length of a file in bytes; none if the file does not exist."""
        if self.archive is None:
            path = self.place / name
            return path.stat().st_size if path.is_file() else None
        # Members are taken by their exact names and nothing is written to the disk, so that no path can escape.
        member = next((one for one in self.archive.getmembers() if one.name.removeprefix("./") == name), None)
        return member.size if member and member.isfile() else None

    def _read(self, name: str) -> bytes:
        if self.archive is None:
            return (self.place / name).read_bytes()
        member = next(one for one in self.archive.getmembers() if one.name.removeprefix("./") == name)
        extracted = self.archive.extractfile(member)
        return extracted.read() if extracted else b""


@contextmanager
def _opened(source: Path) -> Generator[_Batches]:
    """The batches of an archive, or those that lie beside a loose batch."""
    try:
        if source.name not in ARCHIVES:
            yield _Batches(source.parent)
            return
        with tarfile.open(source, "r:gz") as archive:
            yield _Batches(source, archive)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{source}: cannot be read, or is cut short ({error}). Replace it and run again.") from None


def _refuse_other(entries: bytes, batch: Batch, path: Path) -> None:
    """Refuse entries that are not those of the published batch.

    Raises:
        UserError: Their number or their digest differs.
    """
    expected = batch.n_images * BYTES_PER_ENTRY
    if len(entries) != expected:
        raise UserError(
            f"{path}: holds {len(entries) / BYTES_PER_ENTRY:,g} images ({len(entries):,} bytes of labels and pixels), "
            f"{batch.name} has {batch.n_images:,} ({expected:,} bytes). Replace it by the published file."
        )
    algorithm, digest = batch.digest.split(":")
    found = hashlib.file_digest(io.BytesIO(entries), algorithm).hexdigest()
    if found != digest:
        raise UserError(
            f"{path}: its labels and pixels are not those of {batch.name} of CIFAR-10: expected {batch.digest}, got "
            f"{algorithm}:{found}. Replace it by the published file."
        )
