"""The list of claims: names, words and subjects of their rules."""

from dataclasses import replace

import pytest
from made_evidence import rule_of, table

from vrrae_bench.reporting.claims.claims import AE, CLAIMS, MAIN_CLAIMS, RRAE, VAE, VRRAE
from vrrae_bench.reporting.claims.counts import Never
from vrrae_bench.reporting.claims.deciding import decide
from vrrae_bench.reporting.claims.evidence import Evidence
from vrrae_bench.reporting.claims.findings import Rule
from vrrae_bench.reporting.claims.limits import Within
from vrrae_bench.reporting.claims.parts import All
from vrrae_bench.reporting.claims.times import OverheadBelow
from vrrae_bench.reporting.claims.trends import FallsWithBeta, RisesWithBeta
from vrrae_bench.reporting.claims.unmeasured import Unmeasured
from vrrae_bench.scoring.metrics import METRICS


def test_no_two_claims_share_a_name():
    ids = [claim.id for claim in CLAIMS]
    assert len(set(ids)) == len(ids)


def test_without_any_run_every_claim_is_open_and_names_what_is_lacking():
    for one in decide(CLAIMS, table(), None):
        lacking = one.finding.lacking
        assert one.finding.verdict == "open" and lacking and len(set(lacking)) == len(lacking)


def test_every_main_claim_is_one_of_the_claims():
    assert {name for ids in MAIN_CLAIMS.values() for name in ids.values()} <= {claim.id for claim in CLAIMS}


def test_every_metric_of_a_claim_has_words():
    for one in CLAIMS:
        keys = {key for key in METRICS if "_" in key}
        assert one.rule.words and keys.isdisjoint(one.rule.words.split()), one.id


BATCHES = [VRRAE.with_batch_size(size) for size in (8, 16, 32, 64)]


@pytest.mark.parametrize(
    ("claim", "dataset", "variants"),
    [
        ("lowest_test_error_synthetic", "synthetic", {VRRAE, AE, VAE, RRAE}),
        ("lowest_random_generation_error_synthetic", "synthetic", {VRRAE, AE, VAE, RRAE}),
        ("vae_collapses_synthetic", "synthetic", {VAE}),
        ("vrrae_does_not_collapse_synthetic", "synthetic", {VRRAE}),
        ("collapse_less_likely_cifar10", "cifar10", {VAE, VRRAE}),
        ("diagonal_stays_straight_synthetic", "synthetic", {VRRAE}),
        ("small_batch_spreads", "synthetic", set(BATCHES)),
        ("batch_size_keeps_error", "synthetic", set(BATCHES)),
    ],
)
def test_a_rule_tells_the_runs_that_decide_it(claim, dataset, variants):
    subject = rule_of(claim).subject
    assert (subject.dataset, set(subject.variants)) == (dataset, variants)


def alone(rule):
    """A rule without the variants that only stand beside its numbers."""
    if isinstance(rule, All):
        return replace(rule, rules=tuple(map(alone, rule.rules)))
    return replace(rule, beside=()) if isinstance(rule, Never) else rule


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_runs_that_a_rule_tells_are_those_that_it_reads(claim, monkeypatch):
    """A rule that told fewer would be decided with another learning rate by runs that were not trained with it."""
    read, select = set(), Evidence.of

    def watched(evidence, dataset, variant):
        read.add((dataset, variant))
        return select(evidence, dataset, variant)

    monkeypatch.setattr(Evidence, "of", watched)
    alone(claim.rule).decide(table())
    subject = claim.rule.subject
    if subject is None:
        assert isinstance(claim.rule, Within | FallsWithBeta | RisesWithBeta | OverheadBelow | Unmeasured)
    else:
        assert {(subject.dataset, variant) for variant in subject.variants} == read


def test_a_claim_of_several_parts_is_about_no_runs_in_particular_if_a_part_is_not():
    known, several = rule_of("vae_collapses_synthetic"), rule_of("beta_costs_reconstruction")
    elsewhere = rule_of("collapse_less_likely_mnist")
    assert All((known, known)).subject == known.subject
    assert All((known, several)).subject is None and All((known, elsewhere)).subject is None


def test_what_does_not_tell_its_runs_is_no_rule():
    class Forgetful:
        how = "It decides nothing."
        words = "It compares nothing."

        def decide(self, evidence): ...

    assert not isinstance(Forgetful(), Rule) and all(isinstance(claim.rule, Rule) for claim in CLAIMS)
