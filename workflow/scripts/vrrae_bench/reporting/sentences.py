"""Numbers and lists as an English sentence has them."""

from collections.abc import Iterable

NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(n: int) -> str:
    """A number in words, up to twelve.

    >>> in_words(2), in_words(13)
    ('two', '13')
    """
    return NUMBERS[n] if n < len(NUMBERS) else str(n)


def counted(n: int, noun: str) -> str:
    """A number of things, in digits.

    >>> counted(1, "seed"), counted(2, "seed")
    ('1 seed', '2 seeds')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def enumerated(items: Iterable[object], before_and: str = "") -> str:
    """Things, one after the other; an empty text if there are none.

    Args:
        before_and: What stands before the last `and` of three things or more: a comma, if things have several words.

    >>> enumerated([]), enumerated(["MNIST"]), enumerated(["MNIST", "CIFAR-10"])
    ('', 'MNIST', 'MNIST and CIFAR-10')
    >>> enumerated([1, 2, 3]), enumerated(["lowest error", "best FID", "fewer collapses"], before_and=",")
    ('1, 2 and 3', 'lowest error, best FID, and fewer collapses')
    """
    *first, last = list(map(str, items)) or [""]
    return f"{', '.join(first)}{before_and if len(first) > 1 else ''} and {last}" if first else last
