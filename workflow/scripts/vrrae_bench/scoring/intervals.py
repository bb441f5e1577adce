"""How sure a Frechet distance is: intervals over independent groups of images, and its limit for infinitely many.

A bootstrap is of no use here. Images that are drawn with replacement repeat, which biases the distance upwards once
more, by about as much as it is biased already. A bootstrap's interval therefore lies above the value that it should
contain.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from scipy.special import stdtrit

from vrrae_bench.system.errors import UserError

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A value, its standard error, and an interval of nominally 95 %. Tests and captions tell how often it holds."""

    value: float
    standard_error: float
    low: float
    high: float


class Jackknife(NamedTuple):
    """A distance of all images, and its limit.

    Attributes:
        whole: The distance of all N images. The interval is for its expectation at N images, with its bias.
        limit: The distance of infinitely many images of the same kind.
    """

    whole: Estimate
    limit: Estimate


def mean_estimate(values: Sequence[float] | Float64[np.ndarray, " n"]) -> Estimate:
    """The mean of independent values, with its t-interval.

    Raises:
        UserError: there are fewer than two.
    """
    if len(values) < 2:
        raise UserError(f"interval: {len(values)} independent value(s) have no spread; at least two are needed.")
    standard_error = np.std(values, ddof=1) / np.sqrt(len(values))
    return _around(float(np.mean(values)), float(standard_error), len(values))


def jackknife(whole: float, without: Sequence[float] | Float64[np.ndarray, " M"]) -> Jackknife:
    """A distance of all groups together, and its linear extrapolation in 1/N to N = infinity.

    With N images its expectation is d + c/N + O(1/N^2) (Chong and Forsyth 2020, who fit a line to several N). The line
    here goes through N and N - n: the distance of all M groups of n, and the mean of those without one group. Its
    intercept is the mean of the pseudo-values M d_all - (M - 1) d_without_j, whose spread is the standard error of the
    fit (the delete-a-group jackknife, Shao and Tu 1995). Unlike the residuals of a line through nested subsets, it
    contains the chance of the draw. The reference stays as it is, so the bias of its own finite number remains.

    Args:
        whole: Distance of all groups from the reference.
        without: Distance of all but each group; the groups are independent, and of equal size or nearly so.

    Raises:
        UserError: there are fewer than two groups.
    """
    pseudo_values = len(without) * whole - (len(without) - 1) * np.asarray(without)
    limit = mean_estimate(pseudo_values)
    return Jackknife(_around(whole, limit.standard_error, len(without)), limit)


def _around(value: float, standard_error: float, n: int) -> Estimate:
    margin = standard_error * float(stdtrit(n - 1, (1 + CONFIDENCE) / 2))
    return Estimate(value, standard_error, value - margin, value + margin)
