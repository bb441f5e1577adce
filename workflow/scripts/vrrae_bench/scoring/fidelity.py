"""How near generated images are to real ones, by their features: the paper's FID, and beside it what can be trusted.

FID is biased by the number of images, and by how much depends on the model (Chong and Forsyth 2020), so that an equal
number does not cancel it. Beside the paper's FID, of one draw, stand that of all draws, its limit for infinitely
many images, the kernel distance, which has no such bias, and precision, recall, density and coverage, which tell bad
images from missing ones. All that a value depends on is recorded with it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from vrrae_bench.scoring.frechet import frechet_distance
from vrrae_bench.scoring.intervals import Estimate, jackknife, mean_estimate
from vrrae_bench.scoring.kernel_distance import kernel_distance
from vrrae_bench.scoring.neighbours import NEIGHBOURS, Neighbourhoods, neighbourhoods
from vrrae_bench.scoring.reference import MOST_IMAGES, Reference

# The limit for infinitely many images is extrapolated from no fewer (Chong and Forsyth 2020).
FEWEST_FOR_LIMIT = 5000
# Into so many independent parts images are divided for the jackknife: as many as there are draws in config.yaml.
PARTS = 8
OF_NEIGHBOURS = tuple(f"{name}_random" for name in Neighbourhoods._fields)

Features = Float32[np.ndarray, "N D"]


class Scores(NamedTuple):
    """A part of scores.json.

    Attributes:
        numbers: Those of its top level.
        details: Those of its `details`.
    """

    numbers: dict[str, float]
    details: dict[str, Any]


def random_scores(reference: Reference, draws: Sequence[Features]) -> Scores:
    """Every score of randomly generated images, of which there are independent draws of equal size.

    The paper's FID, `fid_random`, is of the first draw; `fid_random_other_draw` of the second. All else is of all draws
    together, or of the first images of them. A score that needs more images is left out; `omitted` says why.
    The interval of the paper's FID is that of its expectation for one draw, from all draws.
    """
    n, images = len(draws[0]), np.concatenate(draws)
    distance = partial(frechet_distance, reference.moments)
    of_draws = [distance(draw) for draw in draws]
    numbers = {"fid_random": of_draws[0]}
    intervals, omitted = {}, {}
    if len(draws) > 1:
        numbers["fid_random_other_draw"] = of_draws[1]
        intervals["fid_random"] = mean_estimate(of_draws)
    if len(images) >= 2 * PARTS:
        of_all = jackknife(distance, np.array_split(images, PARTS))
        numbers["fid_random_all_draws"] = of_all.whole.value
        intervals["fid_random_all_draws"] = of_all.whole
    else:
        numbers["fid_random_all_draws"] = distance(images)
    if len(images) * (PARTS - 1) // PARTS >= FEWEST_FOR_LIMIT:
        numbers["fid_random_infinity"] = of_all.limit.value
        intervals["fid_random_infinity"] = of_all.limit
    else:
        omitted["fid_random_infinity"] = (
            f"{len(images)} images: without one of {PARTS} parts, at least {FEWEST_FOR_LIMIT} have to remain"
        )
    if len(images) > NEIGHBOURS:
        some = images[:MOST_IMAGES]
        numbers |= zip(OF_NEIGHBOURS, neighbourhoods(some, reference.sample, reference.radii))
        intervals["kid_random"] = kernel_distance(some, reference.sample, reference.kernel_sums)
        numbers["kid_random"] = intervals["kid_random"].value
    else:
        omitted |= dict.fromkeys(
            ("kid_random", *OF_NEIGHBOURS), f"{len(images)} images: more than {NEIGHBOURS} are needed"
        )
    details = {"fid_random_draws": of_draws, "neighbours": NEIGHBOURS}
    return Scores(numbers, details | _record(numbers, intervals, random_counts(reference, n, len(draws)), omitted))


def interpolation_scores(reference: Reference, features: Features, images_per_pair: int) -> Scores:
    """FID of interpolated images, which lie pair after pair, and its interval.

    The interval is the jackknife's over parts of whole pairs: images of one pair are not independent. There is none if
    there are fewer pairs than parts.
    """
    distance = partial(frechet_distance, reference.moments)
    parts = np.array_split(np.arange(0, len(features), images_per_pair), PARTS)
    if len(parts[-1]):
        estimate = jackknife(distance, np.split(features, [part[0] for part in parts[1:]])).whole
        numbers, intervals = {"fid_interpolation": estimate.value}, {"fid_interpolation": estimate}
    else:
        numbers, intervals = {"fid_interpolation": distance(features)}, {}
    count = {"fid_interpolation": {"generated": len(features), "real": reference.moments.count}}
    return Scores(numbers, _record(numbers, intervals, count, {}))


def random_counts(reference: Reference, n_images: int, n_draws: int) -> dict[str, dict[str, int]]:
    """Of how many generated and real images each score of random images is."""
    one, everything = ({"generated": n, "real": reference.moments.count} for n in (n_images, n_images * n_draws))
    pairs = {"generated": min(MOST_IMAGES, n_images * n_draws), "real": len(reference.sample)}
    of_distances = {"fid_random": one, "fid_random_other_draw": one, "fid_random_all_draws": everything}
    return of_distances | {"fid_random_infinity": everything} | dict.fromkeys(("kid_random", *OF_NEIGHBOURS), pairs)


def _record(
    numbers: dict[str, float],
    intervals: dict[str, Estimate],
    counts: dict[str, dict[str, int]],
    omitted: dict[str, str],
) -> dict[str, Any]:
    return {
        "counts": {name: counts[name] for name in numbers},
        "intervals": {name: estimate._asdict() for name, estimate in intervals.items()},
        "omitted": omitted,
    }
