"""The rule that compares how much variants vary over seeds."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vrrae_bench.reporting.claims.evidence import Evidence, Variant
from vrrae_bench.reporting.claims.findings import Finding, Lacking, Subject, listing, summary, too_few, verdict
from vrrae_bench.reporting.claims.statistics import SIGNIFICANCE, holm_levels, spread_p_value
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.scoring.metrics import METRICS

SEEDS_OF_A_SPREAD = 5  # as many as the paper has


@dataclass(frozen=True)
class SpreadsMore:
    """One variant varies more over its seeds than each other variant does."""

    variant: Variant
    than: tuple[Variant, ...]
    metric: str
    on: str
    how: ClassVar[str] = (
        f"The rule needs at least {SEEDS_OF_A_SPREAD} seeds of each variant. It measures how far each seed lies from "
        "the median of its variant, and compares these distances by exact one-sided Mann-Whitney tests at 2.5 %, one "
        "test for each other variant. The claim holds if the distances are larger than those of every other variant. "
        "It does not hold if they are smaller than those of some other variant; these tests are corrected for their "
        f"number (Holm's procedure), and against three others they need {SEEDS_OF_A_SPREAD + 1} seeds. Otherwise the "
        "claim is open. A single seed of five that lies far from the rest never decides, however far it lies, since "
        "the next five seeds of another variant may have such a seed too. In simulations of variants with equal "
        "spreads, a single test was wrong in 1 to 5 % of cases, depending on the distribution. With three other "
        "variants, the rule refuted the claim wrongly in 1 to 7 % of cases."
    )

    @property
    def words(self) -> str:
        what = f"{dataset_label(self.on)}, {METRICS[self.metric].label}"
        others = f"each of {listing(self.than)}" if len(self.than) > 1 else f"{self.than[0]}"
        return f"{what}: {self.variant} has to vary more over seeds than {others}."

    @property
    def subject(self) -> Subject:
        return Subject(self.on, (self.variant, *self.than))

    def decide(self, evidence: Evidence) -> Finding:
        variants = (self.variant, *self.than)
        lines = [f"{METRICS[self.metric].label}: {summary(evidence, self.on, one, self.metric)}" for one in variants]
        lacking = [text for one in variants for text in too_few(evidence, self.on, one, self.metric, SEEDS_OF_A_SPREAD)]
        if lacking:
            return Finding("open", tuple(lines), tuple(dict.fromkeys(lacking)))
        sample, *others = (evidence.values(self.on, one, self.metric).to_numpy() for one in variants)
        more = np.array([spread_p_value(sample, other) for other in others])
        less = np.array([spread_p_value(other, sample) for other in others])
        outcome = verdict(more <= SIGNIFICANCE, less <= holm_levels(less))
        lines += [f"{self.variant} against {one}: p = {p_value:.2g}" for one, p_value in zip(self.than, more)]
        lacking = Lacking("trainings", "more seeds of each variant (these are too few to estimate how many)")
        return Finding(outcome, tuple(lines), (lacking,) if outcome == "open" else ())
