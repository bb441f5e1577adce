"""The statistics behind the verdicts, against hand calculation, scipy and simulations."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from vrrae_bench.reporting.claims import statistics


def test_holm_is_the_example_worked_by_hand():
    # m = 4 at 5 %: 0.005 <= 0.05 / 4, 0.01 <= 0.05 / 3, but 0.03 > 0.05 / 2, so 0.04 is not rejected either.
    levels = statistics.holm_levels([0.01, 0.04, 0.03, 0.005], 0.05)
    np.testing.assert_allclose(levels, [0.05 / 3, 0.025, 0.025, 0.0125])


def test_one_comparison_gives_the_t_interval_of_scipy(rng):
    sample = rng.normal(1, 2, size=5)
    [low], [high] = (statistics.corrected_bounds([sample], [0.0], side) for side in ("above", "below"))
    expected = stats.t.interval(0.95, 4, sample.mean(), stats.sem(sample))
    np.testing.assert_allclose([low, high], expected)


def test_bounds_pass_their_thresholds_just_where_holm_rejects(rng):
    for _ in range(200):
        samples = [rng.normal(mean, 1, size=5) for mean in (-2, -1, 0)]
        p_values = [stats.ttest_1samp(sample, 0.3, alternative="less").pvalue for sample in samples]
        rejected, open_hypotheses = [False] * 3, 3
        for index in np.argsort(p_values):
            if p_values[index] > 0.025 / open_hypotheses:
                break
            rejected[index], open_hypotheses = True, open_hypotheses - 1
        bounds = statistics.corrected_bounds(samples, [0.3] * 3, "below")
        assert [bound < 0.3 for bound in bounds] == rejected


def test_a_comparison_that_was_not_made_changes_no_bound(rng):
    samples = [rng.normal(-1, 1, size=5) for _ in range(2)]
    bounds = statistics.corrected_bounds(samples, [0.3] * 2, "below")
    with_others = statistics.corrected_bounds([np.empty(0), *samples, np.array([1.0])], [0.3] * 4, "below")
    assert with_others == [np.inf, *bounds, np.inf]


def test_a_constant_difference_needs_no_spread():
    assert statistics.corrected_bounds([np.full(3, -1.0)], [0.0], "below") == [-1]
    assert statistics.corrected_bounds([np.full(3, 0.0)], [0.0], "below") == [0]


def test_seeds_to_decide_are_those_of_the_t_interval():
    sample = np.array([-1.0, 1.0, -0.6, 0.2, -1.1])

    def excludes_zero(low, high):
        return high < 0

    needed = statistics.seeds_to_decide(sample, excludes_zero)
    for n, decides in ((needed - 1, False), (needed, True)):
        half = stats.t.ppf(0.975, n - 1) * sample.std(ddof=1) / np.sqrt(n)
        assert (sample.mean() + half < 0) == decides
    assert statistics.seeds_to_decide(sample - sample.mean(), excludes_zero) is None


def test_the_test_of_spread_counts_the_ways_to_share_out_the_distances(rng):
    wide, narrow = rng.normal(0, 3, size=5), rng.normal(0, 1, size=7)
    # Without the zero that the median of an odd number is from itself.
    far, near = (distance[distance > 0] for distance in (abs(one - np.median(one)) for one in (wide, narrow)))
    ranks = stats.rankdata([*far, *near])
    sums = np.array([sum(chosen) for chosen in combinations(ranks, len(far))])
    assert statistics.spread_p_value(wide, narrow) == pytest.approx((sums >= ranks[: len(far)].sum()).mean())


def test_the_rate_bound_is_that_of_clopper_and_pearson():
    for n in (1, 5, 14):
        expected = stats.binomtest(0, n).proportion_ci(0.90).high  # 95 % on one side
        assert statistics.rate_bound(n) == pytest.approx(expected)


# The last is what trainings do: most seeds end close together, and one in five far off.
DRAWS = {
    "normal": lambda generator, size: generator.normal(size=size),
    "skewed": lambda generator, size: generator.standard_exponential(size),
    "one in five far off": lambda generator, size: (
        0.3 * generator.normal(size=size) + 10 * (generator.random(size) < 0.2)
    ),
}


@pytest.mark.parametrize("n_seeds", [3, 4, 5, 6, 8])
@pytest.mark.parametrize("draw", DRAWS)
def test_spreads_that_are_equal_are_seldom_called_larger(draw, n_seeds):
    samples, others = np.moveaxis(DRAWS[draw](np.random.default_rng(0), (1000, 2, n_seeds)), 1, 0)
    found = np.mean(statistics.spread_p_value(samples, others) <= 0.025)
    assert found <= (0.04 if n_seeds <= 5 else 0.05)  # the test is approximate, as its description says
