"""Interpolation between pairs of images, linear in the bottleneck (VRRAE, section 4.2)."""

import numpy as np
from jaxtyping import Float, Int


def random_pairs(n_images: int, n_pairs: int, generator: np.random.Generator) -> Int[np.ndarray, "P 2"]:
    """Pairs of two different images each."""
    first = generator.integers(n_images, size=n_pairs)
    distance = generator.integers(1, n_images, size=n_pairs)
    return np.stack([first, (first + distance) % n_images], axis=1)


def inner_points(
    means: Float[np.ndarray, "N k"], pairs: Int[np.ndarray, "P 2"], n_points: int
) -> Float[np.ndarray, "P*{n_points} k"]:
    """`n_points` evenly spaced inner points of the segment between the means of each pair, pair by pair."""
    share = np.arange(1, n_points + 1) / (n_points + 1)
    start, end = means[pairs[:, 0], None], means[pairs[:, 1], None]
    points = start + share[:, None] * (end - start)
    return points.reshape(-1, means.shape[1])
