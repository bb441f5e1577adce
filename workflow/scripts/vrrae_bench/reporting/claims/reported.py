"""claims.json: what was decided of each claim, as data. The CSV file, the page and the report are written from it."""

from pathlib import Path

from pydantic import Field

from vrrae_bench.artefacts.records import FILES, read_record, remedy
from vrrae_bench.artefacts.specification import Specification
from vrrae_bench.reporting.claims.verdicts import AWAITED, Awaited, Verdict
from vrrae_bench.system.errors import UserError


class ReportedLacking(Specification):
    """Something that an open claim waits for."""

    awaited: Awaited
    text: str


class FindingByScore(Specification):
    """What the rule of a claim finds by another score than the paper's."""

    score: str
    verdict: Verdict
    numbers: tuple[str, ...]


class FindingByLearningRate(Specification):
    """What the rule of a claim finds from runs with another learning rate than the configured one."""

    learning_rate: float
    verdict: Verdict
    numbers: tuple[str, ...]


class ReportedClaim(Specification):
    """A claim, its verdict and what the verdict rests on."""

    id: str
    section: str = Field(description="Where the paper makes the claim")
    statement: str
    by_algebra: bool = Field(description="Whether the claim is an identity, which holds by construction")
    rules: tuple[str, ...] = Field(description="The kinds of its rules, whose words stand in ReportedClaims.rules")
    words: str = Field(description="What its rule compares")
    verdict: Verdict
    numbers: tuple[str, ...]
    lacking: tuple[ReportedLacking, ...] = Field(description="What an open claim waits for")
    by_extractor: dict[int, Verdict] = Field(
        description="What the rule finds in the features of each extractor, by the extractor's seed"
    )
    by_score: tuple[FindingByScore, ...] = Field(
        description="What the rule finds by firmer scores, which decide nothing"
    )
    by_learning_rate: tuple[FindingByLearningRate, ...] = Field(
        default=(), description="What the rule finds from runs with another learning rate, which decide nothing"
    )
    remark: str

    @property
    def awaited(self) -> Awaited | None:
        """What the claim waits for before all else; none if it is decided."""
        kinds = {one.awaited for one in self.lacking}
        return next((kind for kind in AWAITED if kind in kinds), None)

    @property
    def agreed(self) -> Verdict | None:
        """The verdict that the features of every extractor give, if they are several and agree on one; else none."""
        verdicts = set(self.by_extractor.values())
        return verdicts.pop() if len(self.by_extractor) > 1 and len(verdicts) == 1 else None


class ReportedContradiction(Specification):
    """Numbers or sentences of the paper that cannot all be right."""

    what: str
    explanation: str
    readings: tuple[dict[str, str], ...] = Field(description="Where, what, printed, here")


class ReportedClaims(Specification):
    """All that claims.json holds."""

    settings: str | None = Field(
        default=None, description="The configuration that was decided by: the digest of settings.json"
    )
    summary: tuple[str, ...] = Field(description="What came out, in five lines")
    claims: tuple[ReportedClaim, ...]
    rules: dict[str, str] = Field(description="How each kind of rule decides")
    conditions: tuple[dict[str, str], ...] = Field(description="What the FIDs depend on, ours and then the paper's")
    other_networks: tuple[str, ...] = Field(
        description="Data sets whose FIDs are by another kind of network than the paper's"
    )
    contradictions: tuple[ReportedContradiction, ...]


def read_claims(path: Path) -> ReportedClaims:
    """What claims.json holds.

    Raises:
        UserError: The file is missing, is no such file, or was changed.
    """
    record = read_record(path)
    record.pop(FILES, None)
    try:
        return ReportedClaims.model_validate(record)
    except ValueError as error:
        raise UserError(f"{path}: is no file of decided claims ({error}). {remedy(path)}") from None
