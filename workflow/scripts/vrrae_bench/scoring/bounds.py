"""Scores of real images and of noise, between which the scores of random images are to be read.

The scores called `floor` are those of test images: a model that draws from the distribution of the images would score
as much. The scores called `copies` are those of training images. They are lower, because features are compared with
those of training images and the network was tuned on them: a model that copies training images would score as much. The
scores called `ceiling` are those of noise.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, UInt8

from vrrae_bench.datasets.store import DataSet, StoredArray
from vrrae_bench.scoring.fidelity import Scores, random_counts, random_scores
from vrrae_bench.scoring.frechet import Moments, frechet_distance
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.scoring.sharpness import sharpness_scores
from vrrae_bench.system.seeding import generator

# Scores that can be compared whatever the number of images.
UNBIASED = ("fid_random_infinity", "kid_random")

# The number of test images, and of images of noise, that decide whether features tell the two apart, and the number of
# parts of each. If features do not, the five parts of noise are all farther than the five of test images by chance in
# one of the 252 possible orders, which is 0.4 %.
IMAGES_APART, PARTS_APART = 1000, 5

Draws = Iterator[UInt8[np.ndarray, "N H W C"]]


@runtime_checkable
class FeatureNetwork(Protocol):
    """What computes features, usually an `extractor.inception.FeatureExtractor`."""

    def features(self, images: UInt8[np.ndarray, "N H W C"], /) -> Float32[np.ndarray, "N D"]:
        """A row for each image."""
        ...


def bounds(
    network: FeatureNetwork, reference: Reference, data: DataSet, n_images: int, n_draws: int, seed: int
) -> dict[str, Scores]:
    """The scores of test images, training images and noise in place of random images, as many as a run draws.

    Real images come in random order, each of them once. If there are too few for all draws, the scores that depend on
    their number are left out.
    """
    draws = {
        "floor": real_draws(data.array("test"), n_images, n_draws, seed),
        "copies": real_draws(data.array("train"), n_images, n_draws, seed),
        "ceiling": noise_draws(data, n_images, n_draws, seed),
    }
    return {name: _scores(network, reference, data, found, n_images, n_draws) for name, found in draws.items()}


def noise_apart(network: FeatureNetwork, moments: Moments, data: DataSet, seed: int) -> dict[str, Any]:
    """Whether noise is farther from the training images than test images are, part by part, in equal numbers.

    Bounds need as many test images as a run draws; this needs ten, so that it can be asked of small data sets too. With
    fewer images nothing is shown, and noise does not count as farther.

    Returns:
        The entry of reference.json: the number of images, the FID of each part, and `noise_is_farther`. If there are
        at least a hundred images, also `share_of_few`: the share of the variance of the features of test images that
        the hundredth of them with the largest share has, and the number of these `few`.
    """
    n = min(IMAGES_APART, len(data.array("test")))
    if n < 2 * PARTS_APART:
        return {"images": n, "fid_test_images": [], "fid_noise": [], "noise_is_farther": False}
    images, noise = (
        network.features(next(draws))
        for draws in (real_draws(data.array("test"), n, 1, seed), noise_draws(data, n, 1, seed))
    )
    of_images, of_noise = (
        [frechet_distance(moments, part) for part in np.array_split(features, PARTS_APART)]
        for features in (images, noise)
    )
    few = n // 100
    return {
        "images": n,
        "fid_test_images": of_images,
        "fid_noise": of_noise,
        "noise_is_farther": min(of_noise) > max(of_images),
        **({"few": few, "share_of_few": _share_of_few(images, few)} if few else {}),
    }


def _share_of_few(features: Float32[np.ndarray, "N D"], few: int) -> float:
    """The share of the variance of features that the few images with the largest share have. 0 if nothing varies."""
    squares = ((features - features.mean(axis=0, dtype=np.float64)) ** 2).sum(axis=1)
    return float(np.sort(squares)[-few:].sum() / squares.sum()) if squares.any() else 0.0


def real_draws(images: UInt8[np.ndarray, "M H W C"] | StoredArray, n_images: int, n_draws: int, seed: int) -> Draws:
    """Images at random, without replacement; fewer draws if they do not suffice."""
    order = generator(seed, "data").permutation(len(images))
    for number in range(min(n_draws, len(images) // n_images)):
        yield images[order[number * n_images : (number + 1) * n_images]]


def noise_draws(data: DataSet, n_images: int, n_draws: int, seed: int) -> Draws:
    """Images of the same size with every value of every pixel uniform over the bytes, and independent."""
    noise = generator(seed, "random_images")
    for _ in range(n_draws):
        yield noise.integers(0, 256, (n_images, *data.array("test").shape[1:]), dtype=np.uint8)


def _scores(
    network: FeatureNetwork, reference: Reference, data: DataSet, draws: Draws, n_images: int, n_draws: int
) -> Scores:
    features, sharpness = [], {}
    for draw in draws:  # one draw of images is in memory at a time
        sharpness = sharpness or sharpness_scores({"random": draw}, data.array("test"))
        features.append(network.features(draw))
    wanted = random_counts(reference, n_images, n_draws)
    if not features:
        return Scores({}, {"omitted": dict.fromkeys(wanted, f"there are fewer than {n_images} real images")})
    scores = random_scores(reference, features)
    counts = scores.details["counts"]
    too_few = {name for name, count in counts.items() if count != wanted[name] and name not in UNBIASED}

    def of_enough(found: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if name not in too_few}

    why = f"real images for {len(features)} of {n_draws} draws only"
    omitted = scores.details["omitted"] | dict.fromkeys(sorted(too_few), why)
    left = {name: of_enough(scores.details[name]) for name in ("counts", "intervals")}
    return Scores(sharpness | of_enough(scores.numbers), scores.details | left | {"omitted": omitted})
