"""Claims of several parts: all have to hold, and one is enough to refute."""

import numpy as np
import pytest
from made_evidence import SEEDS, table
from scipy import stats

from vrrae_bench.reporting.claims.claims import AE, CLAIMS, RRAE, VAE, VRRAE
from vrrae_bench.reporting.claims.counts import Never, Occurs
from vrrae_bench.reporting.claims.differences import Equivalent, Lower, NotLower
from vrrae_bench.reporting.claims.limits import Below
from vrrae_bench.reporting.claims.parts import All


@pytest.mark.parametrize(
    ("rule", "sign"),
    [
        (Below(VRRAE, metric="diagonal_bend", on="synthetic", limit=0.1, because="an arc"), 1),
        (Lower((VRRAE,), than=(VAE,), metrics=("diagonal_bend",), on="synthetic"), 1),
        (NotLower((VRRAE,), than=(VAE,), metrics=("diagonal_bend",), on="synthetic"), -1),
        (Equivalent((VRRAE,), than=(VAE,), metrics=("diagonal_bend",), on="synthetic", share=0, because="nothing"), 1),
    ],
    ids=lambda value: getattr(type(value), "__name__", ""),
)
def test_of_several_parts_one_that_refutes_is_tested_more_strictly(rule, sign):
    """One is enough to refute, and of two that are at their limits one in twenty would, each at 2.5 %."""
    never_refuted = Below(VRRAE, metric="diagonal_backtracking", on="synthetic", limit=0.1, because="an arc")
    for level in (0.02, 0.01):  # p-values of the test that speaks against the rule
        spread = np.array([-1.0, 0.5, 0.5, -1.0, 1.0])
        spread = spread - spread.mean()
        distance = spread / stats.sem(spread) * 0.01 + sign * stats.t.isf(level, 4) * 0.01
        # Below: beyond 0.1. The others: beyond the margin, which is 1 % of what VAE has or none.
        margin = 0 if isinstance(rule, Below) else rule.share * 0.1
        evidence = table(
            ("synthetic", VRRAE, {"diagonal_bend": 0.1 - margin + distance, "diagonal_backtracking": 0 * distance}),
            ("synthetic", VAE, {"diagonal_bend": 0.1 + 0 * distance}),
        )
        assert rule.decide(evidence).verdict == "does_not_hold"
        finding = All((rule, never_refuted, Never(VRRAE, "collapsed_dimensions", "synthetic"))).decide(evidence)
        assert finding.verdict == ("open" if level > 0.025 / 2 else "does_not_hold")


@pytest.mark.parametrize(
    ("bend", "backtracking", "collapsed", "verdict"),
    [
        (0.02, 0, 0, "holds"),
        (0.2, 0, 0, "does_not_hold"),
        (0.0, 0.5, 0, "does_not_hold"),
        (0.0, 0, 1, "does_not_hold"),
    ],
)
def test_a_diagonal_that_is_bent_or_folded_or_collapsed_is_not_straight(bend, backtracking, collapsed, verdict):
    [claim] = [claim for claim in CLAIMS if claim.id == "diagonal_stays_straight_synthetic"]
    numbers = {"diagonal_bend": bend, "diagonal_backtracking": backtracking, "collapsed_dimensions": collapsed}
    evidence = table(("synthetic", VRRAE, {name: [value] * 5 for name, value in numbers.items()}))
    assert claim.rule.decide(evidence).verdict == verdict


def test_a_model_that_draws_one_bump_only_does_not_generate_best():
    """However small its random-generation error is."""
    others = dict.fromkeys((AE, VAE, RRAE), {"random_generation_error": 5 + SEEDS, "coverage": 0.9 + 0.1 * SEEDS})
    [claim] = [claim for claim in CLAIMS if claim.id == "lowest_random_generation_error_synthetic"]

    def verdict(error, coverage):
        vrrae = {"random_generation_error": error + SEEDS, "coverage": coverage - 0.1 * SEEDS}
        groups = [("synthetic", one, values) for one, values in (others | {VRRAE: vrrae}).items()]
        return claim.rule.decide(table(*groups)).verdict

    assert verdict(error=2, coverage=0.9) == "holds"
    assert verdict(error=0.5, coverage=0.01) == verdict(error=9, coverage=0.9) == "does_not_hold"
    assert verdict(error=2, coverage=0.83) == "holds"  # a tenth of 0.9 is allowed for
    assert verdict(error=2, coverage=0.78) == "does_not_hold"


def test_all_parts_have_to_hold():
    rule = All(
        (Occurs(VAE, metric="unsorted_modes", on="mnist"), Never(VRRAE, metric="unsorted_modes", on="mnist", seeds=3))
    )
    for vrrae, verdict in (([0, 0, 0], "holds"), ([0, 1, 0], "does_not_hold"), ([0, 0], "open")):
        evidence = table(("mnist", VAE, {"unsorted_modes": [3, 0]}), ("mnist", VRRAE, {"unsorted_modes": vrrae}))
        assert rule.decide(evidence).verdict == verdict
