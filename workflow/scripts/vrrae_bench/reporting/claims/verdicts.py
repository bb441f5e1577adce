"""The verdicts, and the kinds of things that an undecided claim may wait for."""

from typing import Literal

Verdict = Literal["reproduced", "not_reproduced", "undecided"]
Awaited = Literal["settings", "data_set", "weights", "measurement", "trainings"]

VERDICTS: dict[Verdict, str] = {
    "reproduced": "reproduced",
    "not_reproduced": "not reproduced",
    "undecided": "undecided",
}
# A verdict is told by its words and by its sign, never by colour alone.
SIGNS: dict[Verdict, str] = {"reproduced": "✓", "not_reproduced": "✗", "undecided": "○"}
# If a claim waits for several things, the first in this order is told: without it, none of the others helps.
AWAITED: dict[Awaited, str] = {
    "settings": "the paper's settings",
    "data_set": "a data set",
    "weights": "ImageNet weights",
    "measurement": "a measurement",
    "trainings": "more seeds or trainings",
}
