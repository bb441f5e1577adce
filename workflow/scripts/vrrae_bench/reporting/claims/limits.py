"""Rules that compare the numbers of one variant with a limit."""

from dataclasses import dataclass
from typing import ClassVar

from vrrae_bench.reporting.claims.evidence import Evidence, Variant
from vrrae_bench.reporting.claims.findings import (
    FEWEST_SEEDS,
    Finding,
    Lacking,
    Subject,
    Tested,
    number,
    summary,
    too_few,
    verdict,
)
from vrrae_bench.reporting.claims.statistics import MOST_SEEDS, Sample, lower_bound, seeds_to_decide, upper_bound
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.scoring.metrics import METRICS


@dataclass(frozen=True)
class Below(Tested):
    """The mean over seeds is below a limit."""

    variant: Variant
    metric: str
    on: str
    limit: float
    because: str
    how: ClassVar[str] = (
        f"The rule needs at least {FEWEST_SEEDS} seeds, and computes the 95 % t-interval of the mean over them. In a "
        "claim of several parts, the beginning of the interval is corrected as All describes. The claim holds if the "
        "interval lies below the limit, and does not hold if it lies above the limit. Otherwise the claim is open."
    )

    @property
    def words(self) -> str:
        what = f"{dataset_label(self.on)}, {METRICS[self.metric].label} of {self.variant}"
        return f"{what}: has to be below {number(self.limit)} ({self.because})."

    @property
    def subject(self) -> Subject:
        return Subject(self.on, (self.variant,))

    def decide(self, evidence: Evidence) -> Finding:
        values = evidence.values(self.on, self.variant, self.metric).to_numpy()
        line = f"{METRICS[self.metric].label}: {summary(evidence, self.on, self.variant, self.metric)}"
        lacking = too_few(evidence, self.on, self.variant, self.metric)
        if lacking:
            return Finding("open", (line,), tuple(lacking))
        low, high = lower_bound(values, self.refuting_level), upper_bound(values)
        line += f", interval of the mean [{number(low)}, {number(high)}]"
        outcome = verdict([high < self.limit], [low > self.limit])
        if outcome != "open":
            return Finding(outcome, (line,))
        lacking = Lacking("trainings", f"{self._seeds_to_decide(values)}, if mean and spread stay as they are")
        return Finding(outcome, (line,), (lacking,))

    def _seeds_to_decide(self, values: Sample) -> str:
        if needed := seeds_to_decide(values, lambda low, _: low > self.limit, self.refuting_level):
            return f"about {needed} seeds of {self.variant} to refute it by the {METRICS[self.metric].label}"
        if needed := seeds_to_decide(values, lambda _, high: high < self.limit):
            return f"about {needed} seeds of {self.variant} to confirm it for the {METRICS[self.metric].label}"
        return f"more than {MOST_SEEDS} seeds of {self.variant} for the {METRICS[self.metric].label}"


@dataclass(frozen=True)
class Within:
    """An identity holds in every run, up to rounding."""

    variant: Variant
    metric: str
    on: tuple[str, ...]
    tolerance: float
    because: str
    how: ClassVar[str] = (
        "The rule takes the largest error over all runs with the configured settings, on those of the paper's data "
        "sets that were run. The claim holds if this error is within the tolerance, and does not hold if it exceeds "
        "the tolerance. It is open if there is no run."
    )

    @property
    def words(self) -> str:
        what = f"{METRICS[self.metric].label}, every run of {self.variant}"
        return f"{what}: has to be at most {number(self.tolerance)} ({self.because})."

    @property
    def subject(self) -> None:
        return None

    def decide(self, evidence: Evidence) -> Finding:
        found = {name: evidence.values(name, self.variant, self.metric) for name in self.on}
        found = {name: values for name, values in found.items() if len(values)}
        if not found:
            trained = any(len(evidence.of(name, self.variant)) for name in self.on)
            text = f"the {METRICS[self.metric].label} of any run of {self.variant}"
            return Finding("open", (), (Lacking("measurement" if trained else "data_set", text),))
        lines = [
            f"{dataset_label(name)}: {METRICS[self.metric].label} at most {values.max():.1e} ({len(values)} seeds)"
            for name, values in found.items()
        ]
        largest = max(values.max() for values in found.values())
        return Finding("holds" if largest <= self.tolerance else "does_not_hold", tuple(lines))
