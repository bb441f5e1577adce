"""A user's own arrays in an .npz file: train, test and, if there are classes, train_labels and test_labels.

Each member is an array file by itself: its header is read first, and images go from the archive to the disk without
ever being in memory as a whole. Nothing is unpickled.
"""

import shutil
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import BinaryIO
from zipfile import ZipFile

import numpy as np
from jaxtyping import Int64, UInt8

from vrrae_bench.datasets.archives import open_zip
from vrrae_bench.datasets.own import one_sided_classes, refuse_few
from vrrae_bench.datasets.problems import Problems
from vrrae_bench.datasets.settings import FileSettings
from vrrae_bench.datasets.store import check_arrays, write_array, write_manifest
from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path

IMAGES = ("train", "test")
LABELS = ("train_labels", "test_labels")
LARGEST_ARRAY = 2**36  # bytes: 64 GiB, five times CelebA


@dataclass(frozen=True)
class Header:
    """What an array file announces before its data."""

    shape: tuple[int, ...]
    dtype: np.dtype
    length: int

    @property
    def n_bytes(self) -> int:
        """Length of a whole file with this header."""
        return self.length + int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize


def make_npz(folder: Path, settings: FileSettings, *, least: Mapping[str, int], labelled: bool) -> None:
    """Store a user's arrays.

    Args:
        least: By key of the configuration, how many training images its value asks for.
        labelled: Whether there must be labels.

    Raises:
        UserError: What is wrong with which array, and how to mend it.
    """
    path, problems = Path(settings.path), Problems()
    arrays: dict[str, np.ndarray] = {}
    n_classes = None
    with open_zip(path, LARGEST_ARRAY) as archive:
        names = _names(path, archive, labelled)
        for name in names:
            with problems.kept():
                arrays[name] = (_announced if name in IMAGES else _labels)(path, name, archive)
        if set(LABELS) <= set(arrays):
            train, test = (set(arrays[name].tolist()) for name in LABELS)
            with problems.kept():
                n_classes = _count_classes(path, train)
            for problem in one_sided_classes(settings.path, train, test):
                problems.add(problem)
        problems.refuse()
        check_arrays(str(path), arrays, n_classes)
        refuse_few(settings.path, len(arrays["train"]), least)
        for name in IMAGES:
            _extract(archive, name, arrays[name].shape, folder)
    for name in LABELS:
        if name in arrays:
            write_array(folder, name, arrays[name])
    write_manifest(folder, "npz", names, n_classes=n_classes)


def _names(path: Path, archive: ZipFile, labelled: bool) -> list[str]:
    found = {name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")}
    if found not in ({*IMAGES}, {*IMAGES, *LABELS}):
        raise UserError(
            f"{path}: has the arrays {', '.join(sorted(found)) or 'none'}; needed are train and test, for classes "
            "both train_labels and test_labels, and no other. Save it with numpy.savez under these names."
        )
    if labelled and not found.issuperset(LABELS):
        raise UserError(
            f"{path}: has no labels, which the network behind FID learns from. Add train_labels and test_labels, or "
            "remove `extractor` from the configuration of the data set."
        )
    return [name for name in (*IMAGES, *LABELS) if name in found]


def _header(path: Path, archive: ZipFile, name: str) -> Header:
    """What an array announces.

    Raises:
        UserError: It is no array, its data are not as long as announced, or it lies in another order.
    """
    try:
        with archive.open(f"{name}.npy") as file:
            shape, is_fortran, dtype = _read_header(file)
            header = Header(shape, dtype, file.tell())
    except (ValueError, TokenError) as error:  # the header is Python text
        raise UserError(f"{path}: {name} is no array that can be read ({error}). Save it with numpy.savez.") from None
    length = archive.getinfo(f"{name}.npy").file_size
    if dtype.kind in "biuf" and header.n_bytes != length:
        raise UserError(
            f"{path}: {name} announces {header.n_bytes:,} bytes as {shape} and holds {length:,}. Save it again."
        )
    if is_fortran and len(shape) > 1:
        raise UserError(f"{path}: {name} lies in Fortran's order. Save numpy.ascontiguousarray({name}).")
    return header


def _read_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in read:
        raise ValueError(f"version {version} of the format")
    return read[version](file)


def _announced(path: Path, name: str, archive: ZipFile) -> UInt8[np.ndarray, "N H W C"]:
    """An array of one element that looks like the images, which may come without channels if they are grey."""
    header = _header(path, archive, name)
    if header.dtype != np.uint8:
        raise UserError(
            f"{path}: {name} is of type {header.dtype}, and images are stored as uint8, 0 to 255. "
            "Scale and round it: numpy.rint(255 * images).astype(numpy.uint8) for images in [0, 1]."
        )
    shape = (*header.shape, 1) if len(header.shape) == 3 else header.shape
    if len(shape) != 4 or shape[-1] not in (1, 3):
        raise UserError(
            f"{path}: {name} has the shape {header.shape}; images are N x height x width x 1 or 3, or without the last "
            "if they are grey. Move the channels last, and leave out transparency."
        )
    return np.broadcast_to(np.uint8(0), shape)


def _labels(path: Path, name: str, archive: ZipFile) -> Int64[np.ndarray, " N"]:
    header = _header(path, archive, name)
    if header.dtype.kind not in "iu" or len(header.shape) != 1:
        raise UserError(
            f"{path}: {name} is of type {header.dtype} and shape {header.shape}; labels are one integer for each "
            "image. numpy.unique(labels, return_inverse=True)[1] numbers the classes, labels.argmax(axis=1) those of "
            "one-hot rows."
        )
    with archive.open(f"{name}.npy") as file:
        return np.lib.format.read_array(file, allow_pickle=False).astype(np.int64)


def _count_classes(path: Path, labels: AbstractSet[int]) -> int:
    """How many classes the training labels name: those from 0 on, without a gap."""
    known = sorted(labels)
    if len(known) < 2:
        raise UserError(
            f"{path}: there is one class only in train_labels. The network behind FID learns to tell classes apart: "
            "give at least two, or leave out both arrays of labels."
        )
    if known[0] != 0 or known[-1] != len(known) - 1:
        raise UserError(
            f"{path}: train_labels has {len(known)} different values, from {known[0]} to {known[-1]}. Number the "
            f"classes 0 to {len(known) - 1}: numpy.unique(labels, return_inverse=True)[1] does it."
        )
    return len(known)


def _extract(archive: ZipFile, name: str, shape: tuple[int, ...], folder: Path) -> None:
    """Copy the data of an array behind a header with four dimensions."""
    with archive.open(f"{name}.npy") as source, atomic_path(folder / f"{name}.npy") as temporary:
        _read_header(source)
        with temporary.open("wb") as target:
            header = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
            np.lib.format.write_array_header_1_0(target, header)
            shutil.copyfileobj(source, target, 2**20)
