"""Rules about one variant by itself, about spreads, trends and times."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import stats

from vrrae_bench.reporting.claims.evidence import Evidence, Variant
from vrrae_bench.reporting.claims.findings import (
    FEWEST_SEEDS,
    Finding,
    Lacking,
    Rule,
    Tested,
    listing,
    missing,
    more_seeds,
    number,
    percent,
    summary,
    too_few,
    verdict,
)
from vrrae_bench.reporting.claims.statistics import (
    MOST_SEEDS,
    SIGNIFICANCE,
    Sample,
    holm_levels,
    lower_bound,
    median_interval,
    seeds_to_decide,
    spread_p_value,
    trend_p_value,
    upper_bound,
)
from vrrae_bench.reporting.claims.verdicts import Verdict
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.paper import paper_value

SEEDS_OF_A_SPREAD = 5  # as many as the paper has


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

    def decide(self, evidence: Evidence) -> Finding:
        found = {name: evidence.values(name, self.variant, self.metric) for name in self.on}
        found = {name: values for name, values in found.items() if len(values)}
        if not found:
            return Finding("open", (), (Lacking("data_set", f"{self.metric} of any run of {self.variant}"),))
        lines = [
            f"{dataset_label(name)}: {METRICS[self.metric].label} at most {values.max():.1e} ({len(values)} seeds)"
            for name, values in found.items()
        ]
        largest = max(values.max() for values in found.values())
        return Finding("holds" if largest <= self.tolerance else "does_not_hold", tuple(lines))


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
        "the next five seeds of another variant may have such a seed too. In simulations of equal spreads, a test was "
        "wrong in 1 to 5 % of cases, depending on the distribution, and a refutation by one of three others in 1 to "
        "7 %."
    )

    @property
    def words(self) -> str:
        what = f"{dataset_label(self.on)}, {METRICS[self.metric].label}"
        others = f"each of {listing(self.than)}" if len(self.than) > 1 else f"{self.than[0]}"
        return f"{what}: {self.variant} has to vary more over seeds than {others}."

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


@dataclass(frozen=True)
class FallsWithBeta:
    """A number of a method falls as its beta grows."""

    method: str
    metric: str
    on: str
    direction: ClassVar[str] = "fall"
    how: ClassVar[str] = (
        f"The rule needs at least 3 betas, and {FEWEST_SEEDS} seeds that all of them have. It uses Page's trend test, "
        "one-sided at 2.5 %, in which only the order of the numbers within each seed counts. The claim holds if the "
        "numbers fall as beta grows, does not hold if they rise, and is open if the test finds no trend. The numbers "
        "give Kendall's tau, averaged over seeds: it is -1 where every step falls."
    )

    @property
    def words(self) -> str:
        what = f"{dataset_label(self.on)}, {METRICS[self.metric].label} of {Variant(self.method)}"
        return f"{what}: has to {self.direction} as beta grows, over all betas that were trained."

    def decide(self, evidence: Evidence) -> Finding:
        variants = [Variant(self.method, beta) for beta in evidence.betas(self.on, self.method)]
        found = {one: evidence.values(self.on, one, self.metric) for one in variants}
        found = {one: values for one, values in found.items() if len(values)}
        if not found:
            return Finding("open", (), (missing(evidence, self.on, Variant(self.method), self.metric),))
        lines = [f"{METRICS[self.metric].label}: {summary(evidence, self.on, one, self.metric)}" for one in found]
        table = pd.concat(found.values(), axis=1, join="inner").to_numpy()
        n_seeds, n_betas = table.shape
        lacking = [f"{3 - n_betas} more beta{'s' * (n_betas == 1)} of {Variant(self.method)}"] if n_betas < 3 else []
        if n_seeds < FEWEST_SEEDS:
            lacking.append(f"{more_seeds(FEWEST_SEEDS - n_seeds)} (the rule needs {FEWEST_SEEDS} that all betas have)")
        if lacking:
            return Finding("open", tuple(lines), tuple(Lacking("trainings", text) for text in lacking))
        falls, rises = trend_p_value(table), trend_p_value(table[:, ::-1])
        tau = np.mean([stats.kendalltau(np.arange(n_betas), row).statistic for row in table])
        lines.append(f"Kendall's tau {tau:.2f}, p = {falls:.2g}, {n_seeds} common seeds".replace("-", "−"))
        outcome = self.judge(falls <= SIGNIFICANCE, rises <= SIGNIFICANCE)
        more = (Lacking("trainings", "more seeds, or betas further apart"),) if outcome == "open" else ()
        return Finding(outcome, tuple(lines), more)

    def judge(self, falls: bool, rises: bool) -> Verdict:
        return verdict([falls], [rises])


@dataclass(frozen=True)
class RisesWithBeta(FallsWithBeta):
    """A number of a method rises as its beta grows."""

    direction: ClassVar[str] = "rise"
    how: ClassVar[str] = (
        "The test is the same as for FallsWithBeta. The claim holds if the numbers rise as beta grows, does not hold "
        "if they fall, and is open if the test finds no trend."
    )

    def judge(self, falls: bool, rises: bool) -> Verdict:
        return verdict([rises], [falls])


@dataclass(frozen=True)
class OverheadBelow:
    """A training step of VRRAE takes longer than a step of VAE by less than a given share."""

    limit: float
    on: str
    how: ClassVar[str] = (
        "Steps of the two methods are timed in turn. Each pair of turns gives the ratio of the two times, minus 1. "
        "The rule computes the median over pairs and its 95 % interval by order statistics, which takes the pairs as "
        "independent. The claim holds if the interval lies below the limit, and does not hold if it lies above the "
        "limit. Otherwise the claim is open. The caption of Table A.4-1 says how busy other work kept the machine "
        "meanwhile; no verdict takes this into account."
    )

    @property
    def words(self) -> str:
        return (
            f"{dataset_label(self.on)}: the overhead of a training step of VRRAE, compared with a step of VAE, has to "
            f"be below {percent(self.limit)}."
        )

    def decide(self, evidence: Evidence) -> Finding:
        vae, vrrae = (paper_value("table_a4_1", self.on, name, "", "step_seconds")[0] for name in ("vae", "vrrae"))
        assert vae is not None and vrrae is not None  # the paper prints both
        paper = f"paper: VAE {vae} s, VRRAE {vrrae} s, {percent(vrrae / vae - 1)}"
        timings = evidence.timings[evidence.timings.dataset == self.on]
        if timings.empty:
            return Finding("open", (paper,), (Lacking("measurement", f"timings of steps on {dataset_label(self.on)}"),))
        overhead = (timings.vrrae / timings.vae - 1).to_numpy(float)
        low, high = median_interval(overhead)
        seconds = f"VAE {timings.vae.median():.3g} s, VRRAE {timings.vrrae.median():.3g} s"
        interval = f"{percent(np.median(overhead))}, interval [{percent(low)}, {percent(high)}]"
        line = f"{seconds} (medians of {len(timings)}), overhead {interval}"
        outcome = verdict([high < self.limit], [low > self.limit])
        more = Lacking("measurement", "more pairs of timed steps: raise experiment.timing.turns")
        return Finding(outcome, (line, paper), (more,) if outcome == "open" else ())


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

    def decide(self, evidence: Evidence) -> Finding:
        return Finding("open", (), tuple(Lacking("measurement", text) for text in self.lacking))


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

    def decide(self, evidence: Evidence) -> Finding:
        level = SIGNIFICANCE / max(1, sum(isinstance(rule, Tested) for rule in self.rules))
        rules = [replace(rule, refuting_level=level) if isinstance(rule, Tested) else rule for rule in self.rules]
        parts = [rule.decide(evidence) for rule in rules]
        outcome = verdict(
            [part.verdict == "holds" for part in parts], [part.verdict == "does_not_hold" for part in parts]
        )
        lacking = [text for part in parts for text in part.lacking] if outcome == "open" else []
        return Finding(outcome, tuple(line for part in parts for line in part.numbers), tuple(dict.fromkeys(lacking)))


def subject_of(rule: Rule) -> tuple[str, tuple[Variant, ...]]:
    """The data set that a rule is about, if it is a single one, and the variants whose numbers decide it.

    There are no variants if the rule is about several data sets, or about all betas of a method.
    """
    if isinstance(rule, All):
        subjects = [subject_of(part) for part in rule.rules]
        if len({dataset for dataset, _ in subjects}) > 1:
            return "", ()
        return subjects[0][0], tuple(dict.fromkeys(variant for _, variants in subjects for variant in variants))
    dataset = getattr(rule, "on", None)
    if not isinstance(dataset, str):
        return "", ()
    asked = (getattr(rule, name, ()) for name in ("variant", "first", "than"))
    each = (one if isinstance(one, tuple) else (one,) for one in asked)
    return dataset, tuple(dict.fromkeys(variant for several in each for variant in several))


def kinds_of(rule: Rule) -> list[type]:
    """The kind of a rule and the kinds of its parts, each of them once."""
    parts = rule.rules if isinstance(rule, All) else ()
    return list(dict.fromkeys([type(rule), *(kind for part in parts for kind in kinds_of(part))]))
