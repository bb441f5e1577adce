"""One seed of the configuration, many independent streams: each purpose draws from its own."""

from typing import Literal, get_args

import numpy as np

Purpose = Literal["data", "initialisation", "batches", "noise", "gmm", "random_images", "interpolation", "extractor"]


def derived_seed(seed: int, purpose: Purpose) -> int:
    """A 32-bit seed for one purpose of one run, independent of the seeds of the other purposes.

    Drawing more for one purpose never shifts what another one draws, and two methods with the same run
    seed see the same batches and the same pairs of images.
    """
    entropy = [seed, get_args(Purpose).index(purpose)]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def generator(seed: int, purpose: Purpose) -> np.random.Generator:
    """The numpy generator of one purpose of one run."""
    return np.random.default_rng(derived_seed(seed, purpose))
