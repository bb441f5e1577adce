"""Which images make up which batch."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from vrrae_bench.seeding import derived_seed


class BatchStream:
    """Batches cut from an endless stream of permutations of the training images: nothing is dropped.

    A batch that crosses the end of a permutation takes the rest from the next. Any stretch can be computed without
    those before it, so a resumed training sees the batches it would have seen.
    """

    def __init__(self, n_images: int, batch_size: int, seed: int):
        self.n_images, self.batch_size = n_images, batch_size
        self._seed = derived_seed(seed, "batches")

    def indices(self, first_step: int, n_steps: int) -> Int[np.ndarray, "S B"]:
        """Indices of the images of `n_steps` batches, from step `first_step` on."""
        start, stop = first_step * self.batch_size, (first_step + n_steps) * self.batch_size
        passes = range(start // self.n_images, (stop - 1) // self.n_images + 1)
        stream = np.concatenate([self._permutation(number) for number in passes])
        offset = passes.start * self.n_images
        return stream[start - offset : stop - offset].reshape(n_steps, self.batch_size)

    def _permutation(self, number: int) -> Int[np.ndarray, " N"]:
        return np.random.default_rng([self._seed, number]).permutation(self.n_images)


def epoch_ends(n_images: int, batch_size: int, epochs: float) -> Sequence[int]:
    """The number of steps after each epoch; the last is round(epochs * N / batch size), the whole training."""
    total = round(epochs * n_images / batch_size)
    ends = (round(epoch * n_images / batch_size) for epoch in range(1, int(epochs) + 1))
    return sorted({end for end in ends if 0 < end < total} | {total})
