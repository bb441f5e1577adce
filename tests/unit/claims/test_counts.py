"""Rules about how often an event happens, on made counts whose verdict is known."""

import re

import numpy as np
import pandas as pd
import pytest
from made_evidence import lacking_texts, rule_of, table
from scipy import stats

from vrrae_bench.reporting.claims.claims import VAE, VRRAE
from vrrae_bench.reporting.claims.counts import Always, MoreOften, Never, Occurs
from vrrae_bench.reporting.claims.evidence import Evidence


def collapses(counts, variant=VAE):
    return table(("synthetic", variant, {"collapsed_dimensions": counts}))


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [([0, 0, 1, 0, 0], "holds"), ([2], "holds"), ([0] * 5, "open"), ([0] * 14, "does_not_hold")],
)
def test_something_that_occurs(counts, verdict):
    assert Occurs(VAE, metric="collapsed_dimensions", on="synthetic").decide(collapses(counts)).verdict == verdict


@pytest.mark.parametrize(
    ("counts", "verdict"), [([0] * 5, "holds"), ([0, 0, 0, 0, 1], "does_not_hold"), ([0] * 4, "open")]
)
def test_something_that_never_happens(counts, verdict):
    rule = Never(VRRAE, metric="collapsed_dimensions", on="synthetic", seeds=5)
    finding = rule.decide(collapses(counts, VRRAE))
    assert finding.verdict == verdict
    if verdict == "holds":
        assert "0 of 5 seeds, so the rate is below 45 % with 95 % confidence" in finding.numbers[0]
    if verdict == "open":
        assert lacking_texts(finding) == ("1 more seed of VRRAE on Synthetic",)


def test_what_stands_beside_a_count_is_told_and_decides_nothing():
    small = VRRAE.with_batch_size(8)
    rule = Never(VRRAE, metric="collapsed_dimensions", on="synthetic", beside=(small, VRRAE.with_batch_size(16)))
    finding = rule.decide(
        table(
            *(("synthetic", one, {"collapsed_dimensions": counts}) for one, counts in ((VRRAE, [0] * 3), (small, [2])))
        )
    )
    assert finding.verdict == "holds"
    assert [line for line in finding.numbers if "for comparison, without a part in the verdict" in line] == [
        "for comparison, without a part in the verdict: collapsed dimensions: VRRAE (batches of 8) in 1 of 1 seed "
        "(by seed: 2)"
    ]


@pytest.mark.parametrize(("counts", "verdict"), [([3, 1, 2], "holds"), ([3, 0, 2], "does_not_hold"), ([3, 1], "open")])
def test_something_that_always_happens(counts, verdict):
    """One seed without it is enough against the claim, one seed with it not enough for it."""
    finding = Always(VAE, metric="collapsed_dimensions", on="synthetic").decide(collapses(counts))
    assert finding.verdict == verdict
    assert finding.numbers[0].endswith(f"seeds (by seed: {', '.join(map(str, counts))})")


@pytest.mark.parametrize(
    ("vae", "vrrae", "verdict"),
    [
        ([1] * 5, [0] * 5, "holds"),
        ([0] * 5, [1] * 5, "does_not_hold"),
        ([1, 0, 0, 0, 0], [0] * 5, "open"),
        ([1] * 3, [0] * 3, "open"),
        ([0] * 5, [0] * 5, "open"),
    ],
)
def test_more_often(vae, vrrae, verdict):
    evidence = Evidence(pd.concat([collapses(vae).runs, collapses(vrrae, VRRAE).runs]), table().timings)
    rule = MoreOften(VAE, than=VRRAE, metric="collapsed_dimensions", on="synthetic")
    finding = rule.decide(evidence)
    assert finding.verdict == verdict
    if vae == vrrae:
        [text] = lacking_texts(finding)
        assert text.startswith("seeds in which the two rates differ (no number of seeds")
        return
    for lacking in lacking_texts(finding):
        assert lacking.endswith(" seeds of each, if the rates stay as they are")
        n = int(re.search(r"\d+", lacking)[0])
        shares = [np.mean(np.array(counts) > 0) for counts in (vae, vrrae)]
        p_values = {
            m: stats.fisher_exact([[round(one * m), m - round(one * m)] for one in shares], "greater").pvalue
            for m in (n - 1, n)
        }
        assert p_values[n - 1] > 0.025 >= p_values[n]


@pytest.mark.parametrize(
    ("seeds", "verdict"),
    [
        ([(0.5, 0, 0), (0.05, 0, 0), (0.7, 0.4, 0)], "holds"),
        ([(0.5, 0, 0), (0.05, 0.4, 0), (0.05, 0, 1)], "open"),  # each number somewhere, never all in one
        ([(0.5, 0, 0)] * 13, "open"),
        ([(0.5, 0, 0)] * 14, "does_not_hold"),
        # Each number has 14 seeds or more, and only nine seeds have all of them.
        ([(0.5, 0, np.nan)] * 5 + [(0.5, 0, 0)] * 9 + [(np.nan, 0, 0)] * 5, "open"),
    ],
)
def test_a_selected_seed_has_to_have_all_that_is_asked_of_it(seeds, verdict):
    metrics = ("diagonal_bend", "diagonal_backtracking", "collapsed_dimensions")
    evidence = table(("synthetic", VRRAE, dict(zip(metrics, zip(*seeds)))))
    finding = rule_of("diagonal_straight_for_a_seed_synthetic").decide(evidence)
    assert finding.verdict == verdict and bool(finding.lacking) == (verdict == "open")
