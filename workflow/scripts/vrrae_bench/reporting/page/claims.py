"""The claims of the paper by what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrrae_bench.reporting.claims.record import ClaimRecord
from vrrae_bench.reporting.claims.verdicts import AWAITED, Verdict

# A verdict is told by its words and by its sign, never by colour alone.
SIGNS: dict[Verdict, str] = {"reproduced": "✓", "not_reproduced": "✗", "undecided": "○"}
WORDS: dict[Verdict, str] = {"reproduced": "Holds", "not_reproduced": "Does not hold", "undecided": "Open"}


@dataclass(frozen=True)
class Group:
    """Claims with the same verdict, of the open ones those that wait for the same.

    Attributes:
        name: The end of its address within the page.
        shared: What each of them lacks.
    """

    name: str
    title: str
    claims: list[ClaimRecord]
    shared: list[str]

    def lacking(self, claim: ClaimRecord) -> list[str]:
        """What one of them lacks beside what all of them do."""
        return [each.text for each in claim.lacking if each.text not in self.shared]


def groups(claims: Sequence[ClaimRecord]) -> list[Group]:
    """All claims: those that hold, those that do not, and the open ones by what they wait for."""
    chosen = [
        ("reproduced", "These claims hold", [one for one in claims if one.verdict == "reproduced"]),
        ("not_reproduced", "These claims do not hold", [one for one in claims if one.verdict == "not_reproduced"]),
    ]
    undecided = [one for one in claims if one.verdict == "undecided"]
    chosen += [
        (f"open_{awaited}", f"Open: wait for {words}", [one for one in undecided if one.awaited == awaited])
        for awaited, words in AWAITED.items()
    ]
    chosen.append(("open", "Open", [one for one in undecided if one.awaited is None]))
    return [Group(name, title, found, _shared(found)) for name, title, found in chosen if found]


def _shared(claims: Sequence[ClaimRecord]) -> list[str]:
    if len(claims) < 2:
        return []
    first, *others = ([each.text for each in one.lacking] for one in claims)
    return [text for text in first if all(text in texts for texts in others)]
