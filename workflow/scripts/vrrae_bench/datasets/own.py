"""What a user's images and arrays have to be, whichever way they come."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from vrrae_bench.errors import UserError


def refuse_few(path: str, n_train: int, least: Mapping[str, int]) -> None:
    """Refuse fewer training images than the configuration asks for.

    Args:
        least: By key of the configuration, how many its value asks for.

    Raises:
        UserError: How many there are, and which keys ask for more.
    """
    too_large = [f"{key}: {number}" for key, number in least.items() if number > n_train]
    if too_large:
        raise UserError(
            f"{path}: {n_train} training images are too few for {', '.join(too_large)}. "
            f"Set at most {n_train} there, or add images."
        )


def one_sided_classes(path: str, train: AbstractSet, test: AbstractSet) -> Iterator[str]:
    """What to tell of each class that has images in one split only."""
    for name in sorted(train ^ test):
        has, lacks = ("train", "test") if name in train else ("test", "train")
        yield f"{path}: class {name!r} has images in {has} and none in {lacks}. Each class needs some in both."


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """The names of classes in the order of their numbers: numbers by value before words by letter."""
    return tuple(sorted(names, key=lambda name: (0, int(name), name) if name.isdecimal() else (1, 0, name)))
