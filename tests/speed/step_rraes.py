"""A training step of the published JAX package: what its `fit` compiles and calls for each batch."""

import equinox as eqx
import jax
import numpy as np
import optax
import RRAEs.config  # noqa: F401  (without it the package does not work)
from RRAEs.AE_classes import VRRAE_CNN
from RRAEs.training_classes import RRAE_Trainor_class
from RRAEs.utilities import loss_generator
from shapes import BETA, LEARNING_RATE, Shape


def prepare(shape: Shape, n_steps: int):
    """A function that takes `n_steps` steps, and the number of the model's parameters."""
    height, width, channels = shape.image
    images = np.random.default_rng(0).random((channels, height, width, shape.batch_size), np.float32)
    trainer = RRAE_Trainor_class(
        images,
        VRRAE_CNN,
        latent_size=shape.latent_size,
        channels=channels,
        width=width,
        height=height,
        k_max=shape.bottleneck,
        kwargs_enc={"width_CNNs": [32, 64]},
        kwargs_dec={"width_CNNs": [256, 128, 32, 8]},
        key=jax.random.key(0),
    )
    optimiser = optax.adabelief(LEARNING_RATE)
    loss_of = loss_generator("VRRAE")

    @eqx.filter_jit
    def step(model, images, state, noise):
        variable, fixed = eqx.partition(model, eqx.is_inexact_array)
        (loss, _), gradient = loss_of(
            variable, fixed, images, images, idx=None, epsilon=noise, k_max=shape.bottleneck, beta=BETA
        )
        updates, state = optimiser.update(gradient, state)
        return loss, eqx.combine(eqx.apply_updates(variable, updates), fixed), state

    model, images = trainer.model, jax.numpy.asarray(images)
    state = optimiser.init(eqx.filter(model, eqx.is_inexact_array))
    generator = np.random.default_rng(1)

    def run() -> None:
        nonlocal model, state
        for _ in range(n_steps):
            noise = generator.standard_normal((shape.bottleneck, shape.batch_size), np.float32)
            loss, model, state = step(model, images, state, noise)
            loss.item()  # as its loop does after each step

    return run, sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array)))
