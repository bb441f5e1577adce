"""A trained model in one file: a line of JSON that tells how to build it, then its numbers. No pickle.

Such a file loads without this project's configuration:

    model, header = load_model("results/runs/mnist/vrrae/beta=1e-6,batch=576/seed=0/model.eqx")
    means = model.posterior(header.normalisation.apply(images)).mean
"""

import json
from pathlib import Path
from typing import BinaryIO

import equinox as eqx
import jax
import jax.numpy as jnp

from vrrae_bench.datasets.store import Normalisation
from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottlenecks import Sizes, TruncatedSVD
from vrrae_bench.models.registry import METHODS
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
    """Read a trained model and its description. Its numbers are float32, whatever JAX's settings.

    Raises:
        UserError: Not a model file, cut short or damaged, or of a network that this code does not build.
    """
    try:
        with open(path, "rb") as file:
            header = ModelHeader.model_validate(json.loads(file.readline()))
            if header.run.method not in METHODS:
                raise UserError(
                    f"{path}: was trained by the method '{header.run.method}', which this code does not have. Load it "
                    "with the code that wrote it: run.json beside it names the commit."
                )
            return _read_numbers(path, file, _skeleton(header)), header
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Look whether the path is right.") from None
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: is not a model file, or is damaged ({reason}). {_remedy(path)}") from None


def _read_numbers(path: str | Path, file: BinaryIO, skeleton: Autoencoder) -> Autoencoder:
    jax.devices()  # a device that JAX cannot use is no fault of the file
    try:
        return eqx.tree_deserialise_leaves(file, skeleton)
    except RuntimeError as error:
        cause: BaseException = error
        while cause.__cause__:  # Equinox puts the place in the model around what numpy found
            cause = cause.__cause__
        reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    if isinstance(cause, RuntimeError):
        raise UserError(
            f"{path}: its numbers do not fit the network that this code builds from its description ({reason}). If "
            "another version of this code wrote it, load it with that version: run.json beside it names the commit. "
            f"Else it is damaged. {_remedy(path)}"
        )
    raise UserError(f"{path}: is cut short or damaged ({reason}). {_remedy(path)}")


def _remedy(path: str | Path) -> str:
    return f"Copy it again from where it came from, or train it again with: snakemake --cores all --force {path}"


def _skeleton(header: ModelHeader) -> Autoencoder:
    """A model of the right shapes, without computing a start value for any of its numbers."""

    def build():
        model = header.build(jax.random.key(0))
        if isinstance(model.bottleneck, TruncatedSVD):
            model = with_basis(model, jnp.zeros((header.run.latent_size, header.run.bottleneck), jnp.float32))
        return model

    return eqx.filter_eval_shape(build)
