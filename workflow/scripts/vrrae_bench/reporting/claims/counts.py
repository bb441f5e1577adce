"""Rules about how often an event happens: the number of seeds in which it is counted at least once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
from scipy import stats

from vrrae_bench.reporting.claims.evidence import Evidence, Variant
from vrrae_bench.reporting.claims.findings import (
    FEWEST_SEEDS,
    Finding,
    Lacking,
    Subject,
    listing,
    missing,
    more_seeds,
    number,
    too_few,
    verdict,
)
from vrrae_bench.reporting.claims.statistics import MOST_SEEDS, SIGNIFICANCE, rate_bound
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.sentences import counted
from vrrae_bench.scoring.metrics import METRICS

# The rate of an event that the paper saw in one of its five seeds.
NOTABLE_RATE = 1 / 5
ENOUGH_SEEDS = next(n for n in range(1, MOST_SEEDS) if rate_bound(n) < NOTABLE_RATE)


@dataclass(frozen=True)
class _Event:
    """An event of one variant: a metric that counts it, and is above 0 in the seeds in which it happens.

    Attributes:
        on: The data set.
    """

    variant: Variant
    metric: str
    on: str

    @property
    def subject(self) -> Subject:
        return Subject(self.on, (self.variant,))

    @property
    def _label(self) -> str:
        return f"{dataset_label(self.on)}, {METRICS[self.metric].label} of {self.variant}"


@dataclass(frozen=True)
class Occurs(_Event):
    """The event happens in at least one seed."""

    how: ClassVar[str] = (
        "The claim holds if the event happened in at least one seed. It does not hold if the event happened in none "
        f"of at least {ENOUGH_SEEDS} seeds: its rate is then below one in five with 95 % confidence, while the paper "
        "saw it at least once in five seeds. Otherwise the claim is open."
    )

    @property
    def words(self) -> str:
        return f"{self._label}: has to be above 0 in at least one seed."

    def decide(self, evidence: Evidence) -> Finding:
        counts = evidence.values(self.on, self.variant, self.metric)
        numbers = (_count(self.variant, self.metric, counts),)
        if counts.any():
            return Finding("holds", numbers)
        lacking = too_few(evidence, self.on, self.variant, self.metric, ENOUGH_SEEDS)
        return Finding("open" if lacking else "does_not_hold", numbers, tuple(lacking))


@dataclass(frozen=True)
class WithinLimitsInSomeSeed:
    """There is a seed in which each of several numbers is within its limit."""

    variant: Variant
    limits: tuple[tuple[str, float], ...]
    on: str
    how: ClassVar[str] = (
        "The claim holds if there is a seed in which no number exceeds its limit. It does not hold if there is no "
        f"such seed among at least {ENOUGH_SEEDS} seeds. The rate of such seeds is then below one in five, with 95 % "
        "confidence. Otherwise the claim is open."
    )

    @property
    def words(self) -> str:
        limits = listing(f"{METRICS[metric].label} at most {number(limit)}" for metric, limit in self.limits)
        return f"{dataset_label(self.on)}: in at least one seed, {self.variant} has to have {limits}."

    @property
    def subject(self) -> Subject:
        return Subject(self.on, (self.variant,))

    def decide(self, evidence: Evidence) -> Finding:
        limits = dict(self.limits)
        found = {metric: evidence.values(self.on, self.variant, metric) for metric in limits}
        values = pd.concat(found, axis=1, join="inner")
        within = (values <= pd.Series(limits)).all(axis=1)
        lines = [f"{METRICS[metric].label} by seed: {listing(map(number, values[metric]))}" for metric in limits]
        lines.append(f"{self.variant} is within all limits in {within.sum()} of {len(within)} seeds")
        numbers = tuple(lines) if len(values) else ()
        if within.any():
            return Finding("holds", numbers)
        empty = [metric for metric in limits if found[metric].empty]
        lacking = list(dict.fromkeys(missing(evidence, self.on, self.variant, metric) for metric in empty))
        if not lacking and len(values) < ENOUGH_SEEDS:  # only a seed with all of these numbers counts
            more = more_seeds(ENOUGH_SEEDS - len(values))
            lacking = [Lacking("trainings", f"{more} of {self.variant} on {dataset_label(self.on)}")]
        return Finding("open" if lacking else "does_not_hold", numbers, tuple(lacking))


@dataclass(frozen=True)
class Never(_Event):
    """The event happens in no seed.

    Attributes:
        beside: Variants whose counts are told with the numbers, and decide nothing.
    """

    seeds: int = FEWEST_SEEDS
    beside: tuple[Variant, ...] = ()
    how: ClassVar[str] = (
        "The claim holds if the event happened in no seed, and there are as many seeds as the claim asks for. This "
        "only bounds the rate of the event, and the numbers give the bound (exact, with 95 % confidence, about 3 / "
        "n). The claim does not hold if the event happened in a seed. It is open if there are too few seeds."
    )

    @property
    def words(self) -> str:
        return f"{self._label}: has to be 0 in each of at least {self.seeds} seeds."

    def decide(self, evidence: Evidence) -> Finding:
        counts = evidence.values(self.on, self.variant, self.metric)
        others = ((variant, evidence.values(self.on, variant, self.metric)) for variant in self.beside)
        beside = (
            f"for comparison, without a part in the verdict: {_count(one, self.metric, found)}"
            for one, found in others
            if len(found)
        )
        numbers = (_count(self.variant, self.metric, counts), *beside)
        if counts.any():
            return Finding("does_not_hold", numbers)
        lacking = too_few(evidence, self.on, self.variant, self.metric, self.seeds)
        return Finding("open" if lacking else "holds", numbers, tuple(lacking))


@dataclass(frozen=True)
class Always(_Event):
    """The event happens in every seed."""

    how: ClassVar[str] = (
        f"The claim holds if the event happened in every one of at least {FEWEST_SEEDS} seeds. It does not hold if "
        "there is a seed without the event. It is open if there are too few seeds."
    )

    @property
    def words(self) -> str:
        return f"{self._label}: has to be above 0 in each of at least {FEWEST_SEEDS} seeds."

    def decide(self, evidence: Evidence) -> Finding:
        counts = evidence.values(self.on, self.variant, self.metric)
        numbers = (_count(self.variant, self.metric, counts),)
        if (counts == 0).any():
            return Finding("does_not_hold", numbers)
        lacking = too_few(evidence, self.on, self.variant, self.metric)
        return Finding("open" if lacking else "holds", numbers, tuple(lacking))


@dataclass(frozen=True)
class MoreOften:
    """The event happens in more seeds of one variant than of another."""

    variant: Variant
    than: Variant
    metric: str
    on: str
    how: ClassVar[str] = (
        "Fisher's exact test compares in how many seeds of each variant the event happened, one-sided at 2.5 %. The "
        "claim holds if the test finds the event more often in the variant that the claim names, and it does not hold "
        "if the test finds the event less often. Otherwise the claim is open."
    )

    @property
    def words(self) -> str:
        what = f"{dataset_label(self.on)}, {METRICS[self.metric].label}"
        return f"{what}: has to be above 0 in more seeds of {self.variant} than of {self.than}."

    @property
    def subject(self) -> Subject:
        return Subject(self.on, (self.variant, self.than))

    def decide(self, evidence: Evidence) -> Finding:
        both = (self.variant, self.than)
        counts = [evidence.values(self.on, variant, self.metric) for variant in both]
        numbers = tuple(_count(variant, self.metric, n) for variant, n in zip(both, counts))
        absent = [missing(evidence, self.on, variant, self.metric) for variant, n in zip(both, counts) if n.empty]
        if absent:
            return Finding("open", numbers, tuple(dict.fromkeys(absent)))
        table = [[int((n > 0).sum()), int((n == 0).sum())] for n in counts]
        more, less = (stats.fisher_exact(table, alternative).pvalue for alternative in ("greater", "less"))
        outcome = verdict([more <= SIGNIFICANCE], [less <= SIGNIFICANCE])
        lacking = (Lacking("trainings", _seeds_to_part(table)),) if outcome == "open" else ()
        return Finding(outcome, (*numbers, f"p = {more:.2g}"), lacking)


def _seeds_to_part(table: Sequence[Sequence[int]]) -> str:
    """The number of seeds of each variant until Fisher's test tells them apart, if their rates stay as they are."""
    rates = [with_it / (with_it + without) for with_it, without in table]
    if rates[0] == rates[1]:
        return "seeds in which the two rates differ (no number of seeds can show a difference between equal rates)"
    for n in range(max(map(sum, table)) + 1, MOST_SEEDS + 1):
        scaled = [[round(rate * n), n - round(rate * n)] for rate in rates]
        if min(stats.fisher_exact(scaled, side).pvalue for side in ("greater", "less")) <= SIGNIFICANCE:
            return f"about {n} seeds of each, if the rates stay as they are"
    return f"more than {MOST_SEEDS} seeds of each, if the rates stay as they are"


def _count(variant: Variant, metric: str, counts: pd.Series) -> str:
    n, times = len(counts), int((counts > 0).sum())
    if n == 0:
        return f"{METRICS[metric].label}: {variant} –"
    text = f"{METRICS[metric].label}: {variant} in {times} of {counted(n, 'seed')}"
    if times:
        return f"{text} (by seed: {listing(map(number, counts))})"
    return f"{text}, so the rate is below {100 * rate_bound(n):.0f} % with 95 % confidence"
