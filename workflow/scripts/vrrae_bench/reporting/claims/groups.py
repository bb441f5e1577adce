"""The claims in groups, as pages list them: by their verdicts, and open claims by what they wait for."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrrae_bench.reporting.claims.reported import ReportedClaim
from vrrae_bench.reporting.claims.verdicts import AWAITED, VERDICTS


@dataclass(frozen=True)
class Group:
    """Claims with the same verdict. Open claims of a group also wait for the same kind of thing before all else.

    Attributes:
        name: The end of its address within a page.
        shared: What all of these claims lack, if they are several.
    """

    name: str
    title: str
    claims: Sequence[ReportedClaim]
    shared: Sequence[str]

    @property
    def size(self) -> str:
        """How many claims these are. Claims that follow from the definition of the method are counted apart."""
        by_definition = sum(one.by_algebra for one in self.claims)
        size = str(len(self.claims) - by_definition)
        if not by_definition:
            return size
        return f"{size}, and {by_definition} that follow{'s' * (by_definition == 1)} from the definition"

    def lacking(self, claim: ReportedClaim) -> list[str]:
        """What a claim of the group lacks beside what all of them lack."""
        return [each.text for each in claim.lacking if each.text not in self.shared]


def groups(claims: Sequence[ReportedClaim]) -> list[Group]:
    """All claims in groups: claims that hold, claims that do not, and open claims by what they wait for."""
    chosen = [
        (verdict, f"Claims that {VERDICTS[verdict].of_several}", [one for one in claims if one.verdict == verdict])
        for verdict in VERDICTS
        if verdict != "open"
    ]
    still_open = [one for one in claims if one.verdict == "open"]
    chosen += [
        (f"open_{awaited}", f"Open claims that wait for {words}", [one for one in still_open if one.awaited == awaited])
        for awaited, words in AWAITED.items()
    ]
    chosen.append(("open", "Open claims", [one for one in still_open if one.awaited is None]))
    return [Group(name, title, found, _shared(found)) for name, title, found in chosen if found]


def _shared(claims: Sequence[ReportedClaim]) -> list[str]:
    """What each of several claims lacks."""
    if len(claims) < 2:
        return []
    first, *others = ([each.text for each in one.lacking] for one in claims)
    return [text for text in first if all(text in texts for texts in others)]
