"""A user's own arrays in an .npz file: train, test and, if there are classes, train_labels and test_labels.

Each member is an array file by itself: its header is read first, and images go from the archive to the disk without
ever being in memory as a whole. Nothing is unpickled.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from jaxtyping import Int64, Shaped, UInt8

from vrrae_bench.artefacts.manifest import LABEL_ARRAYS, SPLITS
from vrrae_bench.datasets.archives import open_zip
from vrrae_bench.datasets.own import (
    count_repeats,
    in_order,
    one_sided_classes,
    refuse_alike,
    refuse_dark,
    refuse_few,
    refuse_splits_as_classes,
)
from vrrae_bench.datasets.problems import Problems
from vrrae_bench.datasets.settings import FileSettings
from vrrae_bench.datasets.sizes import SMALLEST_SIDE
from vrrae_bench.datasets.store import check_arrays, write_array, write_manifest
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import atomic_path

LARGEST_ARRAY = 2**36  # bytes: 64 GiB, five times as many as CelebA has
# How images become bytes, by the range of their values. Resized images may lie a little outside of it.
TO_BYTES = {
    "values in [0, 1]": "numpy.rint(255 * numpy.clip(images, 0, 1))",
    "values in [-1, 1]": "numpy.rint(127.5 * (numpy.clip(images, -1, 1) + 1))",
    "values in [0, 255]": "numpy.rint(numpy.clip(images, 0, 255))",
}
PORTION = 2**20  # bytes that are read at once
CHECKED = "biufSU"  # kinds of types whose arrays are as long as their header announces: booleans, numbers, text
LONGEST_NAME = 255  # characters; as many as the name of a folder may have bytes


@dataclass(frozen=True)
class Header:
    """The header of an array file, which announces its data."""

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
        UserError: An array is refused. The message says which, why, and what to do.
    """
    path = Path(settings.path)
    with open_zip(path, LARGEST_ARRAY) as archive:
        names = _names(path, archive, labelled)
        arrays, classes = _look_through(path, archive, names)
        n_classes = None if classes is None else len(classes)
        check_arrays(str(path), arrays, n_classes)
        refuse_few(settings.path, len(arrays["train"]), least)
        if not settings.dark:
            refuse_dark(settings.path, {name: _pixels(archive, name) for name in SPLITS})
        for name in SPLITS:
            _extract(archive, name, arrays[name].shape, folder)
    n_repeated = count_repeats(settings.path, *(np.load(folder / f"{name}.npy", mmap_mode="r") for name in SPLITS))
    for name in LABEL_ARRAYS:
        if name in arrays:
            write_array(folder, name, arrays[name])
    class_names = classes if classes and isinstance(classes[0], str) else None
    told = {"n_classes": n_classes, "class_names": class_names, "repeated_test_images": n_repeated}
    write_manifest(folder, "npz", names, **told)


def _look_through(
    path: Path, archive: ZipFile, names: Sequence[str]
) -> tuple[dict[str, np.ndarray], tuple[Any, ...] | None]:
    """Arrays that look like the images; and the numbers and names of the classes, or none without labels.

    Raises:
        UserError: Headers or labels are wrong. The message has all problems.
    """
    problems = Problems()
    headers: dict[str, Header] = {}
    arrays: dict[str, np.ndarray] = {}
    classes = None
    for name in names:
        with problems.kept():
            headers[name] = _header(path, archive, name)
    for name in headers:
        with problems.kept():
            if name in SPLITS:
                arrays[name] = _announced(path, name, headers[name])
            elif (images := headers.get(name.removesuffix("_labels"))) and _bounds_labels(images):
                arrays[name] = _labels(path, name, headers[name], images.shape[0], archive)
    if set(LABEL_ARRAYS) <= set(arrays):
        with problems.kept():
            classes = _classes(path, {name: arrays[name] for name in LABEL_ARRAYS}, problems)
    problems.refuse()
    if classes is not None:
        arrays |= {name: _numbers(arrays[name], classes) for name in LABEL_ARRAYS}
    return arrays, classes


def _names(path: Path, archive: ZipFile, labelled: bool) -> list[str]:
    found = {name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")}
    if found not in ({*SPLITS}, {*SPLITS, *LABEL_ARRAYS}):
        raise UserError(
            f"{path}: has the arrays {', '.join(sorted(found)) or 'none'}; needed are train and test, for classes "
            "both train_labels and test_labels, and no other. Save it with numpy.savez under these names."
        )
    if labelled and not found.issuperset(LABEL_ARRAYS):
        raise UserError(
            f"{path}: has no labels, which the network behind FID learns from. Add train_labels and test_labels, or "
            "write `extractor: null` in the configuration of the data set."
        )
    return [name for name in (*SPLITS, *LABEL_ARRAYS) if name in found]


def _header(path: Path, archive: ZipFile, name: str) -> Header:
    """What an array announces.

    Raises:
        UserError: It is no array, its data are not as long as announced, or they lie in another order.
    """
    try:
        with archive.open(f"{name}.npy") as file:
            shape, is_fortran, dtype = _read_header(file)
            header = Header(shape, dtype, file.tell())
    except (ValueError, TokenError) as error:  # the header is Python text
        raise UserError(f"{path}: {name} is no array that can be read ({error}). Save it with numpy.savez.") from None
    length = archive.getinfo(f"{name}.npy").file_size
    if min(shape, default=0) < 0 or dtype.kind in CHECKED and header.n_bytes != length:
        raise UserError(
            f"{path}: {name} should have {header.n_bytes:,} bytes by its shape {shape}, but has {length:,}. Save it "
            "again."
        )
    if is_fortran and len(shape) > 1:
        raise UserError(f"{path}: {name} is stored in Fortran order. Save numpy.ascontiguousarray({name}).")
    return header


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in read:
        raise ValueError(f"version {version} of the format")
    return read[version](file)


def _announced(path: Path, name: str, header: Header) -> UInt8[np.ndarray, "N H W C"]:
    """An array of one element that looks like the images, which may come without channels if they are grey."""
    if header.dtype != np.uint8:
        remedies = ", ".join(f"{how}.astype(numpy.uint8) for {what}" for what, how in TO_BYTES.items())
        raise UserError(
            f"{path}: {name} is of type {header.dtype}, and images are stored as uint8, 0 to 255. Save {remedies}."
        )
    shape = (*header.shape, 1) if len(header.shape) == 3 else header.shape
    if len(shape) != 4 or shape[-1] not in (1, 3):
        raise UserError(
            f"{path}: {name} has the shape {header.shape}; images are N x height x width x 1 or 3, or without the last "
            "if they are grey. Move the channels last, and leave out transparency."
        )
    return np.broadcast_to(np.uint8(0), shape)


def _bounds_labels(images: Header) -> bool:
    """Whether an array is as long as its number of images asks for at least.

    If so, as many labels take no more memory than befits the archive. If not, the images are refused anyway.
    """
    is_checked = images.dtype.kind in CHECKED and len(images.shape) > 0
    return is_checked and images.n_bytes >= images.shape[0] * SMALLEST_SIDE**2


def _labels(path: Path, name: str, header: Header, n_images: int, archive: ZipFile) -> Shaped[np.ndarray, " N"]:
    """Labels as they are saved, integers or text. Nothing is read unless there is a label for each image."""
    is_text, is_column = header.dtype.kind in "SU", len(header.shape) == 2 and header.shape[1] == 1
    if not (is_text or header.dtype.kind in "iu") or not (is_column or len(header.shape) == 1):
        raise UserError(
            f"{path}: {name} is of type {header.dtype} and shape {header.shape}; labels are one integer or one text "
            "for each image. numpy.asarray(labels, str) makes text of names, labels.astype(int) integers of whole "
            "numbers, labels.argmax(axis=1) those of one-hot rows."
        )
    if header.shape[0] != n_images:
        raise UserError(
            f"{path}: {name} has {header.shape[0]:,} labels for {n_images:,} images; there must be one label per "
            "image. Save as many."
        )
    if is_text and header.dtype.itemsize > LONGEST_NAME * np.dtype(f"{header.dtype.kind}1").itemsize:
        raise UserError(
            f"{path}: {name} is of type {header.dtype}; names of classes have up to {LONGEST_NAME} characters. "
            "Shorten them."
        )
    with archive.open(f"{name}.npy") as file:
        labels = np.lib.format.read_array(file, allow_pickle=False).reshape(-1)
    if is_text:
        try:
            labels = _as_text(labels)
        except ValueError as error:
            raise UserError(f"{path}: {name} is no text in UTF-8 ({error}). Save the labels as text again.") from None
        if n_empty := np.sum(labels == ""):
            raise UserError(
                f"{path}: {name} has {n_empty} labels without any text. Name their class, or leave out these images."
            )
    return labels


def _as_text(labels: Shaped[np.ndarray, " N"]) -> Shaped[np.ndarray, " N"]:
    """Labels that are bytes or text, as text.

    Raises:
        UnicodeError: Bytes are not UTF-8; or text has halves of surrogate pairs, which no file in UTF-8 can hold.
    """
    if labels.dtype.kind == "U":
        np.strings.encode(labels, "utf-8")  # fails at surrogates
        return labels
    return np.strings.decode(labels, "utf-8")


def _classes(path: Path, labels: Mapping[str, Shaped[np.ndarray, " _"]], problems: Problems) -> tuple[Any, ...]:
    """What the labels say of a class, in the order of the classes' numbers, which are those of both splits.

    Raises:
        UserError: There is one class only, integers leave a gap, all are called as splits are, or one split has text
            and the other integers.
    """
    kinds = {name: "text" if array.dtype.kind == "U" else "integers" for name, array in labels.items()}
    if len(set(kinds.values())) > 1:
        told = " and ".join(f"{name} is {kind}" for name, kind in kinds.items())
        raise UserError(f"{path}: {told}. Save the same labels in both.")
    train, test = (set(np.unique(labels[name]).tolist()) for name in LABEL_ARRAYS)
    for problem in one_sided_classes(str(path), train, test):
        problems.add(problem)
    if len(train) < 2:
        raise UserError(
            f"{path}: there is one class only in train_labels. The network behind FID learns to tell classes apart: "
            "give at least two, or leave out both arrays of labels."
        )
    if "text" in kinds.values():
        refuse_alike(str(path), train)
        refuse_splits_as_classes(str(path), train)
        return in_order(train)
    known = tuple(sorted(train))
    if known != tuple(range(len(known))):
        raise UserError(
            f"{path}: train_labels has {len(known)} different values, from {known[0]} to {known[-1]}. Number the "
            f"classes 0 to {len(known) - 1}, alike in both splits; or save labels.astype(str) in both, which makes the "
            "values names of classes."
        )
    return known


def _numbers(labels: Shaped[np.ndarray, " N"], classes: Sequence[Any]) -> Int64[np.ndarray, " N"]:
    """The number of each label's class."""
    number_of = {name: number for number, name in enumerate(classes)}
    values, indices = np.unique(labels, return_inverse=True)
    return np.array([number_of[value] for value in values.tolist()], np.int64)[indices]


def _pixels(archive: ZipFile, name: str) -> Iterator[UInt8[np.ndarray, " P"]]:
    """All values of an array of bytes, read in portions."""
    with archive.open(f"{name}.npy") as file:
        _read_header(file)
        while portion := file.read(PORTION):
            yield np.frombuffer(portion, np.uint8)


def _extract(archive: ZipFile, name: str, shape: tuple[int, ...], folder: Path) -> None:
    """Copy the data of an array behind a header with four dimensions."""
    with archive.open(f"{name}.npy") as source, atomic_path(folder / f"{name}.npy") as temporary:
        _read_header(source)
        with temporary.open("wb") as target:
            header = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
            np.lib.format.write_array_header_1_0(target, header)
            shutil.copyfileobj(source, target, PORTION)
