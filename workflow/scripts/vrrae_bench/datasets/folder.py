"""A user's own image files: in a folder per class, or in any folder with a CSV file that lists them."""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from jaxtyping import Int64, UInt8

from vrrae_bench.datasets.conversion import convert_images
from vrrae_bench.datasets.images import open_image, pixels
from vrrae_bench.datasets.own import refuse_few
from vrrae_bench.datasets.settings import FileSettings
from vrrae_bench.datasets.store import write_array, write_manifest
from vrrae_bench.errors import UserError
from vrrae_bench.seeding import generator

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
SPLITS = ("train", "test")


@dataclass(frozen=True)
class LabelledFile:
    """An image file and the name of its class."""

    path: Path
    label: str


def make_folder(folder: Path, settings: FileSettings, *, least: Mapping[str, int], threads: int) -> None:
    """Store a user's image files; a killed run goes on where it stopped.

    Args:
        least: By key of the configuration, how many training images its value asks for.

    Raises:
        UserError: What is wrong with which file or folder, and how to mend it.
    """
    splits = list_images(settings)
    class_names = _class_names(settings.path, splits)
    refuse_few(settings.path, len(splits["train"]), least)
    channels = settings.channels or 3
    size = settings.image_size or _common_size(splits["train"][0].path)

    def read(entry: LabelledFile) -> UInt8[np.ndarray, "S S C"]:
        image = open_image(entry.path, str(entry.path), channels)
        if settings.image_size is None and image.size != (size, size):
            raise UserError(
                f"{entry.path}: is {image.width} x {image.height} pixels, but {splits['train'][0].path} is "
                f"{size} x {size}. Set files.image_size to resize all, or make them one size."
            )
        return pixels(image, settings.image_size)

    origin = {"files": _digest(splits), "image_size": size, "channels": channels, "pillow": PIL.__version__}
    convert_images(folder, splits, read, (size, size, channels), origin=origin, threads=threads)
    for split, entries in splits.items():
        write_array(folder, f"{split}_labels", _numbers(entries, class_names))
    names = [f"{split}{kind}" for split in SPLITS for kind in ("", "_labels")]
    write_manifest(folder, "folder", names, n_classes=len(class_names), class_names=class_names)


def list_images(settings: FileSettings) -> dict[str, list[LabelledFile]]:
    """The image files of `train` and `test`, in an order that depends on their names alone.

    Raises:
        UserError: The folder is not laid out in one of the ways that `docs/own-data.md` shows.
    """
    root = Path(settings.path)
    if not root.is_dir():
        raise UserError(f"{root.absolute()}: there is no such folder. Set files.path to the folder of the images.")
    given: dict[str | None, list[LabelledFile]]
    if settings.labels is not None:
        given = _from_table(root, settings.labels)
    elif all((root / split).is_dir() for split in SPLITS):
        given = {split: _from_class_folders(root / split) for split in SPLITS}
    else:
        given = {None: _from_class_folders(root)}
    if None not in given and settings.test_fraction is not None:
        raise UserError(f"{root}: its images are divided into train and test already. Remove files.test_fraction.")
    if None not in given:
        return given
    if settings.test_fraction is None:
        raise UserError(
            f"{root}: nothing says which images are for testing. Divide them into {root}/train and {root}/test, add a "
            "column `split` to the CSV file if there is one, or set files.test_fraction."
        )
    return _divide(root, given[None], settings.test_fraction, settings.split_seed)


def _from_class_folders(root: Path) -> list[LabelledFile]:
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise UserError(
            f"{root}: has no class folders. Put the images of each class into a folder of its own, {root}/CLASS, or "
            "list them in a CSV file and set files.labels."
        )
    listed = []
    for folder in folders:
        files = sorted(path for path in folder.rglob("[!.]*") if path.suffix.lower() in SUFFIXES and path.is_file())
        if not files:
            raise UserError(f"{folder}: holds no images ({', '.join(SUFFIXES)}). Add some, or remove the folder.")
        listed += [LabelledFile(file, folder.name) for file in files]
    return listed


def _from_table(root: Path, name: str) -> dict[str | None, list[LabelledFile]]:
    """The files of a CSV file by split; under none if it has no such column."""
    table, listed = root / name, {}
    for where, row in _rows(table):
        file = root / row["file"]
        if not file.resolve().is_relative_to(root.resolve()):
            raise UserError(f"{where}: '{row['file']}' leaves the folder {root}. Name files relative to it.")
        if not file.is_file():
            raise UserError(f"{where}: there is no file {file}. Mend the name, or remove the line.")
        if row.get("split", "train") not in SPLITS:
            raise UserError(f"{where}: split '{row['split']}' is neither train nor test. Write one of them.")
        listed.setdefault(row.get("split"), []).append(LabelledFile(file, row["label"]))
    if not listed:
        raise UserError(f"{table}: lists no images. Write a line for each: file,label.")
    return listed if None in listed else {split: listed.get(split, []) for split in SPLITS}


def _rows(table: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The lines of a CSV file: where each stands, and its columns."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = reader.fieldnames or []
            if not {"file", "label"} <= set(columns) or not set(columns) <= {"file", "label", "split"}:
                raise UserError(
                    f"{table}: its first line is '{','.join(columns)}'. Write file,label or file,label,split there."
                )
            for row in reader:
                where = f"{table}: line {reader.line_num}"
                if None in row or not all(row.values()):
                    raise UserError(f"{where}: has not one value for each of {', '.join(columns)}. Complete it.")
                yield where, row
    except OSError as error:
        raise UserError(f"{table}: can not be read ({error.strerror}). Check files.labels.") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{table}: is no CSV file in UTF-8 ({error}). Save it as one.") from None


def _divide(root: Path, entries: Sequence[LabelledFile], fraction: float, seed: int) -> dict[str, list[LabelledFile]]:
    """The same share of each class for testing, drawn by the seed."""
    random = generator(seed, "data")
    by_class: dict[str, list[LabelledFile]] = {}
    for entry in entries:
        by_class.setdefault(entry.label, []).append(entry)
    splits: dict[str, list[LabelledFile]] = {split: [] for split in SPLITS}
    for label, members in by_class.items():
        n_test = max(1, round(fraction * len(members)))
        if n_test == len(members):
            raise UserError(
                f"{root}: class '{label}' has {len(members)} image(s), of which {n_test} would be for testing and none "
                "for training. Add images, or set a smaller files.test_fraction."
            )
        order = random.permutation(len(members))
        for split, chosen in (("test", order[:n_test]), ("train", order[n_test:])):
            splits[split] += [members[index] for index in sorted(chosen)]
    return splits


def _class_names(path: str, splits: Mapping[str, Sequence[LabelledFile]]) -> tuple[str, ...]:
    """All classes, numbers by value before words by letter.

    Raises:
        UserError: There is one class only, or one that is not in both splits.
    """
    train, test = ({entry.label for entry in splits[split]} for split in SPLITS)
    if unmatched := sorted(train ^ test):
        has, lacks = SPLITS if unmatched[0] in train else reversed(SPLITS)
        raise UserError(
            f"{path}: class '{unmatched[0]}' has images in {has} and none in {lacks}. Each class needs some in both."
        )
    if len(train) == 1:
        raise UserError(
            f"{path}: there is one class only, '{train.pop()}'. The network behind FID learns to tell classes apart: "
            "sort the images into at least two."
        )
    return tuple(sorted(train, key=lambda name: (0, int(name), name) if name.isdecimal() else (1, 0, name)))


def _common_size(first: Path) -> int:
    """The side of the first image, which without a resize is that of all."""
    width, height = open_image(first, str(first), channels=3).size
    if width != height:
        raise UserError(
            f"{first}: is {width} x {height} pixels, and the decoder makes square images. Crop all to squares, or set "
            "files.image_size to resize them, which changes their proportions."
        )
    return width


def _numbers(entries: Sequence[LabelledFile], class_names: Sequence[str]) -> Int64[np.ndarray, " N"]:
    number_of = {name: number for number, name in enumerate(class_names)}
    return np.array([number_of[entry.label] for entry in entries], np.int64)


def _digest(splits: Mapping[str, Sequence[LabelledFile]]) -> str:
    """Of all names, sizes and times of change: what tells one state of a folder from another without reading it."""
    states = [(split, str(entry.path), entry.path.stat()) for split in splits for entry in splits[split]]
    lines = [f"{split} {path} {state.st_size} {state.st_mtime_ns}" for split, path, state in states]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
