"""The shapes inside a model, read off the model itself: it is run on shapes, and nothing is computed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottleneck import Sizes
from vrrae_bench.models.convolutions import conv_stride2_relu, conv_transpose_relu, conv_valid
from vrrae_bench.models.layers import Convolution, Linear
from vrrae_bench.models.truncation import truncated_coefficients

Shape = tuple[int, ...]

CONVOLUTIONS = {
    conv_stride2_relu: "convolution {0} × {0}, stride 2, ReLU",
    conv_transpose_relu: "transposed convolution {0} × {0}, stride 2, ReLU",
    conv_valid: "convolution {0} × {0}",
}


class Layer(NamedTuple):
    """A layer and the shape of its output for one image."""

    name: str
    shape: Shape


class Architecture(NamedTuple):
    """The layers of encoder and decoder, and the matrices between them, which have a column for each image of a batch.

    Attributes:
        latent: Y, what the encoder makes of a batch.
        basis: U; none for a method that does not truncate.
        coefficients: alpha; none for a method that does not truncate.
        mean_map: Whether the mean is the `identity` of its input, or a `linear` map; none for a deterministic method.
        mean: The means of the posteriors.
        log_variance: The log-variances of the posteriors; none for a deterministic method.
        decoder_input: What the decoder reads.
    """

    encoder: list[Layer]
    latent: Shape
    basis: Shape | None
    coefficients: Shape | None
    mean_map: str | None
    mean: Shape
    log_variance: Shape | None
    decoder_input: Shape
    decoder: list[Layer]


def architecture(run: RunSpec, image_shape: tuple[int, int, int]) -> Architecture:
    """The architecture of a run's method in the sizes of the run, for images of this height, width and channels."""
    key = jax.eval_shape(lambda: jax.random.key(0))
    sizes = Sizes(run.latent_size, run.bottleneck, run.linear_layers)
    model = eqx.filter_eval_shape(Autoencoder, run.definition, image_shape, sizes, key=key)
    images = jax.ShapeDtypeStruct((run.batch_size, *image_shape), jnp.float32)
    encoder, latent = _layers(model.encoder, images)
    decoder_input, posterior = eqx.filter_eval_shape(model.bottleneck, latent, key)
    decoder, _ = _layers(model.decoder, decoder_input)
    basis = coefficients = None
    if run.definition.truncates:
        basis, coefficients = jax.eval_shape(lambda rows: truncated_coefficients(rows.T, run.bottleneck), latent)
    return Architecture(
        encoder=encoder,
        latent=latent.shape[::-1],
        basis=basis and basis.shape,
        coefficients=coefficients and coefficients.shape,
        mean_map=run.definition.options.get("mean"),
        mean=posterior.mean.shape[::-1],
        log_variance=posterior.log_variance and posterior.log_variance.shape[::-1],
        decoder_input=decoder_input.shape[::-1],
        decoder=decoder,
    )


class _Noted(eqx.Module):
    """A layer that notes its name and the shape of its output when it is called."""

    layer: Convolution | Linear
    note: Callable[[Layer], None] = eqx.field(static=True)

    def __call__(self, x: jax.Array, precision: str | None = None) -> jax.Array:
        output = self.layer(x, precision)
        self.note(Layer(_name(self.layer), output.shape[1:]))
        return output


def _layers(module: eqx.Module, x: jax.ShapeDtypeStruct) -> tuple[list[Layer], jax.ShapeDtypeStruct]:
    """The layers that the module calls for this input, in order, and its output."""
    notes: list[Layer] = []
    noted = jax.tree.map(
        lambda node: _Noted(node, notes.append) if _is_layer(node) else node, module, is_leaf=_is_layer
    )
    return notes, eqx.filter_eval_shape(noted, x)


def _is_layer(node: Any) -> bool:
    return isinstance(node, Convolution | Linear)


def _name(layer: Convolution | Linear) -> str:
    return CONVOLUTIONS[layer.function].format(len(layer.kernel)) if isinstance(layer, Convolution) else "linear"
