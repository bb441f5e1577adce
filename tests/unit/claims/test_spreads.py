"""The rule that compares how much variants vary over seeds, on made numbers whose verdict is known."""

import numpy as np
import pytest
from made_evidence import errors, lacking_texts

from vrrae_bench.reporting.claims.claims import AE, RRAE, VAE, VRRAE
from vrrae_bench.reporting.claims.spreads import SpreadsMore


@pytest.mark.parametrize(("scale", "verdict"), [(30.0, "holds"), (0.01, "does_not_hold"), (1.0, "open")])
def test_a_spread_that_is_larger(scale, verdict):
    spread = np.array([-1.0, 0.9, 0.2, -0.5, 1.3, -1.1])  # as many as it takes to refute by one of three
    values = {VAE: 20 + scale * spread, AE: 25 - spread, RRAE: 22 + spread[::-1], VRRAE: 21 + spread}
    rule = SpreadsMore(VAE, than=(AE, RRAE, VRRAE), metric="reconstruction_error", on="mnist")
    assert rule.decide(errors(values)).verdict == verdict
    few = {variant: numbers[:2] for variant, numbers in values.items()}
    assert lacking_texts(rule.decide(errors(few)))[0] == "3 more seeds of VAE on MNIST"


def test_one_seed_that_stands_out_is_no_larger_spread():
    """Any other method may have one among its next five."""
    usual = np.array([5.0, 5.2, 4.8, 5.1, 4.9])
    values = {VAE: [5.0, 5.2, 4.8, 5.1, 60.0], AE: usual, RRAE: usual[::-1], VRRAE: usual + 0.1}
    rule = SpreadsMore(VAE, than=(AE, RRAE, VRRAE), metric="reconstruction_error", on="mnist")
    assert rule.decide(errors(values)).verdict == "open"


@pytest.mark.parametrize(("scale", "verdict"), [(1.0, "open"), (1000.0, "does_not_hold")])
def test_a_spread_has_to_be_larger_than_that_of_each_of_the_others(scale, verdict):
    """However small those of the rest are: pooled with them, one that is as large would go unseen."""
    spread = np.array([-1.0, 0.9, 0.2, -0.5, 1.3, -1.1])
    values = {VAE: 20 + spread, AE: 25 - 1e-3 * spread, RRAE: 22 + 1e-3 * spread, VRRAE: 21 + scale * spread[::-1]}
    rule = SpreadsMore(VAE, than=(AE, RRAE, VRRAE), metric="reconstruction_error", on="mnist")
    assert rule.decide(errors(values)).verdict == verdict


def test_a_spread_thirty_times_that_of_each_of_three_others_is_mostly_found():
    generator = np.random.default_rng(0)
    rule = SpreadsMore(VAE, than=(AE, RRAE, VRRAE), metric="reconstruction_error", on="mnist")
    draws = generator.normal(size=(50, 4, 5)) * [[30], [1], [1], [1]]
    found = [rule.decide(errors(dict(zip((VAE, AE, RRAE, VRRAE), draw)))).verdict for draw in draws]
    assert found.count("holds") >= 34
