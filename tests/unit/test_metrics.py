"""The catalogue of metrics: every number that is reported has its entry, and claims call better what is better."""

import json

import pytest
from commands import ROOT

from vrrae_bench.reporting.claims.claims import CLAIMS
from vrrae_bench.reporting.claims.differences import Lower
from vrrae_bench.reporting.claims.parts import All
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.catalogue import TABLES
from vrrae_bench.study.paper import paper_values

KEPT = ROOT / "docs/example-report"


def test_every_number_of_the_kept_scores_has_an_entry():
    files = [*KEPT.glob("**/scores.json"), *KEPT.glob("**/floor.json"), *KEPT.glob("**/ceiling.json")]
    found = {key for path in files for key in json.loads(path.read_text())} - {"details"}
    assert len(files) > 60 and found
    assert {key for key, metric in METRICS.items() if metric.source == "scores"} >= found


def test_a_number_of_the_paper_is_one_of_the_same_metric():
    """A draw's FID and the mean over draws are both beside the paper's, which names no draw."""
    printed = set(paper_values().metric)
    assert all(METRICS[key].paper == key for key in printed)
    beside = {key for key, metric in METRICS.items() if metric.paper in printed}
    assert beside - printed == {"fid_random_mean"}


@pytest.mark.parametrize("name", TABLES)
def test_no_two_columns_of_a_table_have_one_heading(name):
    kind = TABLES[name]
    columns = [kind.headings.get(key, METRICS[key].column) for key in kind.metrics]
    assert len(set(columns)) == len(columns) and set(kind.headings) <= set(kind.metrics)


def test_no_claim_calls_a_method_better_for_a_number_of_which_more_is_better():
    """A rule has a method lower. It speaks for the method, but where the claim is that it is not lower."""
    rules = [part for claim in CLAIMS for part in (claim.rule.rules if isinstance(claim.rule, All) else [claim.rule])]
    compared = {key for rule in rules if isinstance(rule, Lower) for key in rule.metrics}
    assert {METRICS[key].better for key in compared} == {"lower", "neither"}
    assert {key for key in compared if METRICS[key].better == "neither"} == {"kl_share"}
