"""Rules about numbers that fall or rise with beta, on made numbers whose verdict is known."""

import numpy as np
import pytest
from made_evidence import BETAS, SEEDS, lacking_texts, table

from vrrae_bench.reporting.claims.claims import VRRAE
from vrrae_bench.reporting.claims.trends import FallsWithBeta


@pytest.mark.parametrize(
    ("levels", "n_seeds", "verdict"),
    [
        ([4, 3, 2, 1], 3, "holds"),
        ([4, 3, 2, 1], 1, "open"),
        ([1, 2, 3, 4], 3, "does_not_hold"),
        ([1, 1.01, 1.005, 1], 3, "open"),
    ],
)
def test_falls_with_beta(levels, n_seeds, verdict):
    rule = FallsWithBeta("vrrae", metric="mean_spread", on="mnist")
    groups = [
        ("mnist", VRRAE.with_beta(beta), {"mean_spread": level + SEEDS[:n_seeds]}) for beta, level in zip(BETAS, levels)
    ]
    evidence = table(*groups)
    # Noise that is the same for all betas leaves their order; here it differs.
    evidence.runs["mean_spread"] += 0.1 * np.random.default_rng(3).normal(size=len(evidence.runs))
    finding = rule.decide(evidence)
    assert finding.verdict == verdict
    if n_seeds == 1:
        assert lacking_texts(finding) == ("3 common seeds of all betas instead of 1",)
    assert rule.decide(table(*groups[:2])).verdict == "open"
    # Betas that the paper does not have decide nothing.
    others = [("mnist", VRRAE.with_beta(f"1e-{power}"), numbers) for power, (*_, numbers) in zip((7, 8, 9), groups)]
    assert rule.decide(table(groups[0], *others)).verdict == "open"
