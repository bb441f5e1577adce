"""Rules about numbers that fall or rise as beta grows."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from scipy import stats

from vrrae_bench.reporting.claims.evidence import Evidence, Variant
from vrrae_bench.reporting.claims.findings import FEWEST_SEEDS, Finding, Lacking, missing, summary, verdict
from vrrae_bench.reporting.claims.statistics import SIGNIFICANCE, trend_p_value
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.sentences import counted
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.paper import paper_betas


@dataclass(frozen=True)
class _TrendWithBeta:
    """A number of a method falls or rises as its beta grows."""

    method: str
    metric: str
    on: str
    direction: ClassVar[Literal["fall", "rise"]]

    @property
    def words(self) -> str:
        what = f"{dataset_label(self.on)}, {METRICS[self.metric].label} of {Variant(self.method)}"
        return f"{what}: has to {self.direction} as beta grows, over the betas of Table A.3-2 that were trained."

    @property
    def subject(self) -> None:
        return None

    def decide(self, evidence: Evidence) -> Finding:
        of_paper = paper_betas("table_a3_2", self.on, self.method)
        variants = [Variant(self.method, beta) for beta in evidence.betas(self.on, self.method) if beta in of_paper]
        found = {one: evidence.values(self.on, one, self.metric) for one in variants}
        found = {one: values for one, values in found.items() if len(values)}
        if not found:
            return Finding("open", (), (missing(evidence, self.on, Variant(self.method), self.metric),))
        lines = [f"{METRICS[self.metric].label}: {summary(evidence, self.on, one, self.metric)}" for one in found]
        table = pd.concat(found.values(), axis=1, join="inner").to_numpy()
        n_seeds, n_betas = table.shape
        lacking = [f"{counted(3 - n_betas, 'more beta')} of {Variant(self.method)}"] if n_betas < 3 else []
        if n_seeds < FEWEST_SEEDS:
            lacking.append(f"{counted(FEWEST_SEEDS, 'common seed')} of all betas instead of {n_seeds}")
        if lacking:
            return Finding("open", tuple(lines), tuple(Lacking("trainings", text) for text in lacking))
        falls, rises = trend_p_value(table), trend_p_value(table[:, ::-1])
        tau = np.mean([stats.kendalltau(np.arange(n_betas), row).statistic for row in table])
        lines.append(f"Kendall's tau {tau:.2f}, p = {falls:.2g}, {n_seeds} common seeds".replace("-", "−"))
        as_claimed, against = (falls, rises) if self.direction == "fall" else (rises, falls)
        outcome = verdict([as_claimed <= SIGNIFICANCE], [against <= SIGNIFICANCE])
        more = (Lacking("trainings", "more seeds, or betas further apart"),) if outcome == "open" else ()
        return Finding(outcome, tuple(lines), more)


@dataclass(frozen=True)
class FallsWithBeta(_TrendWithBeta):
    """A number of a method falls as its beta grows."""

    direction = "fall"
    how: ClassVar[str] = (
        f"The rule needs at least 3 betas, and {FEWEST_SEEDS} seeds that all of them have. It uses Page's trend test, "
        "one-sided at 2.5 %, in which only the order of the numbers within each seed counts. The claim holds if the "
        "numbers fall as beta grows, does not hold if they rise, and is open if the test finds no trend. The numbers "
        "give Kendall's tau, averaged over seeds: it is -1 where every step falls."
    )


@dataclass(frozen=True)
class RisesWithBeta(_TrendWithBeta):
    """A number of a method rises as its beta grows."""

    direction = "rise"
    how: ClassVar[str] = (
        "The test is the same as for FallsWithBeta. The claim holds if the numbers rise as beta grows, does not hold "
        "if they fall, and is open if the test finds no trend."
    )
