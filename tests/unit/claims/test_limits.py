"""Rules that compare the numbers of a variant with a limit, and the limits themselves."""

import numpy as np
import pytest
from made_evidence import rule_of, table

from vrrae_bench.models.truncation import LARGEST_ROTATION
from vrrae_bench.reporting.claims.claims import VRRAE
from vrrae_bench.reporting.claims.limits import Below, Within


@pytest.mark.parametrize(
    ("bends", "verdict"),
    [
        ([0.02, 0.03, 0.025], "holds"),
        ([0.3, 0.31, 0.33], "does_not_hold"),
        ([0.02, 0.2, 0.05], "open"),
        ([0.02, 0.03], "open"),
    ],
)
def test_below_a_limit(bends, verdict):
    rule = Below(VRRAE, metric="diagonal_bend", on="synthetic", limit=0.1, because="an arc")
    assert rule.decide(table(("synthetic", VRRAE, {"diagonal_bend": bends}))).verdict == verdict


def test_the_limit_of_the_bend_is_that_of_the_arc_it_names():
    bend, backtracking, _ = rule_of("diagonal_stays_straight_synthetic").rules
    angle = np.linspace(-0.5, 0.5, 10_001) * np.radians(44)
    assert np.cos(angle).std() / np.sin(angle).std() == pytest.approx(bend.limit, abs=0.001)
    assert "44 degrees" in bend.words
    assert backtracking.limit == 1 / 100 and "one of the hundred steps" in backtracking.words


def test_identities_are_held_to_the_roundings_that_their_words_name():
    energy, orthonormal = rule_of("identity_energy"), rule_of("identity_orthonormal")
    assert energy.tolerance == pytest.approx(1000 * np.finfo(np.float32).eps, rel=0.2)
    assert orthonormal.tolerance == 2 * LARGEST_ROTATION


def test_the_two_claims_of_the_diagonal_have_the_same_limits():
    bend, backtracking, _ = rule_of("diagonal_stays_straight_synthetic").rules
    limits = dict(rule_of("diagonal_straight_for_a_seed_synthetic").limits)
    assert (limits["diagonal_bend"], limits["diagonal_backtracking"]) == (bend.limit, backtracking.limit)


@pytest.mark.parametrize(("worst", "verdict"), [(1e-4, "holds"), (0.1, "does_not_hold")])
def test_an_identity_is_judged_by_its_worst_run(worst, verdict):
    rule = Within(VRRAE, "identity_energy", on=("synthetic", "mnist"), tolerance=1e-3, because="rounding")
    assert rule.decide(table(("mnist", VRRAE, {"identity_energy": [1e-7, worst]}))).verdict == verdict
    assert rule.decide(table()).verdict == "open"
