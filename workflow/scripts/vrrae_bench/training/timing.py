"""The times of training steps of several methods, measured in turn (VRRAE, appendix A.4).

A step is timed alone, and with all that a training does around it. The caller makes sure that no other timing runs.
`OtherWork` measures what other programs compute meanwhile.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Num

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.training.batches import BatchFeed, BatchStream, epoch_ends
from vrrae_bench.training.devices import shardings
from vrrae_bench.training.loop import StepSettings, loss_weights, run_steps, start_state
from vrrae_bench.training.other_work import OtherWork

WARM_UP = 2  # the first compiles, the second still allocates
TRAINING_TURNS = 2  # so that each method is once the first


def step_seconds(
    specs: Sequence[RunSpec], data: DataSet, turns: int, steps: int, others: OtherWork
) -> dict[str, list[float]]:
    """Seconds per step of each method, a number per turn. In each turn the methods were timed one after the other.

    A turn is some steps in one compiled program, on batches that lie on the device: forward pass, backward pass and
    optimiser, as in the paper.

    Args:
        specs: A run per method, on the same data with the same batch size.
        steps: Steps per turn.
        others: Watches the turns.
    """
    contenders = {spec.method: partial(_Timed(spec, data).on_device, steps) for spec in specs}
    alternately(contenders, WARM_UP)
    with others.watched():
        return alternately(contenders, turns)


def training_step_seconds(
    specs: Sequence[RunSpec], data: DataSet, steps: int, others: OtherWork
) -> dict[str, list[float]]:
    """Seconds per step of each method within a training, a number per turn.

    A turn is a training that reads its batches from the disk and looks at its losses now and then, after its first
    stretch of steps, in which it is compiled. It writes no checkpoint.

    Args:
        specs: A run per method, on the same data with the same batch size.
        steps: Least number of steps per turn.
        others: Watches the turns.
    """
    contenders = {spec.method: partial(_Timed(spec, data).in_training, steps) for spec in specs}
    with others.watched():
        return alternately(contenders, TRAINING_TURNS)


def alternately(contenders: Mapping[str, Callable[[], float]], turns: int) -> dict[str, list[float]]:
    """What each contender returns, turn by turn; every other turn in the opposite order, so that none is always first.

    >>> alternately({"a": lambda: 1.0, "b": lambda: 2.0}, turns=2)
    {'a': [1.0, 1.0], 'b': [2.0, 2.0]}
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(turns):
        for name in list(contenders)[:: -1 if turn % 2 else 1]:
            found[name].append(contenders[name]())
    return found


def total_steps(spec: RunSpec, data: DataSet) -> int:
    """Steps of a whole training."""
    return epoch_ends(data.manifest.n_train, spec.batch_size, spec.epochs)[-1]


class _Timed:
    """A training whose steps are timed, and of which nothing is kept."""

    def __init__(self, spec: RunSpec, data: DataSet):
        header = ModelHeader(run=spec, image_shape=data.manifest.image_shape, normalisation=data.manifest.normalisation)
        self._program = partial(run_steps, StepSettings.of(header))
        self._over_devices, on_each = shardings()
        start = start_state(header), jax.random.key(0)
        self._state, self._key = eqx.filter_shard(start, on_each)
        self._weights = loss_weights(spec)
        self._images = data.array("train")
        self._stream = BatchStream(len(self._images), spec.batch_size, spec.seed)

    def on_device(self, steps: int) -> float:
        """Seconds per step, over `steps` steps whose batches are already on the device."""
        batches = jax.device_put(self._images[self._stream.indices(0, steps)], self._over_devices)
        return self._seconds_per_step([(range(steps), jax.block_until_ready(batches))])

    def in_training(self, steps: int) -> float:
        """Seconds per step, over at least `steps` steps with what a training does around them."""
        feed = BatchFeed(self._images, self._stream, self._over_devices)
        batch_size, n_images = self._stream.batch_size, self._stream.n_images
        # A stretch is read while the stretch before is computed. The first stretch was read in advance, so it is not
        # timed. One stretch more is read than is timed.
        n_steps = 2 * feed.longest + steps
        stretches = feed(0, epoch_ends(n_images, batch_size, n_steps * batch_size / n_images))
        self._seconds_per_step([next(stretches)])
        return self._seconds_per_step(_first(steps, stretches))

    def _seconds_per_step(self, stretches: Iterable[tuple[range, Num[Array, "S B H W C"]]]) -> float:
        start, n_steps = time.perf_counter(), 0
        for steps, batches in stretches:
            span = np.array([steps.start, steps.stop])
            self._state = self._program(self._state, batches, span, self._key, self._weights)
            self._state.sums.means(len(steps))  # waits for the device
            n_steps += len(steps)
        return (time.perf_counter() - start) / n_steps


def _first(steps: int, stretches: Iterator[tuple[range, Any]]) -> Iterator[tuple[range, Any]]:
    """Stretches of at least `steps` steps together."""
    while steps > 0 and (stretch := next(stretches, None)):
        yield stretch
        steps -= len(stretch[0])
