"""Encoder, bottleneck, decoder: the network of the paper, the same for every data set and method.

The architecture is that of the published code (VRRAE, appendix A.3 names it without sizes): two convolutions and a
linear layer down, a linear layer and four transposed convolutions and one last convolution up.
"""

from importlib import import_module
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.artefacts.methods import Method
from vrrae_bench.models.bottleneck import Bottleneck, Posterior, Sizes
from vrrae_bench.models.convolutions import conv_stride2_relu, conv_transpose_relu, conv_valid
from vrrae_bench.models.layers import Convolution, Linear
from vrrae_bench.system.errors import UserError

ENCODER_CHANNELS = (32, 64)
DECODER_CHANNELS = (32, 256, 128, 32, 8)


class Encoder(eqx.Module):
    """Images to encodings: two 3 x 3 convolutions of stride 2, each with a ReLU, and a linear layer."""

    convolutions: tuple[Convolution, ...]
    linear: Linear

    def __init__(self, image_shape: tuple[int, int, int], width: int, *, key: PRNGKeyArray):
        height, across, channels = image_shape
        *keys, linear_key = jax.random.split(key, len(ENCODER_CHANNELS) + 1)
        self.convolutions = tuple(
            Convolution(conv_stride2_relu, 3, inputs, outputs, key=layer_key)
            for inputs, outputs, layer_key in zip((channels, *ENCODER_CHANNELS), ENCODER_CHANNELS, keys)
        )
        for _ in ENCODER_CHANNELS:
            height, across = -(-height // 2), -(-across // 2)
        self.linear = Linear(height * across * ENCODER_CHANNELS[-1], width, key=linear_key)

    def __call__(self, images: Float[Array, "B H W C"], precision: str | None = None) -> Float[Array, "B E"]:
        """Encodings of a batch of images."""
        for convolution in self.convolutions:
            images = convolution(images, precision)
        return self.linear(images.reshape(len(images), -1), precision)


class Decoder(eqx.Module):
    """Encodings to images: a linear layer, four 3 x 3 transposed convolutions of stride 2 with ReLUs, a convolution.

    The transposed convolutions enlarge d x d to 16 d x 16 d; the last kernel is as large as it takes to cut that down
    to the image.
    """

    linear: Linear
    transposed: tuple[Convolution, ...]
    last: Convolution
    smallest: tuple[int, int, int] = eqx.field(static=True)

    def __init__(self, image_shape: tuple[int, int, int], width: int, *, key: PRNGKeyArray):
        size, across, channels = image_shape
        if size != across:
            raise ValueError(f"the decoder makes square images, not {size} x {across}")
        smallest = -(-size // 16)
        linear_key, last_key, *keys = jax.random.split(key, len(DECODER_CHANNELS) + 1)
        self.smallest = (smallest, smallest, DECODER_CHANNELS[0])
        self.linear = Linear(width, smallest * smallest * DECODER_CHANNELS[0], key=linear_key)
        self.transposed = tuple(
            Convolution(conv_transpose_relu, 3, inputs, outputs, key=layer_key)
            for inputs, outputs, layer_key in zip(DECODER_CHANNELS, DECODER_CHANNELS[1:], keys)
        )
        kernel = 1 + 16 * smallest - size
        self.last = Convolution(conv_valid, kernel, DECODER_CHANNELS[-1], channels, key=last_key)

    def __call__(self, encoding: Float[Array, "B E"], precision: str | None = None) -> Float[Array, "B H W C"]:
        """Images of a batch of encodings."""
        images = self.linear(encoding, precision).reshape(-1, *self.smallest)
        for convolution in self.transposed:
            images = convolution(images, precision)
        return self.last(images, precision)


class Autoencoder(eqx.Module):
    """The network of a method: the common encoder and decoder around its own bottleneck.

    Args:
        method: What tells the method apart.
        image_shape: Height, width, channels.
        sizes: L, k and the number of linear layers.
        key: For the start values.

    Raises:
        UserError: This code has no such bottleneck.
    """

    encoder: Encoder
    bottleneck: Bottleneck
    decoder: Decoder

    def __init__(
        self,
        method: Method,
        image_shape: tuple[int, int, int],
        sizes: Sizes,
        *,
        key: PRNGKeyArray,
    ):
        width = getattr(sizes, method.width)
        encoder_key, bottleneck_key, decoder_key = jax.random.split(key, 3)
        self.encoder = Encoder(image_shape, width, key=encoder_key)
        self.bottleneck = bottleneck_class(method)(sizes, **method.options, key=bottleneck_key)
        self.decoder = Decoder(image_shape, width, key=decoder_key)

    def __call__(
        self, images: Float[Array, "B H W C"], key: PRNGKeyArray, precision: str | None = None
    ) -> tuple[Float[Array, "B H W C"], Posterior]:
        """The training pass: reconstructions of a batch, and the posterior of each image.

        Args:
            precision: Type of the operands of the products in encoder and decoder (`products`); by default that of
                the images. The bottleneck, and with it the truncation, keeps the type of the images.
        """
        coarser = None if precision == images.dtype else precision
        decoder_input, posterior = self.bottleneck(self.encoder(images, coarser), key)
        return self.decoder(decoder_input, coarser), posterior

    def with_bottleneck(self, bottleneck: Bottleneck) -> Self:
        """The same encoder and decoder around another bottleneck."""
        return eqx.tree_at(lambda model: model.bottleneck, self, bottleneck)

    def posterior(self, images: Float[Array | np.ndarray, "B H W C"]) -> Posterior:
        """The posterior of each image, after training."""
        return self.bottleneck.posterior(self.encoder(jnp.asarray(images)))

    def decode(self, point: Float[Array | np.ndarray, "N k"]) -> Float[Array, "N H W C"]:
        """Images for points of the bottleneck, after training, without noise."""
        return self.decoder(self.bottleneck.decode(jnp.asarray(point)))


def bottleneck_class(method: Method) -> type[Bottleneck]:
    """The class of a method's bottleneck. Its module is imported by name, so that no method depends on another's.

    Raises:
        UserError: This code has no such bottleneck.
    """
    name = f"vrrae_bench.{method.module.replace('/', '.')}"
    try:
        found = getattr(import_module(name), method.bottleneck, None)
    except ModuleNotFoundError as error:
        if error.name != name:  # what the module itself imports
            raise
        found = None
    if not (isinstance(found, type) and issubclass(found, Bottleneck)):
        raise UserError(f"{method.module}.py: this code has no bottleneck {method.bottleneck} there.")
    return found
