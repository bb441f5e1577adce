"""The verdicts on claims, and what an open claim waits for, in the words in which people read them everywhere."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["holds", "does_not_hold", "open"]
Awaited = Literal["settings", "data_set", "weights", "measurement", "trainings"]


@dataclass(frozen=True)
class Words:
    """How a verdict is told. Its sign tells it too, so that no reader depends on colour.

    Attributes:
        label: The verdict by itself.
        of_one: What a sentence says about one claim with this verdict.
        of_several: What a sentence says about several such claims.
    """

    sign: str
    label: str
    of_one: str
    of_several: str

    def counted(self, n: int) -> str:
        """A number of claims with this verdict, as a sentence has it.

        >>> VERDICTS["does_not_hold"].counted(1), VERDICTS["open"].counted(61)
        ('1 does not hold', '61 are open')
        """
        return f"{n} {self.of_one if n == 1 else self.of_several}"


VERDICTS: dict[Verdict, Words] = {
    "holds": Words("✓", "holds", "holds", "hold"),
    "does_not_hold": Words("✗", "does not hold", "does not hold", "do not hold"),
    "open": Words("○", "open", "is open", "are open"),
}
# If a claim waits for several things, the first in this order is told: without it, none of the others helps.
AWAITED: dict[Awaited, str] = {
    "settings": "the paper's settings",
    "data_set": "a data set",
    "weights": "ImageNet weights",
    "measurement": "a measurement",
    "trainings": "more seeds or trainings",
}
