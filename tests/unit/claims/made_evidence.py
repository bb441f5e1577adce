"""Evidence from made numbers, and what is decided from it, as the tests of claims use them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from vrrae_bench.reporting.claims.claims import CLAIMS
from vrrae_bench.reporting.claims.deciding import Decided, reported_claim, reported_claims
from vrrae_bench.reporting.claims.evidence import RUN_COLUMNS, Evidence, Variant
from vrrae_bench.reporting.claims.findings import Finding, Rule
from vrrae_bench.reporting.claims.writing import evidence_line, overview, page

IMAGE_DATASETS = ("mnist", "cifar10", "celeba")
EACH_METRIC = ["reconstruction_error", "fid_interpolation", "fid_random_mean"]
BETAS = ("0", "1e-6", "1e-4", "1e-3")
SEEDS = np.array([0.0, 0.05, -0.03, 0.02])  # what a seed adds to every method
LOW, HIGH = 1 + SEEDS, 2 + SEEDS


def table(*groups, timings=None) -> Evidence:
    """Evidence from groups (dataset, variant, metrics): a list of numbers of each metric, seed by seed.

    A variant without beta and batch size is the configured one.
    """
    rows = [
        {
            "dataset": dataset,
            "method": variant.method,
            "beta": "1e-6" if variant.beta is None else variant.beta,
            "batch_size": variant.batch_size or 64,
            "seed": seed,
            "default_beta": variant.beta is None,
            "default_batch_size": variant.batch_size in (None, 64),
            **{metric: values[seed] for metric, values in metrics.items()},
        }
        for dataset, variant, metrics in groups
        for seed in range(len(next(iter(metrics.values()))))
    ]
    runs = pd.DataFrame(rows, columns=None if rows else list(RUN_COLUMNS))
    return Evidence(runs, pd.DataFrame(timings or {}, columns=["dataset", "device", "vae", "vrrae"]))


def errors(values_of: Mapping[Variant, Sequence], dataset="mnist", metric="reconstruction_error") -> Evidence:
    """Evidence from one metric on one data set: its numbers of each variant, seed by seed."""
    return table(*((dataset, variant, {metric: values}) for variant, values in values_of.items()))


def rule_of(name: str) -> Rule:
    """The rule of the claim with this id."""
    [claim] = [claim for claim in CLAIMS if claim.id == name]
    return claim.rule


def lacking_texts(finding: Finding) -> tuple[str, ...]:
    return tuple(one.text for one in finding.lacking)


def told(one: Decided) -> str:
    """The evidence of a decided claim, as in the CSV file."""
    return evidence_line(reported_claim(one))


def page_of(decided: Sequence[Decided], evidence: Evidence, banner: str | None = None) -> str:
    """The page with the decided claims."""
    return page(reported_claims(decided, evidence), banner)


def overview_of(decided: Sequence[Decided], evidence: Evidence) -> str:
    """The part of the page that comes before the claims one by one."""
    return "\n\n".join(overview(reported_claims(decided, evidence)))
