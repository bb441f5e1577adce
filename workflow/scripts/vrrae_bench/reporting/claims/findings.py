"""Rules and their findings, and the words and numbers in which findings are told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from vrrae_bench.extractor.chance import REMEDY
from vrrae_bench.reporting.claims.evidence import Evidence, Variant
from vrrae_bench.reporting.claims.statistics import SIGNIFICANCE
from vrrae_bench.reporting.claims.verdicts import Awaited, Verdict
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.sentences import counted
from vrrae_bench.scoring.metrics import METRICS, OF_MIXTURE
from vrrae_bench.study.paper import paper_betas, paper_value

FEWEST_SEEDS = 3


@dataclass(frozen=True)
class Lacking:
    """Something that an open claim waits for: its kind, and a text."""

    awaited: Awaited
    text: str


@dataclass(frozen=True)
class Finding:
    """What a rule found: a verdict, the numbers behind it, and what is lacking if the claim is open.

    Attributes:
        by_extractor: The verdict of the rule in the features of each extractor, by the extractor's seed. If an
            extractor of the paper's kind decides, its verdict stands here only beside those of further extractors.
    """

    verdict: Verdict
    numbers: tuple[str, ...]
    lacking: tuple[Lacking, ...] = ()
    by_extractor: Mapping[int, Verdict] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """The runs that decide a rule: the runs of some variants on one data set."""

    dataset: str
    variants: tuple[Variant, ...]


@runtime_checkable
class Rule(Protocol):
    """A rule that decides one claim: plain data, and a pure function of what was measured.

    Attributes:
        how: When a claim of this kind holds, when it does not hold, and when it is open. It is the same for all claims
            of the kind.
    """

    how: ClassVar[str]

    @property
    def words(self) -> str:
        """What the rule of this claim compares."""
        ...

    @property
    def subject(self) -> Subject | None:
        """The runs that decide the rule; none if it is about several data sets, all betas of a method, or no runs."""
        ...

    def decide(self, evidence: Evidence) -> Finding:
        """What the rule finds in what was measured."""
        ...


@dataclass(frozen=True)
class Tested:
    """A rule that may be a part of a claim, so that its tests against the claim are corrected for the number of parts.

    Attributes:
        refuting_level: The one-sided level of the tests that speak against a claim, corrected for the parts of the
            claim.
    """

    refuting_level: float = field(default=SIGNIFICANCE, kw_only=True)


def verdict(holds: Iterable[bool], fails: Iterable[bool]) -> Verdict:
    """The verdict from the parts of a claim. All have to hold, and one that fails refutes. No part does both."""
    if all(holds):
        return "holds"
    return "does_not_hold" if any(fails) else "open"


def summary(evidence: Evidence, dataset: str, variant: Variant, metric: str, tables: tuple[str, ...] = ()) -> str:
    """Mean and standard deviation over seeds, and the number that the paper prints in the first of some tables with it.

    For example `VRRAE 25.4 ± 0.1 (3 seeds; paper 26)`. A dash stands for a missing value.
    """
    remarks = [fewer_test_images(evidence, dataset, metric)]
    if tables:
        printed = printed_value(evidence, dataset, variant, metric, tables)
        remarks.append("paper n/a" if printed is None else f"paper {printed:g}")
    return f"{variant} {over_seeds(evidence.values(dataset, variant, metric), remarks)}"


def over_seeds(values: pd.Series, remarks: Iterable[str | None] = ()) -> str:
    """Mean and standard deviation over seeds, with the number of seeds and remarks. A dash stands for no value."""
    n = len(values)
    mean = number(values.mean()) if n else "–"
    deviation = f" ± {values.std(ddof=1):.2g}" if n > 1 else ""
    told = "; ".join(remark for remark in (counted(n, "seed") if n else None, *remarks) if remark)
    return f"{mean}{deviation} ({told})" if told else mean


def fewer_test_images(evidence: Evidence, dataset: str, metric: str) -> str | None:
    """A remark on a score of only the first test images; empty if it is of all test images, or of other images."""
    configured = evidence.configured.get(dataset)
    if not METRICS[metric].of_test_images or configured is None or configured.test_images is None:
        return None
    return f"of the first {configured.test_images} test images"


def printed_value(
    evidence: Evidence, dataset: str, variant: Variant, metric: str, tables: tuple[str, ...]
) -> float | None:
    """The number that the first of some tables prints for the beta with which the variant was trained.

    If there is no run, it is the number for the paper's own beta, which is the beta of Table 2.
    """
    if variant.beta is not None:
        betas = (variant.beta,)
    elif len(runs := evidence.of(dataset, variant)):
        betas = tuple(runs.beta.unique())
    else:
        betas = paper_betas("table_2", dataset, variant.method)
    for table in tables:
        for beta in betas or ("",):
            value, _ = paper_value(table, dataset, variant.method, beta, metric)
            if value is not None:
                return value
    return None


def missing(evidence: Evidence, dataset: str, variant: Variant, metric: str) -> Lacking:
    """What is missing for a number: runs on the data set, runs of the variant, or a score of these runs."""
    label = dataset_label(dataset)
    if not evidence.has(dataset):
        return Lacking("data_set", f"runs on {label}")
    runs = evidence.of(dataset, variant)
    if runs.empty:
        return Lacking("trainings", f"runs of {variant} on {label}")
    unlike = sorted(set(filter(None, runs.unlike_mixture))) if "unlike_mixture" in runs else []
    if metric in OF_MIXTURE and unlike:
        return Lacking("settings", f"random images of {variant} on {label} from another mixture: {'; '.join(unlike)}")
    if METRICS[metric].of_features and dataset in evidence.void:
        return Lacking(
            "measurement", f"features that distinguish images of {label}: {evidence.void[dataset]}. {REMEDY}"
        )
    return Lacking("measurement", f"the {METRICS[metric].label} of {variant} on {label}")


def too_few(
    evidence: Evidence, dataset: str, variant: Variant, metric: str, needed: int = FEWEST_SEEDS
) -> list[Lacking]:
    """What is missing until the variant has `needed` seeds; empty if nothing is."""
    n = len(evidence.values(dataset, variant, metric))
    if n == 0:
        return [missing(evidence, dataset, variant, metric)]
    if n >= needed:
        return []
    return [Lacking("trainings", f"{more_seeds(needed - n)} of {variant} on {dataset_label(dataset)}")]


def more_seeds(n: int) -> str:
    """How many seeds are still needed, in words."""
    return counted(n, "more seed")


def number(value: float) -> str:
    """A number with four digits, and with a minus sign that is not separated from it at the end of a line.

    >>> number(-0.123456)
    '−0.1235'
    """
    value += 0  # −0 becomes 0
    return f"{value:.4g}".replace("-", "−").replace("inf", "∞") if not np.isnan(value) else "n/a"


def percent(share: float) -> str:
    """A share in percent, to three digits.

    >>> percent(-0.0357), percent(float("nan"))
    ('−3.57 %', 'n/a')
    """
    return "n/a" if np.isnan(share) else f"{100 * share:.3g} %".replace("-", "−")


def listing(items: Iterable[object]) -> str:
    """Things with commas between them."""
    return ", ".join(map(str, items))
