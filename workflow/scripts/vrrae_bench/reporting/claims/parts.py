"""Several rules as the parts of one claim."""

from dataclasses import dataclass, replace
from typing import ClassVar

from vrrae_bench.reporting.claims.evidence import Evidence
from vrrae_bench.reporting.claims.findings import Finding, Rule, Subject, Tested, verdict
from vrrae_bench.reporting.claims.statistics import SIGNIFICANCE


@dataclass(frozen=True)
class All:
    """Several rules in one claim."""

    rules: tuple[Rule, ...]
    how: ClassVar[str] = (
        "The claim has several parts. It holds if every part holds, and it does not hold if some part does not hold. "
        "Since one such part is enough to refute the claim, the tests against a part have a level of 2.5 % divided by "
        "the number of parts that are tests (Bonferroni). Otherwise the claim is open."
    )

    @property
    def words(self) -> str:
        return " ".join(rule.words for rule in self.rules)

    @property
    def subject(self) -> Subject | None:
        subjects = [rule.subject for rule in self.rules]
        known = [subject for subject in subjects if subject is not None]
        if len(known) < len(subjects) or len({subject.dataset for subject in known}) != 1:
            return None
        variants = dict.fromkeys(variant for subject in known for variant in subject.variants)
        return Subject(known[0].dataset, tuple(variants))

    def decide(self, evidence: Evidence) -> Finding:
        level = SIGNIFICANCE / max(1, sum(isinstance(rule, Tested) for rule in self.rules))
        rules = [replace(rule, refuting_level=level) if isinstance(rule, Tested) else rule for rule in self.rules]
        parts = [rule.decide(evidence) for rule in rules]
        outcome = verdict(
            [part.verdict == "holds" for part in parts], [part.verdict == "does_not_hold" for part in parts]
        )
        lacking = [text for part in parts for text in part.lacking] if outcome == "open" else []
        return Finding(outcome, tuple(line for part in parts for line in part.numbers), tuple(dict.fromkeys(lacking)))


def kinds_of(rule: Rule) -> list[type]:
    """The kind of a rule and the kinds of its parts, each of them once."""
    parts = rule.rules if isinstance(rule, All) else ()
    return list(dict.fromkeys([type(rule), *(kind for part in parts for kind in kinds_of(part))]))


def datasets_of(rule: Rule) -> list[str]:
    """The data sets that a rule and its parts are about, each of them once."""
    parts = rule.rules if isinstance(rule, All) else ()
    on = getattr(rule, "on", ())  # a rule about something that is not measured has none
    return list(
        dict.fromkeys([*([on] if isinstance(on, str) else on), *(name for part in parts for name in datasets_of(part))])
    )
