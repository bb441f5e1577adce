"""The statistics behind the verdicts: few seeds, paired, several comparisons at once."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import special, stats

SIGNIFICANCE = 0.025  # of each side, so that an interval has a confidence of 95 %
MOST_SEEDS = 100  # the largest number that is told when a verdict needs more seeds

Sample = Float[np.ndarray, " _"]  # `_`: the samples of a signature may differ in size

# The t-tests and t-intervals below are those of `scipy.stats.ttest_1samp`, with which tests compare them. They are
# written out because a call of scipy's function takes some tenths of a millisecond: the simulations that test the rules
# make a hundred thousand calls, and would take four minutes instead of seconds. `seeds_to_decide` has only the mean and
# the deviation of a sample, which scipy's function does not take.


def holm_levels(
    p_values: Sequence[float] | Float[np.ndarray, " m"], level: float = SIGNIFICANCE
) -> Float[np.ndarray, " m"]:
    """The level at which Holm's step-down procedure tests each of m hypotheses (Holm 1979).

    The smallest p-value is compared with level / m, the next with level / (m - 1), and so on; from the first that is
    not rejected, all others are tested at its level, and none is rejected. The chance of any false rejection is at
    most `level`.

    >>> holm_levels([0.01, 0.04, 0.001], 0.05).round(4).tolist()
    [0.025, 0.05, 0.0167]
    """
    levels, n_rejected = np.empty(len(p_values)), 0
    for index in np.argsort(p_values, kind="stable"):
        levels[index] = level / (len(p_values) - n_rejected)
        n_rejected += p_values[index] <= levels[index]
    return levels


def corrected_bounds(
    samples: Sequence[Sample], thresholds: Sequence[float], side: Literal["below", "above"], level: float = SIGNIFICANCE
) -> list[float]:
    """One-sided confidence bounds of the means of m normal samples, corrected for their number by Holm's procedure.

    On the side `below` these are upper bounds. A bound is below its threshold exactly if one-sided t-tests with Holm's
    correction find the mean below the threshold. On the side `above` they are lower bounds, in the same way. A sample
    with fewer than two numbers is no comparison. It does not count among the m samples, and its bound is infinite.
    """
    sign = 1 if side == "below" else -1
    compared = [index for index, sample in enumerate(samples) if len(sample) > 1]
    p_values = [_p_value(sign * samples[index], sign * thresholds[index]) for index in compared]
    levels = dict(zip(compared, holm_levels(p_values, level)))
    return [sign * upper_bound(sign * sample, levels.get(index, level)) for index, sample in enumerate(samples)]


def upper_bound(sample: Sample, level: float = SIGNIFICANCE) -> float:
    """Upper confidence bound of the mean of a normal sample: it is too low with probability `level`."""
    if len(sample) < 2:
        return np.inf
    return float(sample.mean() + _half_width(sample.std(ddof=1), len(sample), level))


def lower_bound(sample: Sample, level: float = SIGNIFICANCE) -> float:
    """Lower confidence bound of the mean of a normal sample: it is too high with probability `level`."""
    return -upper_bound(-sample, level)


def _half_width(deviation: float, n: int, level: float) -> float:
    return float(special.stdtrit(n - 1, 1 - level) * deviation / np.sqrt(n))


def _p_value(sample: Sample, threshold: float) -> float:
    """The p-value of the one-sided t-test whether the mean is below the threshold."""
    distance, error = sample.mean() - threshold, sample.std(ddof=1) / np.sqrt(len(sample))
    if error == 0:
        return float(distance >= 0)
    return float(special.stdtr(len(sample) - 1, distance / error))


def seeds_to_decide(
    sample: Sample, decides: Callable[[float, float], bool], level: float = SIGNIFICANCE, most: int = MOST_SEEDS
) -> int | None:
    """How many numbers are needed until the interval of the mean decides, if mean and deviation stay as they are.

    Args:
        decides: Whether an interval, given by its two ends, decides.

    Returns:
        The number; none if more than `most` are needed.
    """
    mean, deviation = sample.mean(), sample.std(ddof=1)
    for n in range(len(sample) + 1, most + 1):
        half = _half_width(deviation, n, level)
        if decides(mean - half, mean + half):
            return n
    return None


def spread_p_value(
    sample: Float[np.ndarray, "*pairs n"], other: Float[np.ndarray, "*pairs m"]
) -> Float[np.ndarray, "*pairs"]:
    """P-value of the hypothesis that a sample spreads no more than another; of one pair of samples, or of many at once.

    It is an exact Mann-Whitney test of the distances from each sample's median. Only their order counts: a t-test of
    the distances, or of their logarithms, is wrong up to three times as often as it should be if one seed in five lies
    far off, as it does in trainings. The test is still approximate, since the distances of a sample are not
    independent.
    """
    distances = _median_distances(sample), _median_distances(other)
    found = stats.mannwhitneyu(*distances, alternative="greater", method="exact", axis=-1)
    return np.asarray(found.pvalue)  # scipy gives a number for one pair


def _median_distances(samples: Float[np.ndarray, "*pairs n"]) -> Float[np.ndarray, "*pairs n-1"]:
    """Distances from the median without the least, which tells nothing: 0 for odd n, and equal to the next for even n.

    With the least distance the test hardly ever rejects for five seeds (Noguchi and Gel 2010), and too often for four.
    """
    return np.sort(np.abs(samples - np.median(samples, axis=-1, keepdims=True)))[..., 1:]


def trend_p_value(columns: Float[np.ndarray, "n_seeds n_settings"]) -> float:
    """P-value of Page's test of no trend against numbers that fall from column to column, within each seed.

    Only the order of the numbers counts. There have to be at least two seeds and three columns.
    """
    return float(stats.page_trend_test(columns[:, ::-1]).pvalue)


def median_interval(sample: Sample, level: float = SIGNIFICANCE) -> tuple[float, float]:
    """Interval of the median by order statistics. It assumes no distribution, and the size of outliers does not matter.

    Its ends are nan for fewer than six numbers.
    """
    interval = stats.quantile_test(sample, q=0, p=0.5).confidence_interval(1 - 2 * level)
    return float(interval.low), float(interval.high)


def rate_bound(n: int) -> float:
    """Upper bound, with 95 % confidence, of the rate of an event that did not happen in n trials: about 3 / n.

    >>> round(rate_bound(5), 2)
    0.45
    """
    return 1 - 0.05 ** (1 / n)
