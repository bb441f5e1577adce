"""A training step of this project: the compiled loop of `training.loop`."""

import os
import sys
from pathlib import Path

import numpy as np
from shapes import BETA, LEARNING_RATE, Shape

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.training.devices import configure_jax

configure_jax(os.environ.get("STEP_ACCELERATOR", "cpu"), int(os.environ.get("STEP_THREADS", os.cpu_count() or 1)))

import equinox as eqx
import jax
import jax.numpy as jnp

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.models.methods import truncated_svd, variational_svd
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.training import loop
from vrrae_bench.training.devices import shardings


def prepare(shape: Shape, n_steps: int, method: str = "vrrae", n_seeds: str = "1", precision: str = "float32"):
    """A function that takes `n_steps` steps, and the number of the model's parameters.

    Args:
        method: One of `models/methods`, or `untruncated`: VRRAE's network with the truncation taken out of it.
        n_seeds: So many trainings in one program, by `vmap`.
        precision: Type of the operands of the products.
    """
    if method == "untruncated":
        method, truncated_svd.truncated_coefficients = "vrrae", _first_rows
    spec = RunSpec(
        dataset="none",
        method=method,
        beta=BETA,
        latent_size=shape.latent_size,
        bottleneck=shape.bottleneck,
        epochs=1,
        batch_size=shape.batch_size,
        learning_rate=LEARNING_RATE,
        precision=precision,
        seed=0,
        variant="none",
    )
    header = ModelHeader(run=spec, image_shape=shape.image, normalisation=Normalisation(shift=0, scale=255))
    settings = loop.StepSettings.of(header)
    over_devices, on_each = shardings()
    state, key = eqx.filter_shard((loop.start_state(header), jax.random.key(0)), on_each)
    n_parameters = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(_trained(state.model), eqx.is_inexact_array)))
    images = np.random.default_rng(0).integers(0, 256, (n_steps, shape.batch_size, *shape.image), np.uint8)
    batches = jax.device_put(images, over_devices)
    span, weights = np.array([0, n_steps]), np.array([BETA, 0], np.float32)

    def step(state, batches, key):
        return loop.run_steps(settings, state, batches, span, key, weights)

    if int(n_seeds) > 1:
        step = eqx.filter_jit(eqx.filter_vmap(step))
        arrays, static = eqx.partition(state, eqx.is_array)
        arrays, batches, key = jax.tree.map(lambda leaf: jnp.stack([leaf] * int(n_seeds)), (arrays, batches, key))
        state = eqx.combine(arrays, static)

    def run() -> None:
        nonlocal state
        state = step(state, batches, key)
        state.sums.loss.block_until_ready()

    return run, n_parameters


def _trained(model):
    """The model without the basis of the batch before, which VRRAE carries along."""
    if not isinstance(model.bottleneck, variational_svd.VariationalSVD):
        return model
    return eqx.tree_at(lambda m: m.bottleneck.last_basis, model, None)


def _first_rows(latent, k, **_):
    return jnp.eye(len(latent), k), latent[:k]
