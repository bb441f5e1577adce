"""The time of a training step, of several methods in turn (VRRAE, appendix A.4)."""

import time
from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import numpy as np
import optax

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.runs import RunSpec
from vrrae_bench.training.batches import BatchStream, epoch_ends
from vrrae_bench.training.devices import shardings
from vrrae_bench.training.loop import run_steps, start_state

WARM_UP = 2  # the first compiles, the second still allocates


def step_seconds(specs: Sequence[RunSpec], data: DataSet, turns: int, steps: int) -> dict[str, list[float]]:
    """Seconds per step of each method, a number per turn; the i-th of all methods were measured one after the other.

    A turn is some steps in one compiled program, on batches that lie on the device: forward pass, backward pass and
    optimiser, as in the paper. Whoever calls sees to it that nothing else runs.

    Args:
        specs: A run per method, on the same data with the same batch size.
        steps: Steps per turn.
    """
    contenders = {spec.method: _contender(spec, data, steps) for spec in specs}
    seconds: dict[str, list[float]] = {method: [] for method in contenders}
    for turn in range(WARM_UP + turns):
        for method, run in contenders.items():
            start = time.perf_counter()
            run()
            if turn >= WARM_UP:
                seconds[method].append((time.perf_counter() - start) / steps)
    return seconds


def total_steps(spec: RunSpec, data: DataSet) -> int:
    """Steps of a whole training."""
    return epoch_ends(data.manifest.n_train, spec.batch_size, spec.epochs)[-1]


def _contender(spec: RunSpec, data: DataSet, steps: int) -> Callable[[], None]:
    header = ModelHeader(run=spec, image_shape=data.manifest.image_shape, normalisation=data.manifest.normalisation)
    optimiser = optax.adabelief(spec.learning_rate)
    over_devices, on_each = shardings()
    state, key = eqx.filter_shard((start_state(spec, header, optimiser), jax.random.key(0)), on_each)
    images = data.array("train")
    stream = BatchStream(len(images), spec.batch_size, spec.seed)
    batches = jax.device_put(images[stream.indices(0, steps)], over_devices)
    span = np.array([0, steps])
    weights = np.array([spec.beta or 0, spec.penalty_weight or 0], np.float32)

    def run() -> None:
        nonlocal state
        arguments = (spec.method, spec.precision, optimiser, header.normalisation)
        state = run_steps(*arguments, state, batches, span, key, weights)
        state.sums.loss.block_until_ready()

    return run
