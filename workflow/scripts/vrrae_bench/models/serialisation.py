"""A trained model in one file: a line of JSON that tells how to build it, then its numbers. No pickle.

Such a file loads without this project's configuration:

    model, header = load_model("results/runs/mnist/vrrae/beta=1e-6,batch=576/seed=0/model.eqx")
    means = model.posterior(header.normalisation.apply(images)).mean
"""

import json
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
from pydantic import ValidationError

from vrrae_bench.datasets.store import Normalisation
from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottlenecks import Sizes, TruncatedSVD
from vrrae_bench.runs import RunSpec, Specification


class ModelHeader(Specification):
    """What it takes to rebuild a model and to feed it, and how it was trained.

    Attributes:
        run: Method, sizes and hyper-parameters.
        image_shape: Height, width, channels.
        normalisation: From stored images to what the model sees, and back.
    """

    run: RunSpec
    image_shape: tuple[int, int, int]
    normalisation: Normalisation

    def build(self, key: jax.Array) -> Autoencoder:
        """An untrained model of this description."""
        sizes = Sizes(self.run.latent_size, self.run.bottleneck, self.run.linear_layers)
        return Autoencoder(self.run.method, self.image_shape, sizes, key=key)


def with_basis(model: Autoencoder, basis: jax.Array) -> Autoencoder:
    """The model with the basis of its truncation set."""
    return eqx.tree_at(lambda m: m.bottleneck, model, model.bottleneck.with_basis(basis))


def save_model(path: str | Path, model: Autoencoder, header: ModelHeader) -> None:
    """Write a trained model, atomically."""
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        file.write(header.model_dump_json().encode() + b"\n")
        eqx.tree_serialise_leaves(file, model)


def load_model(path: str | Path) -> tuple[Autoencoder, ModelHeader]:
    """Read a trained model and its description.

    Raises:
        UserError: Not a model file, or damaged.
    """
    try:
        with open(path, "rb") as file:
            header = ModelHeader.model_validate(json.loads(file.readline()))
            return eqx.tree_deserialise_leaves(file, _skeleton(header)), header
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValidationError, ValueError, EOFError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: is not a model file, or is damaged ({reason}). Delete it and train again.") from None


def _skeleton(header: ModelHeader) -> Autoencoder:
    """A model of the right shapes, without computing a start value for any of its numbers."""

    def build():
        model = header.build(jax.random.key(0))
        if isinstance(model.bottleneck, TruncatedSVD):
            model = with_basis(model, jnp.zeros((header.run.latent_size, header.run.bottleneck)))
        return model

    return eqx.filter_eval_shape(build)
