"""The one form in which every data set lies on disk: arrays of which any part can be read, and a manifest."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Integer, Num

from vrrae_bench.artefacts.manifest import OF_BYTES, SPLITS, Manifest, Normalisation
from vrrae_bench.artefacts.records import check_file, read_record, reading, remedy, write_record
from vrrae_bench.datasets.sizes import refuse_size
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import atomic_path, sha256
from vrrae_bench.system.locks import locked

MANIFEST = "manifest.json"


class StoredArray:
    """An array on disk, of which any part can be read.

    The file is mapped only while a part is read, because pages of a mapping count as memory of the process. Single
    images are read one by one without a mapping, because Linux would map up to 2 MiB around each image.

    Raises:
        UserError: The file is missing or unreadable.
    """

    def __init__(self, path: Path):
        self._path = path
        self.shape, self.dtype = self._map().shape, self._map().dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Num[np.ndarray, "..."]:
        """A copy of what numpy's indexing would give."""
        if isinstance(index, np.ndarray) and index.dtype.kind in "iu":
            return self._rows(index)
        return np.array(self._map()[index])

    def _rows(self, index: Integer[np.ndarray, "..."]) -> Num[np.ndarray, "..."]:
        mapped, rows = self._map(), np.empty((index.size, math.prod(self.shape[1:])), self.dtype)
        with self._path.open("rb", buffering=0) as file:
            for row, number in zip(rows, np.arange(len(self))[index.ravel()]):
                file.seek(mapped.offset + int(number) * row.nbytes)
                if file.readinto(row.data) != row.nbytes:
                    raise UserError(f"{self._path}: is cut short. {self._remedy}")
        return rows.reshape(*index.shape, *self.shape[1:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Num[np.ndarray, "..."]:
        """All of it, for numpy's functions."""
        return self[...] if dtype is None else self[...].astype(dtype)

    def _map(self) -> np.memmap:
        try:
            return np.load(self._path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{self._path}: cannot be read ({error}). {self._remedy}") from None

    @property
    def _remedy(self) -> str:
        return remedy(self._path.with_name(MANIFEST))


# Images in memory, or on disk of which a part is read at a time. `_`: where a function takes several
# sets, each may have another number of images.
Images = Num[np.ndarray, "_ H W C"] | Num[StoredArray, "_ H W C"]


class DataSet:
    """A stored data set; opening it costs no memory.

    Raises:
        UserError: The manifest is missing or unreadable.
    """

    def __init__(self, manifest: str | Path):
        self.path = Path(manifest)
        if not self.path.is_file():
            raise UserError(f"{self.path}: there is no data set here. Make it with: snakemake --cores 1 {self.path}")
        record = read_record(self.path)
        with reading(self.path):
            self.manifest = Manifest.model_validate(record)

    def array(self, name: str) -> StoredArray:
        """An array of the images (`train`, `test`), of their labels (`train_labels`, `test_labels`), or of the source.

        Images are N H W C. Labels are N, or N A for attributes.

        Its file is compared with the digest in the manifest, once for each process.

        Raises:
            UserError: There is no such array, or its file cannot be read or is another one.
        """
        file = self._file(name)
        check_file(file, self.manifest.arrays[name], self.path.name, remedy(self.path))
        return StoredArray(file)

    def extent(self, name: str) -> tuple[int, ...]:
        """The shape of one of the arrays, whose content is not read.

        Raises:
            UserError: There is no such array, or its file is missing, cut short or no array.
        """
        return StoredArray(self._file(name)).shape

    def _file(self, name: str) -> Path:
        if name not in self.manifest.arrays:
            raise UserError(
                f"{self.path}: has no array '{name}'; it has {', '.join(self.manifest.arrays)}. Add it to the "
                "data; or, if it is labels, remove the data set's `extractor` from the configuration."
            )
        return self.path.with_name(f"{name}.npy")


def describe(data: DataSet) -> str:
    """How many images are stored, and of which classes: for whoever wants to see whether the data are those meant."""
    manifest = data.manifest
    height, width, channels = manifest.image_shape
    told = (
        f"{data.path.parent}: {manifest.n_train:,} training and {manifest.n_test:,} test images of {width} x {height} "
        f"pixels and {channels} channel(s)"
    )
    if manifest.n_classes is None:
        return f"{told}, without classes"
    train, test = (_images_of_classes(data, split, manifest.n_classes) for split in SPLITS)
    names = manifest.class_names or range(manifest.n_classes)
    # Names of folders may hold any character, line breaks among them.
    shown = (name if str(name).isprintable() else repr(name) for name in names)
    counts = ", ".join(f"{name}: {n_train:,} + {n_test:,}" for name, n_train, n_test in zip(shown, train, test))
    what = "attributes" if manifest.multi_label else "classes"
    told += f"; {manifest.n_classes} {what}, each with its training + test images: {counts}"
    return textwrap.fill(told, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _images_of_classes(data: DataSet, split: str, n_classes: int) -> Integer[np.ndarray, " K"]:
    labels = data.array(f"{split}_labels")[...]
    return labels.sum(axis=0) if data.manifest.multi_label else np.bincount(labels, minlength=n_classes)


def storing(folder: str | Path) -> AbstractContextManager[None]:
    """Hold the folder of a data set for this process alone, while it is stored.

    Raises:
        UserError: Another process is storing there, for instance one that outlived its workflow manager.
    """
    return locked(
        Path(folder) / "lock",
        lambda holder: (
            f"{folder}: {holder} is storing this data set. Wait until it has ended, or end it; then run again: "
            "what it has stored is kept."
        ),
    )


def write_dataset(
    folder: str | Path,
    source: str,
    arrays: Mapping[str, Num[np.ndarray, "..."]],
    *,
    n_classes: int | None = None,
    normalisation: Normalisation = OF_BYTES,
    published_test_images: int | None = None,
) -> None:
    """Write the arrays of a data set, then its manifest.

    Args:
        arrays: At least `train` and `test`, images as N H W C; `train_labels` and `test_labels` if there are classes.
        n_classes: Number of classes of the labels, or none.
        normalisation: What models see.
        published_test_images: How many test images are published, of which there may be only the first here.

    Raises:
        UserError: The arrays do not fit each other.
    """
    check_arrays(source, arrays, n_classes)
    for name, array in arrays.items():
        write_array(folder, name, array)
    write_manifest(
        folder,
        source,
        list(arrays),
        n_classes=n_classes,
        normalisation=normalisation,
        published_test_images=published_test_images,
    )


def write_array(folder: str | Path, name: str, array: Num[np.ndarray, "..."]) -> None:
    """Write one array of a data set, atomically."""
    with atomic_path(Path(folder) / f"{name}.npy") as temporary:
        np.save(temporary, array, allow_pickle=False)


def write_manifest(
    folder: str | Path,
    source: str,
    names: Sequence[str],
    *,
    n_classes: int | None = None,
    multi_label: bool = False,
    class_names: tuple[str, ...] | None = None,
    normalisation: Normalisation = OF_BYTES,
    published_test_images: int | None = None,
    repeated_test_images: int = 0,
) -> None:
    """Describe a data set whose array files lie in `folder` already.

    Args:
        names: Of the arrays: `train`, `test`, `train_labels`, `test_labels`, and those of the source.
        published_test_images: How many test images are published, of which there may be only the first here.
        repeated_test_images: How many test images are training images too.

    Raises:
        UserError: The arrays do not fit each other.
    """
    folder = Path(folder)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}
    check_arrays(source, arrays, n_classes, multi_label)
    manifest = Manifest(
        source=source,
        image_shape=arrays["train"].shape[1:],
        dtype=str(arrays["train"].dtype),
        n_train=len(arrays["train"]),
        n_test=len(arrays["test"]),
        n_classes=n_classes,
        multi_label=multi_label,
        class_names=class_names,
        normalisation=normalisation,
        published_test_images=published_test_images if published_test_images != len(arrays["test"]) else None,
        repeated_test_images=repeated_test_images,
        arrays={name: sha256(folder / f"{name}.npy") for name in names},
    )
    write_record(folder / MANIFEST, manifest.model_dump(mode="json"))


def check_arrays(source: str, arrays: Mapping[str, Any], n_classes: int | None, multi_label: bool = False) -> None:
    """Refuse images and labels that do not belong together.

    Raises:
        UserError: Which array, what is expected, what it is.
    """
    train, test = arrays["train"], arrays["test"]
    if train.ndim != 4 or train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
        raise UserError(
            f"{source}: training images {train.shape} {train.dtype} and test images {test.shape} {test.dtype} "
            "differ in shape or type; both must be N x height x width x channels. Save them alike."
        )
    _, height, width, _ = train.shape
    refuse_size(f"{source}: images are", width, height, "Crop or resize them.")
    if len(train) == 0 or len(test) == 0:
        raise UserError(f"{source}: {len(train)} training and {len(test)} test images; both are needed. Add some.")
    if n_classes is None:
        return
    for split in SPLITS:
        what, labels, n_images = f"{source}, {split} labels", arrays[f"{split}_labels"], len(arrays[split])
        if multi_label:
            _check_labels(what, labels, (n_images, n_classes), 2)
        else:
            _check_labels(what, labels, (n_images,), n_classes)


def _check_labels(what: str, labels: Integer[np.ndarray, "..."], shape: tuple[int, ...], n_values: int) -> None:
    if labels.shape != shape:
        kind = "one label" if len(shape) == 1 else f"a row of {shape[1]} labels"
        raise UserError(f"{what}: {labels.shape} for {shape[0]} images; there must be {kind} per image. Save as many.")
    if labels.min() < 0 or labels.max() >= n_values:
        raise UserError(
            f"{what}: values {labels.min()} to {labels.max()}, outside 0 to {n_values - 1}. Number classes from 0 on."
        )
