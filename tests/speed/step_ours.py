"""A training step of this project: the compiled loop of `training.loop`, with its gathering of batches."""

import os
import sys
from pathlib import Path

import numpy as np
from shapes import BETA, LEARNING_RATE, Shape

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.training.devices import configure_jax

configure_jax("cpu", os.cpu_count())

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from vrrae_bench.datasets.store import Normalisation
from vrrae_bench.models import bottlenecks
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.runs import RunSpec
from vrrae_bench.training import loop
from vrrae_bench.training.devices import shardings

N_IMAGES = 2048


def prepare(shape: Shape, n_steps: int, method: str = "vrrae"):
    """A function that takes `n_steps` steps, and the number of the model's parameters.

    Args:
        method: One of the registry, or `untruncated`: VRRAE's network with the truncation taken out of it.
    """
    if method == "untruncated":
        method, bottlenecks.truncated_coefficients = "vrrae", _first_rows
    spec = RunSpec(
        dataset="none",
        method=method,
        beta=BETA,
        latent_size=shape.latent_size,
        bottleneck=shape.bottleneck,
        epochs=1,
        batch_size=shape.batch_size,
        learning_rate=LEARNING_RATE,
        seed=0,
        variant="none",
    )
    header = ModelHeader(run=spec, image_shape=shape.image, normalisation=Normalisation(shift=0, scale=255))
    optimiser = optax.adabelief(LEARNING_RATE)
    over_devices, on_each = shardings()
    state = eqx.filter_shard(loop._start(spec, header, optimiser), on_each)
    generator = np.random.default_rng(0)
    images = jax.device_put(generator.integers(0, 256, (N_IMAGES, *shape.image), np.uint8), on_each)
    indices = generator.integers(0, N_IMAGES, (loop.SEGMENT, shape.batch_size), np.int32)
    key = jax.random.key(0)

    def run() -> None:
        nonlocal state
        span = jnp.array([0, n_steps])
        state = loop._run_steps(optimiser, header.normalisation, BETA, over_devices, state, images, indices, span, key)
        state.sums.loss.block_until_ready()

    return run, sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(state.model, eqx.is_inexact_array)))


def _first_rows(latent, k):
    return jnp.eye(len(latent), k), latent[:k]
