"""The three shapes of training whose speed is compared, as in the paper (VRRAE, Tables A.3-1 and A.3-3)."""

from typing import NamedTuple


class Shape(NamedTuple):
    """What decides the cost of a step.

    Attributes:
        image: Height, width, channels.
        latent_size: L.
        bottleneck: k.
    """

    image: tuple[int, int, int]
    latent_size: int
    bottleneck: int
    batch_size: int


SHAPES = {
    "mnist": Shape((28, 28, 1), 100, 16, 576),
    "cifar10": Shape((32, 32, 3), 512, 60, 64),
    "synthetic": Shape((64, 64, 1), 200, 2, 64),
}
BETA = 1e-6
LEARNING_RATE = 1e-3
