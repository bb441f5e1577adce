"""A user's own image files: in a folder per class, or in any folder with a CSV file that lists them."""

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import PIL
from jaxtyping import Int64, UInt8

from vrrae_bench.artefacts.manifest import LABEL_ARRAYS, SPLITS
from vrrae_bench.datasets.conversion import convert_images
from vrrae_bench.datasets.image_files import LabelledFile, refuse_broken
from vrrae_bench.datasets.image_folders import class_folders, files_below, is_divided, links_below
from vrrae_bench.datasets.image_table import listed_in
from vrrae_bench.datasets.images import is_square, open_image, pixels
from vrrae_bench.datasets.own import (
    count_repeats,
    in_order,
    names_of_splits,
    one_sided_classes,
    refuse_alike,
    refuse_dark,
    refuse_few,
    refuse_splits_as_classes,
)
from vrrae_bench.datasets.problems import Problems
from vrrae_bench.datasets.settings import FileSettings
from vrrae_bench.datasets.sizes import refuse_size
from vrrae_bench.datasets.store import write_array, write_manifest
from vrrae_bench.system.errors import UserError, warn
from vrrae_bench.system.seeding import generator

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


def make_folder(folder: Path, settings: FileSettings, *, least: Mapping[str, int], threads: int) -> None:
    """Store a user's image files. A killed run goes on where it stopped.

    Args:
        least: By key of the configuration, how many training images its value asks for.

    Raises:
        UserError: A file or folder is refused. The message says which, why, and what to do.
    """
    splits = list_images(settings)
    class_names = _class_names(settings.path, splits)
    refuse_few(settings.path, len(splits["train"]), least)
    _tell_what_is_passed_over(settings, splits)
    channels = settings.channels or 3
    size = settings.image_size or _common_size(splits["train"])

    def read(entry: LabelledFile) -> UInt8[np.ndarray, "S S C"]:
        image = open_image(entry.path, str(entry.path), channels)
        if settings.image_size is None and image.size != (size, size):
            raise UserError(
                f"{entry.path}: is {image.width} x {image.height} pixels, but others are {size} x {size}. "
                "Set files.image_size to resize all, or make them one size."
            )
        return pixels(image, settings.image_size)

    # `size` belongs to the shape of the array. Whether images were resized to it matters too.
    resized = {"image_size": settings.image_size, "channels": channels, "pillow": PIL.__version__}
    origin = {"files": _digest(splits)} | resized
    check = (lambda images: None) if settings.dark else partial(refuse_dark, settings.path)
    convert_images(folder, splits, read, (size, size, channels), origin=origin, threads=threads, check=check)
    if settings.image_size:
        _warn_of_squeezed(settings.path, splits)
    for split, entries in splits.items():
        write_array(folder, f"{split}_labels", _numbers(entries, class_names))
    n_repeated = count_repeats(settings.path, *(np.load(folder / f"{split}.npy", mmap_mode="r") for split in SPLITS))
    told = {"n_classes": len(class_names), "class_names": class_names, "repeated_test_images": n_repeated}
    write_manifest(folder, "folder", [*SPLITS, *LABEL_ARRAYS], **told)


def list_images(settings: FileSettings) -> dict[str, list[LabelledFile]]:
    """The image files of `train` and `test`. Files in folders are ordered by name, and files in a CSV file by row.

    Raises:
        UserError: The folder is not laid out in one of the ways that `docs/own-data.md` shows.
    """
    root = Path(settings.path)
    try:
        given = _as_laid_out(root, settings.labels)
    except OSError as error:
        raise UserError(
            f"{error.filename}: cannot be read ({error.strerror}). Correct its permissions, or those of its folder."
        ) from None
    if isinstance(given, dict):
        if settings.test_fraction is not None:
            raise UserError(f"{root}: its images are divided into train and test already. Remove files.test_fraction.")
        return given
    if settings.test_fraction is None:
        raise UserError(
            f"{root}: nothing says which images are for testing. Divide them into {root}/train and {root}/test, add a "
            "column `split` to the CSV file if there is one, or set files.test_fraction."
        )
    return _divide(root, given, settings.test_fraction, settings.split_seed)


def _as_laid_out(root: Path, table: str | None) -> dict[str, list[LabelledFile]] | list[LabelledFile]:
    """All image files by split; in one list if neither folders nor the CSV file say which are for testing."""
    if not root.is_dir():
        raise UserError(f"{root.absolute()}: there is no such folder. Set files.path to the folder of the images.")
    if table is not None:
        return listed_in(root, table)
    if is_divided(root):
        return {split: _from_class_folders(root / split) for split in SPLITS}
    if named := names_of_splits(folder.name for folder in class_folders(root)):
        raise UserError(
            f"{root}: {', '.join(named)} would be taken for classes. Divide the images into {root}/train and "
            f"{root}/test, spelt like this, with a folder per class in each; rename a class that is really called so."
        )
    return _from_class_folders(root)


def _from_class_folders(root: Path) -> list[LabelledFile]:
    folders = class_folders(root)
    if not folders:
        raise UserError(
            f"{root}: has no class folders. Put the images of each class into a folder of its own, {root}/CLASS, or "
            "list them in a CSV file and set files.labels."
        )
    problems, listed = Problems(), []
    for path in sorted(root.iterdir()):
        if path.is_symlink() and not path.name.startswith("."):
            with problems.kept():
                refuse_broken(path)
    for folder in folders:
        files = sorted(path for path in files_below(folder, _raise) if path.suffix.lower() in SUFFIXES)
        for path in files:
            with problems.kept():
                refuse_broken(path)
        for link in links_below(folder):
            problems.add(
                f"{link}: is a link to a folder. Such a link is followed only in place of a class folder. Put the "
                "folder itself there, or remove the link."
            )
        places = {part for file in files for part in file.relative_to(folder).parts[:-1]}
        if named := names_of_splits(places):
            problems.add(
                f"{folder}: holds folders called {', '.join(named)}, whose images would be mixed. Divide the images "
                "first into train and test and then into classes; or rename these folders, if they are no such parts."
            )
        if not files:
            problems.add(f"{folder}: holds no images ({', '.join(SUFFIXES)}). Add some, or remove the folder.")
        # The manifest can hold no name that is not in UTF-8.
        label = os.fsencode(folder.name).decode(errors="backslashreplace")
        listed += [LabelledFile(file, label) for file in files]
    problems.refuse()
    return listed


def _raise(error: OSError) -> None:
    raise error


def _tell_what_is_passed_over(settings: FileSettings, splits: Mapping[str, Sequence[LabelledFile]]) -> None:
    """Say how many files below the folder are not among the images, in case images are missed."""
    root = Path(settings.path)
    known = {entry.path for entries in splits.values() for entry in entries}
    if settings.labels is not None:
        known.add(root / settings.labels)
    others = Counter(path.suffix or "without suffix" for path in files_below(root) if path not in known)
    if others:
        kinds = ", ".join(f"{number} {suffix}" for suffix, number in others.most_common(5))
        print(f"{root}: passed over {others.total()} other file(s) ({kinds})", file=sys.stderr)


def _warn_of_squeezed(path: str, splits: Mapping[str, Sequence[LabelledFile]]) -> None:
    """Warn of images whose proportions have changed, because they were resized to squares.

    The sizes are read from the files again, because a killed run that goes on does not open all images.
    """
    files = (entry.path for entries in splits.values() for entry in entries)
    if squeezed := [file for file in files if not is_square(file)]:
        warn(
            f"{path}: {len(squeezed):,} image(s), such as {min(squeezed)}, are not square, and files.image_size has "
            "squeezed them into squares. Crop them if their proportions matter."
        )


def _divide(root: Path, entries: Sequence[LabelledFile], fraction: float, seed: int) -> dict[str, list[LabelledFile]]:
    """Set the same share of each class aside for testing, drawn by the seed."""
    random = generator(seed, "data")
    by_class: dict[str, list[LabelledFile]] = {}
    for entry in entries:
        by_class.setdefault(entry.label, []).append(entry)
    splits: dict[str, list[LabelledFile]] = {split: [] for split in SPLITS}
    problems = Problems()
    for label, members in by_class.items():
        n_test = max(1, round(fraction * len(members)))
        if n_test == len(members):
            problems.add(
                f"{root}: class '{label}' has {len(members)} image(s), of which {n_test} would be for testing and none "
                "for training. Add images, or set a smaller files.test_fraction."
            )
        order = random.permutation(len(members))
        for split, chosen in (("test", order[:n_test]), ("train", order[n_test:])):
            splits[split] += [members[index] for index in sorted(chosen)]
    problems.refuse()
    return splits


def _class_names(path: str, splits: Mapping[str, Sequence[LabelledFile]]) -> tuple[str, ...]:
    """All classes, in the order of their numbers.

    Raises:
        UserError: There is only one class, or a class is not in both splits, or all classes have names of splits.
    """
    train, test = ({entry.label for entry in splits[split]} for split in SPLITS)
    refuse_alike(path, train | test)
    problems = Problems()
    for problem in one_sided_classes(path, train, test):
        problems.add(problem)
    problems.refuse()
    refuse_splits_as_classes(path, train)
    if len(train) == 1:
        raise UserError(
            f"{path}: there is one class only, '{train.pop()}'. The network behind FID learns to tell classes apart: "
            "sort the images into at least two."
        )
    return in_order(train)


def _common_size(entries: Sequence[LabelledFile]) -> int:
    """The side of the first image that can be read. Without a resize, all images must have this side."""
    path, (width, height) = _first_size(entries)
    remedy = "Set files.image_size to resize all, which makes them square whatever their proportions; or crop them."
    refuse_size(f"{path}: is", width, height, remedy)
    return width


def _first_size(entries: Sequence[LabelledFile]) -> tuple[Path, tuple[int, int]]:
    """The first image that can be read, and its width and height.

    Raises:
        UserError: None can be read; what is wrong with each, or with the first ten.
    """
    problems = Problems()
    for entry in entries:
        with problems.kept():
            return entry.path, open_image(entry.path, str(entry.path), channels=3).size
    raise problems.told()


def _numbers(entries: Sequence[LabelledFile], class_names: Sequence[str]) -> Int64[np.ndarray, " N"]:
    number_of = {name: number for number, name in enumerate(class_names)}
    return np.array([number_of[entry.label] for entry in entries], np.int64)


def _digest(splits: Mapping[str, Sequence[LabelledFile]]) -> str:
    """The digest of all names, sizes and times of change, which tells states of a folder apart without reading."""
    states = [(split, str(entry.path), entry.path.stat()) for split in splits for entry in splits[split]]
    lines = [f"{split} {path} {state.st_size} {state.st_mtime_ns}" for split, path, state in states]
    return hashlib.sha256(os.fsencode("\n".join(lines))).hexdigest()
