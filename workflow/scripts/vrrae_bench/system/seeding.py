"""Independent streams of random numbers for each purpose, all derived from one seed of the configuration."""

from typing import Literal, get_args

import numpy as np

Purpose = Literal["data", "initialisation", "batches", "noise", "gmm", "random_images", "interpolation", "extractor"]


def derived_seed(seed: int, purpose: Purpose) -> int:
    """A 32-bit seed for one purpose of a run. It is independent of the seeds of the other purposes.

    If more numbers are drawn for one purpose, the numbers for other purposes stay the same. Two methods whose runs have
    the same seed see the same batches and the same pairs of images.
    """
    entropy = [seed, get_args(Purpose).index(purpose)]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def generator(seed: int, purpose: Purpose) -> np.random.Generator:
    """The generator of numpy for one purpose of a run."""
    return np.random.default_rng(derived_seed(seed, purpose))
