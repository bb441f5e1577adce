"""Requirements that a user's images have to meet, as files or as arrays."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

import numpy as np
from jaxtyping import UInt8

from vrrae_bench.datasets.settings import LARGEST_OF_DARK
from vrrae_bench.system.errors import UserError, warn

Pixels = UInt8[np.ndarray, "_ H W C"]

# Names of the parts of a data set, and words that are added to them, as in train, Testing, val2017 and Test Images.
PARTS = {
    "train": ("train", "training", "trn"),
    "test": ("test", "testing", "tests", "tst", "eval", "evaluation"),
    "validation": ("val", "valid", "validation", "validate", "dev", "development", "holdout", "heldout"),
}
ADDED = "sets?|data|images?|imgs?|pictures|photos|samples|files|split|part|x|y"
PART_OF = {word: part for part, words in PARTS.items() for word in words}
WORD_OF_PART = "|".join(sorted(PART_OF, key=len, reverse=True))


def refuse_few(path: str, n_train: int, least: Mapping[str, int]) -> None:
    """Refuse fewer training images than the configuration asks for.

    Args:
        least: By key of the configuration, how many its value asks for.

    Raises:
        UserError: There are too few. The message says how many there are, and which keys ask for more.
    """
    too_large = [f"{key}: {number}" for key, number in least.items() if number > n_train]
    if too_large:
        raise UserError(
            f"{path}: {n_train} training images are too few for {', '.join(too_large)}. "
            f"Set at most {n_train} there, or add images."
        )


def refuse_dark(path: str, splits: Mapping[str, Iterable[UInt8[np.ndarray, "..."]]]) -> None:
    """Refuse training or test images without a bright pixel, because they are probably not scaled to bytes.

    Args:
        splits: The pixels of each split in portions of any size. They are read up to the first bright pixel.

    Raises:
        UserError: A split has no bright pixel. The message says its largest value, and what to do.
    """
    dark: dict[str, int] = {}
    for split, portions in splits.items():
        largest = 0
        for portion in portions:
            largest = max(largest, int(portion.max(initial=0)))
            if largest > LARGEST_OF_DARK:
                break
        else:
            dark[split] = largest
    if dark:
        told = ", ".join(f"{largest} in {split}" for split, largest in dark.items())
        raise UserError(
            f"{path}: the largest value of all images is {told}; bytes reach 255, and models would see nearly black "
            "images. Scale training and test images to 0 to 255 alike (255 * images for 0 and 1), or set "
            "files.dark: true in the configuration if they are meant as they are."
        )


def count_repeats(path: str, train: Pixels, test: Pixels) -> int:
    """The number of test images that are also training images, pixel by pixel.

    If there are any, a warning says so, because errors on them say nothing about new images.

    Args:
        train: The stored training images. They are read in portions, so they may be mapped from the disk.
        test: The stored test images.
    """
    known = set(_digests(train))
    if n_repeated := sum(digest in known for digest in _digests(test)):
        warn(
            f"{path}: {n_repeated:,} of {len(test):,} test images are training images too, pixel by pixel. So test "
            "errors are smaller than errors of new images. Leave these images out of one of the two parts."
        )
    return n_repeated


def _digests(images: Pixels) -> Iterator[bytes]:
    return (hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images)


def one_sided_classes(path: str, train: AbstractSet, test: AbstractSet) -> Iterator[str]:
    """A sentence for each class that has images in only one split."""
    for name in sorted(train ^ test):
        has, lacks = ("train", "test") if name in train else ("test", "train")
        yield f"{path}: class {name!r} has images in {has} and none in {lacks}. Each class needs some in both."


def refuse_alike(path: str, names: Iterable[str]) -> None:
    """Refuse names of classes that look the same, as `robin` and ` robin` in a CSV file with spaces behind its commas.

    Raises:
        UserError: Some names differ only in spaces, or in how Unicode encodes the same letters.
    """
    looks: dict[str, list[str]] = {}
    for name in sorted(names):
        looks.setdefault(" ".join(unicodedata.normalize("NFC", name).split()), []).append(name)
    alike = [" and ".join(map(ascii, found)) for found in looks.values() if len(found) > 1]
    if alike:
        raise UserError(
            f"{path}: the classes {', '.join(alike)} look the same and would be different classes. Write the name of a "
            "class in the same way for all its images."
        )


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """The names of classes in the order of their numbers: numbers by value before words by letter."""
    return tuple(sorted(names, key=lambda name: (0, int(name), name) if name.isdecimal() else (1, 0, name)))


def names_of_splits(names: Iterable[str]) -> list[str]:
    """The names that seem to stand for parts of a data set, and not for classes.

    Such a name is `train` or the like; or several names differ only in such a word, as mnist_train and mnist_test do.
    """
    names = sorted(names)
    parts_with_rest: dict[str, set[str | None]] = {}
    for name in names:
        rest, part = _rest_and_part(name)
        parts_with_rest.setdefault(rest, set()).add(part)

    def is_split(name: str) -> bool:
        letters = re.sub(r"[^a-z]", "", name.lower())
        is_nothing_else = re.fullmatch(f"(?:{ADDED})*(?:{WORD_OF_PART})(?:{ADDED})*", letters)
        rest, part = _rest_and_part(name)
        return bool(is_nothing_else or (part and len(parts_with_rest[rest] - {None}) > 1))

    return [name for name in names if is_split(name)]


def _rest_and_part(name: str) -> tuple[str, str | None]:
    """A name without its word for a part of a data set, and that part; or the whole name, and none."""
    # The words of BirdsTrain are told apart before the letters are made small.
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    found = re.search(f"(?<![a-z])(?:{WORD_OF_PART})(?![a-z])", name)
    return (name[: found.start()] + name[found.end() :], PART_OF[found[0]]) if found else (name, None)


def refuse_splits_as_classes(path: str, names: Collection[str]) -> None:
    """Refuse classes all of which are called as parts of a data set are.

    Raises:
        UserError: How they are called.
    """
    if len(names_of_splits(names)) == len(names):
        raise UserError(
            f"{path}: its classes are called {', '.join(sorted(names))}, as the parts of a data set are. Give each "
            "image the name of its class, and divide training from test images as docs/own-data.md says."
        )
