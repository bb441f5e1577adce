"""Rules that compare variants with each other, seed by seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd

from vrrae_bench.reporting.claims.evidence import Evidence, Variant
from vrrae_bench.reporting.claims.findings import (
    FEWEST_SEEDS,
    Finding,
    Lacking,
    Subject,
    Tested,
    listing,
    missing,
    number,
    percent,
    printed_value,
    summary,
    verdict,
)
from vrrae_bench.reporting.claims.statistics import (
    MOST_SEEDS,
    Sample,
    corrected_bounds,
    lower_bound,
    seeds_to_decide,
    upper_bound,
)
from vrrae_bench.reporting.claims.verdicts import VERDICTS, Verdict
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.sentences import counted
from vrrae_bench.scoring.metrics import METRICS

# Two means that differ by less than this share count as equal. The smallest advantage in Table 2 that the paper
# mentions is 4 % (CIFAR-10, FID of VRRAE's random images against VAE's).
SHARE = 0.01

# Our scores of random images on firmer ground than the paper's FID of 1250 images (`scoring.fidelity`).
FIRMER = ("fid_random_all_draws", "fid_random_infinity", "kid_random")

Bounds = Sequence[float]


@dataclass(frozen=True)
class _Pair:
    """Two variants under one metric: their differences seed by seed, or why there are none.

    Attributes:
        printed: The difference between the numbers that the paper prints for the two variants.
    """

    metric: str
    first: Variant
    second: Variant
    differences: Sample
    margin: float
    printed: float | None
    missing: tuple[Lacking, ...]

    @property
    def sample(self) -> Sample:
        """The differences; an empty sample if they are too few to decide."""
        return self.differences if len(self.differences) >= FEWEST_SEEDS else np.empty(0)

    def line(self, low: float, high: float) -> str:
        """The difference with its interval, and the end of the interval that decides, if it is a corrected one."""
        n = len(self.differences)
        text = f"{self.first} minus {self.second}: {number(self.differences.mean())}"
        if len(self.sample):
            begin, end = lower_bound(self.sample), upper_bound(self.sample)
            text += f", 95 % interval [{number(begin)}, {number(end)}]"
            if low != begin:
                text += f" (corrected, it begins at {number(low)})"
            if high != end:
                text += f" (corrected, it ends at {number(high)})"
            text += f", margin {number(self.margin)}"
        paper = "" if self.printed is None else f"; paper {number(self.printed)}"
        return f"{text} ({counted(n, 'common seed')}{paper})"


@dataclass(frozen=True)
class PairedDifferences(Tested):
    """Each of the first variants against each of the others, under each metric, on one data set.

    Attributes:
        tables: The tables in which the paper prints the numbers.
        share: The margin, as a share of the mean of the other variant.
        needs_contrast: Whether a number that is the same for both variants, with all seeds that both have, decides
            nothing.
    """

    needs_contrast: ClassVar[bool] = False
    first: tuple[Variant, ...]
    than: tuple[Variant, ...]
    metrics: tuple[str, ...]
    on: str
    tables: tuple[str, ...] = ()
    share: float = SHARE

    @property
    def subject(self) -> Subject:
        return Subject(self.on, (*self.first, *self.than))

    def bounds(self, samples: Sequence[Sample], margins: Bounds) -> tuple[Bounds, Bounds]:
        """Lower and upper bounds of the mean differences.

        Bounds by which comparisons hold are not corrected for their number, since all comparisons have to hold: if a
        claim is wrong in one of them, the chance that it passes all tests is at most that of one test (Berger 1982).
        """
        raise NotImplementedError

    def refuting_bounds(self, samples: Sequence[Sample], margins: Bounds) -> tuple[Bounds, Bounds] | None:
        """Bounds by which comparisons fail, if they differ from `bounds`, which serve otherwise.

        They are corrected for the number of comparisons, since a single failing comparison refutes a claim. A kind of
        rule whose comparisons fail by one end of the interval alone needs no second interval: `bounds` corrects this
        end, as the lower end in `Lower`.
        """
        return None

    def holds(self, low: float, high: float, margin: float) -> bool:
        """Whether an interval of the mean difference is as the claim has it."""
        raise NotImplementedError

    def fails(self, low: float, high: float, margin: float) -> bool:
        """Whether an interval of the mean difference speaks against the claim. If it does, `holds` is false."""
        raise NotImplementedError

    def margin_of(self, others: pd.Series) -> float:
        """The margin in units of the metric.

        Args:
            others: The numbers of the other variant, for the seeds that both have.
        """
        return self.share * abs(others.mean())

    def decide(self, evidence: Evidence) -> Finding:
        """The verdict. FIDs of another kind than the paper's do not decide it, and are only told with the numbers.

        The findings in the features of each extractor stand beside the verdict. An extractor that finds nothing is left
        out, because its FIDs are void, or because it has not scored all of the runs.
        """
        finding, network = self.find(evidence), evidence.lacking_network(self.on)
        without_features = tuple(metric for metric in self.metrics if not METRICS[metric].of_features)
        if without_features == self.metrics:
            return finding
        first, further = evidence.extractor_seed(self.on), evidence.by_further_extractors(self.on)
        found = {
            seed: self.find(other).verdict for seed, other in further.items() if self._has_all_scores(other, evidence)
        }
        if finding.verdict != "open" or self._has_all_scores(evidence, evidence):
            found = {first: finding.verdict} | found
        if network is None:  # a single extractor would only repeat the verdict
            return replace(finding, by_extractor=found if len(found) > 1 else {})
        by_first = f"by the features of this Inception-v3, the claim {VERDICTS[finding.verdict].of_one}"
        numbers = (*finding.numbers, *([by_first] if first in found else []))
        alone = replace(self, metrics=without_features).find(evidence) if without_features else None
        if alone and alone.verdict == "does_not_hold":
            without = (f"this decides, since such FIDs decide nothing: {line}" for line in alone.numbers)
            return Finding("does_not_hold", (*without, *numbers), by_extractor=found)
        return Finding("open", numbers, (Lacking("weights", network), *finding.lacking), found)

    def _has_all_scores(self, other: Evidence, evidence: Evidence) -> bool:
        """Whether each variant has scores in other features, for no fewer seeds."""
        scored = product((*self.first, *self.than), self.metrics)
        seeds = ([one.values(self.on, *what).index for one in (other, evidence)] for what in scored)
        return all(len(found) and asked.isin(found).all() for found, asked in seeds)

    def find(self, evidence: Evidence) -> Finding:
        """The finding from the numbers, whichever Inception-v3 they come from."""
        pairs = [
            self._pair(evidence, metric, first, second)
            for metric, first, second in product(self.metrics, self.first, self.than)
        ]
        outcome, lows, highs, held = self.judge([pair.sample for pair in pairs], [pair.margin for pair in pairs])
        lines = tuple(self._lines(evidence, pairs, lows, highs))
        if outcome != "open":
            return Finding(outcome, lines)
        open_pairs = [pair for pair, holds in zip(pairs, held) if not holds]
        return Finding(
            outcome,
            lines,
            tuple(self._lacking(open_pairs, n_comparisons=sum(bool(len(pair.sample)) for pair in pairs))),
        )

    def judge(self, samples: Sequence[Sample], margins: Bounds) -> tuple[Verdict, Bounds, Bounds, list[bool]]:
        """The verdict on differences and their margins, the bounds behind it, and which comparisons hold."""
        bounds = self.bounds(samples, margins)
        held = list(map(self.holds, *bounds, margins))
        failed = map(self.fails, *(self.refuting_bounds(samples, margins) or bounds), margins)
        return verdict(held, failed), *bounds, held

    def by_firmer_scores(self, evidence: Evidence) -> dict[str, Finding]:
        """The findings of the same rule with each firmer score of random images that exists, in place of their FID."""
        if "fid_random_mean" not in self.metrics:
            return {}
        variants = (*self.first, *self.than)
        found = [name for name in FIRMER if any(len(evidence.values(self.on, one, name)) for one in variants)]
        metrics = {name: tuple(name if one == "fid_random_mean" else one for one in self.metrics) for name in found}
        return {name: replace(self, metrics=metrics[name], tables=()).find(evidence) for name in found}

    def _pair(self, evidence: Evidence, metric: str, first: Variant, second: Variant) -> _Pair:
        both = (first, second)
        incomparable = self._why_incomparable(evidence, metric, first, second)
        ours, others = (evidence.values(self.on, variant, metric) for variant in both)
        differences = np.empty(0) if incomparable else (ours - others).dropna().to_numpy()
        margin = self.margin_of(others[others.index.isin(ours.index)])
        of_first, of_second = (printed_value(evidence, self.on, variant, metric, self.tables) for variant in both)
        printed = None if of_first is None or of_second is None else of_first - of_second
        return _Pair(metric, first, second, differences, margin, printed, incomparable)

    def _why_incomparable(
        self, evidence: Evidence, metric: str, first: Variant, second: Variant
    ) -> tuple[Lacking, ...]:
        """What is lacking for a comparison of two variants, whatever the number of seeds; empty if nothing is."""
        both = (first, second)
        runs = evidence.of(self.on, first)
        if len(runs) and runs.equals(evidence.of(self.on, second)):
            same = f"a configured beta other than {runs.beta.iloc[0]}, with which {listing(both)} are the same runs"
            return (Lacking("trainings", same),)
        values = [evidence.values(self.on, variant, metric) for variant in both]
        absent = [missing(evidence, self.on, variant, metric) for variant, found in zip(both, values) if found.empty]
        if absent:
            return tuple(absent)
        common = pd.concat(values, axis=1, join="inner").to_numpy()
        if self.needs_contrast and len(common) >= FEWEST_SEEDS and (common == common[0, 0]).all():
            told = f"this number is {number(common[0, 0])} for all seeds that both have"
            return (Lacking("measurement", f"a measure that tells {first} from {second}: {told}"),)
        return ()

    def _lines(self, evidence: Evidence, pairs: Sequence[_Pair], lows: Bounds, highs: Bounds) -> Iterator[str]:
        """Lines for each metric: every variant once, then every difference."""
        for metric in self.metrics:
            variants = dict.fromkeys((*self.first, *self.than))
            summaries = (summary(evidence, self.on, one, metric, self.tables) for one in variants)
            yield f"{METRICS[metric].label}: {listing(summaries)}"
            yield from (
                pair.line(low, high)
                for pair, low, high in zip(pairs, lows, highs)
                if pair.metric == metric and len(pair.differences)
            )

    def _lacking(self, pairs: Sequence[_Pair], n_comparisons: int) -> Iterator[Lacking]:
        """What is lacking for the comparisons that do not hold yet."""
        yield from dict.fromkeys(one for pair in pairs for one in pair.missing)
        found = [pair for pair in pairs if not pair.missing]
        needed = dict.fromkeys(
            f"{counted(FEWEST_SEEDS, 'common seed')} of {pair.first} and {pair.second} on {dataset_label(self.on)} "
            f"instead of {len(pair.differences)}"
            for pair in found
            if not len(pair.sample)
        )
        yield from (Lacking("trainings", text) for text in needed)
        enough = [pair for pair in found if len(pair.sample)]
        if enough:
            text = f"{self._seeds_to_decide(enough, n_comparisons)}, if differences and spreads stay as they are"
            yield Lacking("trainings", text)

    def _seeds_to_decide(self, pairs: Sequence[_Pair], n_comparisons: int) -> str:
        """How many seeds it takes until some comparisons are decided.

        That is until the first of them fails, as strictly as by the first step of Holm's procedure; or, if none will
        fail, until the last of them holds.
        """
        failing = [
            seeds_to_decide(pair.sample, partial(self.fails, margin=pair.margin), self.refuting_level / n_comparisons)
            for pair in pairs
        ]
        if any(failing):
            return f"about {min(filter(None, failing))} seeds in all on {dataset_label(self.on)} to refute it"
        holding = [seeds_to_decide(pair.sample, partial(self.holds, margin=pair.margin)) for pair in pairs]
        enough = [seeds for seeds in holding if seeds is not None]
        if len(enough) < len(holding):
            return f"more than {MOST_SEEDS} seeds in all on {dataset_label(self.on)}"
        return f"about {max(enough)} seeds in all on {dataset_label(self.on)} to confirm it"

    @property
    def _what(self) -> str:
        return f"{dataset_label(self.on)}, {listing(METRICS[metric].label for metric in self.metrics)}"

    @property
    def _both(self) -> tuple[str, str]:
        return listing(self.first), listing(self.than)


@dataclass(frozen=True)
class Lower(PairedDifferences):
    """The mean of each first variant is lower than the mean of each other variant by more than the margin."""

    needs_contrast: ClassVar[bool] = True
    how: ClassVar[str] = (
        f"The variants are compared seed by seed, with at least {FEWEST_SEEDS} seeds that both have. The numbers give "
        f"the 95 % t-interval of the mean difference for each comparison. A difference of less than {100 * SHARE:g} % "
        "of the other variant's mean over these seeds, the margin, counts as no difference. If a number is exactly "
        "the same for both variants, with all seeds that both have, it cannot tell the variants apart, and decides "
        "nothing. The claim holds if every interval ends below minus the margin. It does not hold if an interval "
        "begins at minus the margin or above. Since one such comparison is enough to refute the claim, the beginnings "
        "are corrected for this test, for the number of comparisons (Holm's procedure). Otherwise the claim is open."
    )

    @property
    def words(self) -> str:
        first, others = self._both
        return f"{self._what}: {first} has to be lower than {others} by more than {percent(self.share)}."

    def bounds(self, samples: Sequence[Sample], margins: Bounds) -> tuple[Bounds, Bounds]:
        lows = corrected_bounds(samples, [-margin for margin in margins], "above", self.refuting_level)
        return lows, list(map(upper_bound, samples))

    def holds(self, low: float, high: float, margin: float) -> bool:
        return high < -margin

    def fails(self, low: float, high: float, margin: float) -> bool:
        return low >= -margin


@dataclass(frozen=True)
class NotLower(PairedDifferences):
    """The mean of no first variant is lower than the mean of any other variant by more than the margin."""

    needs_contrast: ClassVar[bool] = False  # equal numbers speak for this claim
    how: ClassVar[str] = (
        "The comparisons are the same as for Lower, but a number that is exactly the same for both variants speaks for "
        "the claim. The claim holds if every interval begins at minus the margin or above. It does not hold if an "
        "interval ends below minus the margin. Since one such comparison is enough to refute the claim, the ends are "
        "corrected for the number of comparisons. Otherwise the claim is open."
    )

    @property
    def words(self) -> str:
        first, others = self._both
        return f"{self._what}: {first} must not be lower than {others} by more than {percent(self.share)}."

    def bounds(self, samples: Sequence[Sample], margins: Bounds) -> tuple[Bounds, Bounds]:
        highs = corrected_bounds(samples, [-margin for margin in margins], "below", self.refuting_level)
        return list(map(lower_bound, samples)), highs

    def holds(self, low: float, high: float, margin: float) -> bool:
        return low >= -margin

    def fails(self, low: float, high: float, margin: float) -> bool:
        return high < -margin


@dataclass(frozen=True)
class Equivalent(PairedDifferences):
    """The mean of each first variant equals the mean of the other variant, within the margin."""

    because: str = ""
    how: ClassVar[str] = (
        "The variants are compared seed by seed, by two one-sided t-tests of the mean difference (TOST) against a "
        "margin that the claim states. The claim holds if every 95 % t-interval lies between minus and plus the "
        "margin. It does not hold if an interval lies outside, after the correction that Lower describes. Otherwise "
        "the claim is open."
    )

    @property
    def words(self) -> str:
        first, others = self._both
        within = f"within {percent(self.share)} of its mean ({self.because})"
        return f"{self._what}: {first} has to be equal to {others} {within}."

    def bounds(self, samples: Sequence[Sample], margins: Bounds) -> tuple[Bounds, Bounds]:
        return list(map(lower_bound, samples)), list(map(upper_bound, samples))

    def refuting_bounds(self, samples: Sequence[Sample], margins: Bounds) -> tuple[Bounds, Bounds]:
        lows = corrected_bounds(samples, margins, "above", self.refuting_level)
        return lows, corrected_bounds(samples, [-margin for margin in margins], "below", self.refuting_level)

    def holds(self, low: float, high: float, margin: float) -> bool:
        return -margin < low and high < margin

    def fails(self, low: float, high: float, margin: float) -> bool:
        return low > margin or high < -margin
