"""The claims of the paper, grouped by their verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrrae_bench.reporting.claims.record import ClaimRecord
from vrrae_bench.reporting.claims.verdicts import AWAITED, Verdict

WORDS: dict[Verdict, str] = {"reproduced": "Holds", "not_reproduced": "Does not hold", "undecided": "Open"}


@dataclass(frozen=True)
class Group:
    """Claims with the same verdict. Open claims of a group also wait for the same.

    Attributes:
        name: The end of its address within the page.
        shared: What all of these claims lack.
    """

    name: str
    title: str
    claims: list[ClaimRecord]
    shared: list[str]

    def lacking(self, claim: ClaimRecord) -> list[str]:
        """What a claim of the group lacks beside what all of them lack."""
        return [each.text for each in claim.lacking if each.text not in self.shared]


def groups(claims: Sequence[ClaimRecord]) -> list[Group]:
    """All claims in groups: claims that hold, claims that do not, and open claims by what they wait for."""
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
