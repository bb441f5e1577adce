"""Which images make up which batch, and their way from the disk to the devices."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
from jax.sharding import NamedSharding
from jaxtyping import Array, Int, Num

from vrrae_bench.datasets.store import Images
from vrrae_bench.system.seeding import derived_seed

# The number of steps between two looks at the clock and at signals. It is smaller if the images of these steps have
# more than STRETCH_BYTES.
LONGEST_STRETCH = 20
STRETCH_BYTES = 2**26


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


def stretches(step: int, ends: Sequence[int], longest: int) -> Iterator[range]:
    """The steps from `step` to the last of `ends`, in stretches that end with each epoch at the latest."""
    for end in ends:
        while step < end:
            yield range(step, min(step + longest, end))
            step = min(step + longest, end)


class BatchFeed:
    """The batches of a training, read (from disk, as a rule) while the ones before are trained on.

    Args:
        over_devices: How the images of a batch are spread over devices; a process reads those of its own.
    """

    def __init__(self, images: Images, stream: BatchStream, over_devices: NamedSharding):
        self._images, self._stream, self._over_devices = images, stream, over_devices
        batch_bytes = stream.batch_size * int(np.prod(images.shape[1:])) * images.dtype.itemsize
        self.longest = max(1, min(LONGEST_STRETCH, STRETCH_BYTES // batch_bytes))

    def __call__(self, step: int, ends: Sequence[int]) -> Iterator[tuple[range, Num[Array, "S B H W C"]]]:
        """The steps from `step` on, stretch by stretch, each with its batches.

        All arrays have the length of the longest stretch, so that one program serves all; what lies behind the last
        batch is zero.
        """
        with ThreadPoolExecutor(max_workers=1) as reader:
            waiting = None
            for steps in stretches(step, ends, self.longest):
                following = steps, reader.submit(self._read, steps)
                if waiting:
                    yield waiting[0], waiting[1].result()
                waiting = following
            if waiting:
                yield waiting[0], waiting[1].result()

    def images(self, step: int) -> Num[np.ndarray, "B H W C"]:
        """The stored images of one batch."""
        return self._images[self._stream.indices(step, 1)[0]]

    def _read(self, steps: range) -> Num[Array, "S B H W C"]:
        indices = self._stream.indices(steps.start, len(steps))

        def part(index: tuple[slice, ...] | None) -> Num[np.ndarray, "S b H W C"]:
            assert index is not None  # as it would be for a device of another process, of which none is asked for
            own = indices[:, index[1]]
            images = np.zeros((self.longest, own.shape[1], *self._images.shape[1:]), self._images.dtype)
            images[: len(steps)] = self._images[own]
            return images

        shape = (self.longest, self._stream.batch_size, *self._images.shape[1:])
        return jax.make_array_from_callback(shape, self._over_devices, part)
