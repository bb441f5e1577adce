"""Verdicts as squares, one for each claim, told apart by sign and filling as well as by colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from vrrae_bench.reporting.claims.reported import ReportedClaim
from vrrae_bench.reporting.claims.verdicts import AWAITED, VERDICTS, Verdict
from vrrae_bench.reporting.figures.drawing import BLUE, ORANGE

PER_ROW = 35
SQUARE = 0.19  # inches from one square to the next
BETWEEN = 0.35  # squares between two lines
LETTER = 0.078  # inches of a letter of a line's name, on average
# Filling and edge of a square, and its sign's colour: dark, middle and empty in grey.
COLOURS: dict[Verdict, tuple[str, str, str]] = {
    "holds": (BLUE, BLUE, "white"),
    "does_not_hold": (ORANGE, ORANGE, "white"),
    "open": ("white", "#555555", "#555555"),
}


@dataclass(frozen=True)
class Line:
    """Some claims under a name: a row of squares, or several where they are many."""

    name: str
    verdicts: Sequence[Verdict]

    @property
    def rows(self) -> int:
        """How many rows of squares there are."""
        return -(-len(self.verdicts) // PER_ROW)


def lines_of(claims: Sequence[ReportedClaim], by_what_they_wait_for: bool) -> list[Line]:
    """The claims that hold, that do not, that are open, and that follow by definition, each where there are any.

    Args:
        by_what_they_wait_for: Whether open claims have a line for each thing that they wait for.
    """
    tested = [claim for claim in claims if not claim.by_algebra]
    algebra = [claim.verdict for claim in claims if claim.by_algebra]
    decided = {verdict: [claim.verdict for claim in tested if claim.verdict == verdict] for verdict in VERDICTS}
    lines = [
        Line(words.of_one if len(decided[verdict]) == 1 else words.of_several, decided[verdict])
        for verdict, words in VERDICTS.items()
        if verdict != "open"
    ]
    if by_what_they_wait_for:
        opened = [claim for claim in tested if claim.verdict == "open"]
        label = VERDICTS["open"].label
        wanted = {None: label} | {awaited: f"{label}, for want of {words}" for awaited, words in AWAITED.items()}
        for awaited, words in wanted.items():
            lines.append(Line(words, [claim.verdict for claim in opened if claim.awaited == awaited]))
    else:
        lines.append(Line(VERDICTS["open"].label, decided["open"]))
    lines.append(Line("follow by definition", algebra))
    return [line for line in lines if line.verdicts]


def size(lines: Sequence[Line]) -> tuple[float, float]:
    """Width and height of a strip, in inches."""
    return _before(lines) + SQUARE * PER_ROW, SQUARE * sum(line.rows + BETWEEN for line in lines)


def _before(lines: Sequence[Line]) -> float:
    """Inches of the names, which stand before the squares."""
    return 0.6 + LETTER * max(len(line.name) for line in lines)


def draw_strip(axis: Axes, lines: Sequence[Line]) -> None:
    """Fill an axis, which has the proportions of `size`, with the squares of each line and the number of its claims."""
    top = 0.0
    for line in lines:
        axis.text(-0.8, top + 0.5, f"{len(line.verdicts)}  {line.name}", ha="right", va="center")
        for number, verdict in enumerate(line.verdicts):
            row, column = divmod(number, PER_ROW)
            _square(axis, column, top + row, verdict)
        top += line.rows + BETWEEN
    axis.set(xlim=(-_before(lines) / SQUARE, PER_ROW), ylim=(top, 0), aspect="equal")
    axis.axis("off")


def _square(axis: Axes, left: float, top: float, verdict: Verdict) -> None:
    filling, edge, colour = COLOURS[verdict]
    box = Rectangle((left + 0.06, top + 0.06), 0.88, 0.88, facecolor=filling, edgecolor=edge, linewidth=0.8)
    sign = axis.text(left + 0.5, top + 0.53, VERDICTS[verdict].sign, color=colour, ha="center", va="center", fontsize=8)
    for artist in (axis.add_patch(box), sign):
        artist.set_in_layout(False)  # they lie within the axis, and measuring so many takes seconds
