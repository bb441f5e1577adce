"""The rule of claims that nothing here decides."""

from dataclasses import dataclass
from typing import ClassVar

from vrrae_bench.reporting.claims.evidence import Evidence
from vrrae_bench.reporting.claims.findings import Finding, Lacking


@dataclass(frozen=True)
class Unmeasured:
    """A claim about something that is not measured here."""

    lacking: tuple[str, ...]
    how: ClassVar[str] = (
        "Nothing that this benchmark measures decides the claim. It stays open, and the numbers say what a decision "
        "would take."
    )

    @property
    def words(self) -> str:
        return "This is not measured."

    @property
    def subject(self) -> None:
        return None

    def decide(self, evidence: Evidence) -> Finding:
        return Finding("open", (), tuple(Lacking("measurement", text) for text in self.lacking))
