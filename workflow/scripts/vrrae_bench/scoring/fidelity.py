"""How near generated images are to real images in their features: the paper's FID, and scores with less bias.

The FID is biased by the number of images. The bias depends on the model (Chong and Forsyth 2020), so comparing equal
numbers of images does not cancel it. The paper's FID is of one draw. Beside it stand the mean of the FID over draws,
the FID of all draws together and its limit for infinitely many images; the kernel distance, which has no such bias; and
precision, recall, density and coverage, which tell bad images from missing images. The number of images and an interval
are recorded with each score.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Num

from vrrae_bench.scoring.frechet import Moments, frechet_distance, frechet_distances
from vrrae_bench.scoring.intervals import Estimate, jackknife, mean_estimate
from vrrae_bench.scoring.kernel_distance import kernel_distance
from vrrae_bench.scoring.limits import MOST_COMPARED
from vrrae_bench.scoring.neighbours import NEIGHBOURS, Neighbourhoods, neighbourhoods
from vrrae_bench.scoring.reference import Reference

# The limit for infinitely many images is extrapolated from at least this number of images (Chong and Forsyth 2020).
FEWEST_FOR_LIMIT = 5000
# Number of independent parts for the jackknife: the number of draws in config.yaml.
PARTS = 8
OF_NEIGHBOURS = tuple(f"{name}_random" for name in Neighbourhoods._fields)

# `_`: where a function takes several sets, each may have another number of images.
Features = Float32[np.ndarray, "_ D"]
Images = Num[np.ndarray, "_ ..."]
Counts = Mapping[str, Mapping[str, int]]


class Scores(NamedTuple):
    """A part of scores.json.

    Attributes:
        numbers: The numbers at its top level.
        details: The entries of its `details`.
    """

    numbers: dict[str, float]
    details: dict[str, Any]


def combined(parts: Sequence[Scores]) -> Scores:
    """Several parts as one part, with their numbers and their details. Entries that are dictionaries are merged."""
    numbers, details = {}, {}
    for part in parts:
        numbers |= part.numbers
        for name, value in part.details.items():
            details[name] = details.get(name, {}) | value if isinstance(value, dict) else value
    return Scores(numbers, details)


def random_scores(reference: Reference, draws: Sequence[Features]) -> Scores:
    """Every score of randomly generated images, of which there are independent draws of equal size.

    The paper's FID, `fid_random`, is of the first draw, and `fid_random_other_draw` is of the second. `fid_random_mean`
    is the mean over all draws, with an interval for the expected FID of a single draw. All other scores are of all
    draws together, or of the first images of them. A score that needs more images is left out, and `omitted` says why.
    """
    images, counts = np.concatenate(draws), random_counts(reference, len(draws[0]), len(draws))
    return combined(
        [
            _of_single_draws(reference, draws, counts),
            _of_all_draws(reference, images, counts),
            _of_neighbours(reference, images[:MOST_COMPARED], len(images), counts),
        ]
    )


def _of_single_draws(reference: Reference, draws: Sequence[Features], counts: Counts) -> Scores:
    found = [frechet_distance(reference.moments, draw) for draw in draws]
    numbers, intervals = {"fid_random": found[0]}, {}
    if len(draws) > 1:
        intervals["fid_random_mean"] = mean_estimate(found)
        numbers |= {"fid_random_other_draw": found[1], "fid_random_mean": intervals["fid_random_mean"].value}
    return Scores(numbers, {"fid_random_draws": found} | _record(numbers, intervals, counts, {}))


def _of_all_draws(reference: Reference, images: Features, counts: Counts) -> Scores:
    intervals, omitted = {}, {}
    enough = len(images) * (PARTS - 1) // PARTS >= FEWEST_FOR_LIMIT
    if len(images) >= 2 * PARTS:
        of_all = jackknife(*frechet_distances(reference.moments, np.array_split(images, PARTS)))
        intervals["fid_random_all_draws"] = of_all.whole
        if enough:
            intervals["fid_random_infinity"] = of_all.limit
    if not enough:
        omitted["fid_random_infinity"] = (
            f"{len(images)} images: without one of {PARTS} parts, at least {FEWEST_FOR_LIMIT} have to remain"
        )
    numbers = {name: estimate.value for name, estimate in intervals.items()}
    if not numbers:
        numbers["fid_random_all_draws"] = frechet_distance(reference.moments, images)
    return Scores(numbers, _record(numbers, intervals, counts, omitted))


def _of_neighbours(reference: Reference, images: Features, available: int, counts: Counts) -> Scores:
    """Scores that compare all pairs of images, and are therefore computed from a part of the images."""
    names = ("kid_random", *OF_NEIGHBOURS)
    details = {"neighbours": NEIGHBOURS}
    if available <= NEIGHBOURS:
        omitted = dict.fromkeys(names, f"{available} images: more than {NEIGHBOURS} are needed")
        return Scores({}, details | _record({}, {}, counts, omitted))
    kernel = kernel_distance(images, reference.sample, reference.kernel_sums)
    values = (kernel.value, *neighbourhoods(images, reference.sample, reference.radii))
    numbers = dict(zip(names, values, strict=True))
    return Scores(numbers, details | _record(numbers, {"kid_random": kernel}, counts, {}))


def fid_scores(moments: Moments, sets: Mapping[str, Sequence[Features]]) -> Scores:
    """FID of sets of images, each in independent parts of like size, under the name of the set; and its interval.

    The interval comes from a jackknife over the parts. It is an interval of the mean FID of so many images. A set of a
    single part has no interval.
    """
    numbers, intervals, counts = {}, {}, {}
    for name, parts in sets.items():
        if len(parts) > 1:
            intervals[name] = jackknife(*frechet_distances(moments, parts)).whole
            numbers[name] = intervals[name].value
        else:
            numbers[name] = frechet_distance(moments, parts[0])
        counts[name] = {"generated": sum(map(len, parts)), "real": moments.count}
    return Scores(numbers, _record(numbers, intervals, counts, {}))


def fid_by_position(moments: Moments, features: Features, n_positions: int, most: int) -> Scores:
    """FID of the images at each position between the two images of a pair, from the first to the second, as a list.

    These FIDs are of fewer images than `fid_interpolation`, so their bias is larger. FIDs of as many random images have
    the same bias. There are no such FIDs of a single pair.

    Args:
        features: The features of interpolated images, pair by pair.
        most: Number of pairs that are taken, if there are more.
    """
    n_images = min(most, len(features) // n_positions)
    if n_images < 2:
        return Scores({}, {})
    pairs = features[: n_images * n_positions]
    found = [frechet_distance(moments, pairs[position::n_positions]) for position in range(n_positions)]
    counts = {"fid_interpolation_by_position": {"generated": n_images, "real": moments.count}}
    return Scores({}, {"fid_interpolation_by_position": found, "counts": counts})


def independent_parts(images: Images, together: int = 1) -> list[Images]:
    """Images, or their features, in as many parts as the jackknife has; in a single one if there are too few.

    Args:
        together: Number of consecutive images that stay in one part, since they are not independent: those between one
            pair of images.
    """
    parts = np.array_split(np.arange(0, len(images), together), PARTS)
    return np.split(images, [part[0] for part in parts[1:]]) if len(parts[-1]) else [images]


def random_counts(reference: Reference, n_images: int, n_draws: int) -> dict[str, dict[str, int]]:
    """Of how many generated and real images each score of random images is."""
    one, everything = ({"generated": n, "real": reference.moments.count} for n in (n_images, n_images * n_draws))
    pairs = {"generated": min(MOST_COMPARED, n_images * n_draws), "real": len(reference.sample)}
    of_one = dict.fromkeys(("fid_random", "fid_random_other_draw", "fid_random_mean"), one)
    of_all = dict.fromkeys(("fid_random_all_draws", "fid_random_infinity"), everything)
    return of_one | of_all | dict.fromkeys(("kid_random", *OF_NEIGHBOURS), pairs)


def _record(
    numbers: dict[str, float],
    intervals: dict[str, Estimate],
    counts: Counts,
    omitted: dict[str, str],
) -> dict[str, Any]:
    return {
        "counts": {name: counts[name] for name in numbers},
        "intervals": {name: estimate._asdict() for name, estimate in intervals.items()},
        "omitted": omitted,
    }
