"""The three files of CelebA: which images are for training and testing, what each shows, and the images themselves."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import PIL
from jaxtyping import UInt8

from vrrae_bench.artefacts.manifest import LABEL_ARRAYS, SPLITS
from vrrae_bench.datasets.archives import open_zip
from vrrae_bench.datasets.conversion import convert_images
from vrrae_bench.datasets.download import fetch
from vrrae_bench.datasets.images import open_image, pixels
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources.celeba import PUBLISHED, Release
from vrrae_bench.datasets.store import write_array, write_manifest
from vrrae_bench.system.errors import UserError

FOLDER = "img_align_celeba"
LARGEST_FILE = 2**20  # bytes; an image has about 7000
SPLIT_NUMBERS = {"train": 0, "test": 2}  # 1 is for validation, which the paper does not use


def store_release(folder: Path, request: Request, release: Release = PUBLISHED) -> None:
    """Fetch and store CelebA. A killed run goes on where it stopped.

    Raises:
        UserError: A file cannot be had, or is not the published file.
    """
    archive, attributes, partition = fetch(
        release.files, "celeba", request.downloads, mirror=request.mirror, offline=request.offline
    )
    splits = read_partition(partition, release)
    splits["test"] = splits["test"][: request.test_images]
    class_names, labels = read_attributes(attributes, release)
    _refuse_missing(attributes, splits, labels)
    size = release.image_size
    with open_zip(archive, LARGEST_FILE) as opened:
        _refuse_missing(archive, splits, {name.removeprefix(f"{FOLDER}/") for name in opened.namelist()})
        convert_images(
            folder,
            splits,
            lambda name: _read_image(opened, name, release),
            (size, size, 3),
            origin={"archive": release.images.checksum, "image_size": size, "pillow": PIL.__version__},
            threads=request.threads,
        )
    for split, names in splits.items():
        write_array(folder, f"{split}_labels", np.stack([labels[name] for name in names]))
    write_manifest(
        folder,
        "celeba",
        [*SPLITS, *LABEL_ARRAYS],
        n_classes=release.n_attributes,
        multi_label=True,
        class_names=class_names,
        published_test_images=release.n_images[SPLIT_NUMBERS["test"]],
    )


def read_partition(path: Path, release: Release = PUBLISHED) -> dict[str, list[str]]:
    """Names of the images of `train` and `test`, in the order of the file.

    Raises:
        UserError: A line is no `name number`, or a split has another number of images than the published one.
    """
    parts: tuple[list[str], ...] = ([], [], [])
    for where, words in _lines(path):
        if len(words) != 2 or words[1] not in ("0", "1", "2"):
            raise UserError(f"{where}: is not the name of an image and 0, 1 or 2, but: {' '.join(words)[:80]}")
        parts[int(words[1])].append(words[0])
    found = tuple(map(len, parts))
    if found != release.n_images:
        raise UserError(
            f"{path}: has {found} images for training, validation and test, expected {release.n_images}. Replace it."
        )
    return {split: parts[number] for split, number in SPLIT_NUMBERS.items()}


def read_attributes(
    path: Path, release: Release = PUBLISHED
) -> tuple[tuple[str, ...], dict[str, UInt8[np.ndarray, " A"]]]:
    """Names of the attributes, and for each image which of them it has, as 0 and 1.

    Raises:
        UserError: The header differs from the published file's, or a line is not a name with -1 or 1 for each
            attribute.
    """
    lines = _lines(path)
    count, names = (words for _, words in (next(lines, ("", [])), next(lines, ("", []))))
    expected = [str(sum(release.n_images))]
    if count != expected or len(names) != release.n_attributes:
        raise UserError(
            f"{path}: begins with {' '.join(count)[:80]!r} and {len(names)} names, "
            f"expected {expected[0]!r} images and {release.n_attributes} attributes. Replace it."
        )
    labels = {}
    for where, (name, *values) in lines:
        if len(values) != release.n_attributes or not set(values) <= {"-1", "1"}:
            raise UserError(f"{where}: is not the name of an image and {release.n_attributes} times -1 or 1")
        labels[name] = np.array([value == "1" for value in values], np.uint8)
    if len(labels) != sum(release.n_images):
        raise UserError(f"{path}: describes {len(labels):,} images, expected {expected[0]}. Replace it.")
    return tuple(names), labels


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each line that is not empty, as its place in the file and its words."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if words := line.split():
                yield f"{path}: line {number}", words


def _refuse_missing(path: Path, splits: Mapping[str, Sequence[str]], found: Collection[str]) -> None:
    wanted = [name for names in splits.values() for name in names]
    if missing := [name for name in wanted if name not in found]:
        raise UserError(
            f"{path}: lacks {len(missing):,} of {len(wanted):,} images, the first is {missing[0]}. Replace it."
        )


def _read_image(archive: ZipFile, name: str, release: Release) -> UInt8[np.ndarray, "S S 3"]:
    image = open_image(BytesIO(archive.read(f"{FOLDER}/{name}")), f"{archive.filename}: {name}", channels=3)
    if image.size != release.original_size:
        width, height = release.original_size
        raise UserError(
            f"{archive.filename}: {name} is {image.width} x {image.height} pixels, and not {width} x {height}. "
            "Replace the archive."
        )
    return pixels(image, release.image_size)
