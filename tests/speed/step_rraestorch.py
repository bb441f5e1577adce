"""A training step of the published torch package: what its `fit` calls for each batch."""

import numpy as np
import RRAEsTorch.config  # noqa: F401  (without it the package does not work)
import torch
from RRAEsTorch.AE_classes import VRRAE_CNN
from RRAEsTorch.training_classes import RRAE_Trainor_class
from RRAEsTorch.utilities import loss_generator
from shapes import BETA, LEARNING_RATE, Shape


def prepare(shape: Shape, n_steps: int):
    """A function that takes `n_steps` steps, and the number of the model's parameters."""
    height, width, channels = shape.image
    images = torch.tensor(np.random.default_rng(0).random((shape.batch_size, channels, height, width), np.float32))
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
    )
    model = trainer.model
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(parameters, lr=LEARNING_RATE)  # its default; torch has no AdaBelief
    loss_of = loss_generator("VRRAE", None)
    generator = np.random.default_rng(1)

    def run() -> None:
        for _ in range(n_steps):
            noise = torch.from_numpy(generator.standard_normal((shape.batch_size, shape.bottleneck), np.float32))
            optimiser.zero_grad(set_to_none=True)
            loss, _ = loss_of(model, images, images, idx=None, epsilon=noise, k_max=shape.bottleneck, beta=BETA)
            loss.backward()
            optimiser.step()
            loss.item()  # as its loop does after each step

    return run, sum(parameter.numel() for parameter in parameters)
