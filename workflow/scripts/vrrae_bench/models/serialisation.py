"""A trained model in one file: a line of JSON that tells how to build it, its numbers, and a digest of both. No pickle.

Such a file loads without this project's configuration:

    model, header = load_model("results/runs/mnist/vrrae/beta=1e-6__batch=576/seed=0/model.eqx")
    means = model.posterior(header.normalisation.apply(images)).mean
"""

import hashlib
import io
import json
from pathlib import Path
from typing import BinaryIO, NamedTuple

import equinox as eqx
import jax
from jaxtyping import PRNGKeyArray
from pydantic import ValidationError

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.methods import Method
from vrrae_bench.artefacts.records import refuse_others, remedy
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.specification import Specification
from vrrae_bench.models.autoencoder import Autoencoder, bottleneck_class
from vrrae_bench.models.bottleneck import Sizes
from vrrae_bench.system.errors import UserError, causes, is_out_of_memory
from vrrae_bench.system.files import atomic_path

# Stands before the digest at the end of a file. Files of earlier versions end with the numbers.
END = b"\nsha256 "
DIGEST_LENGTH = 2 * hashlib.sha256().digest_size


class Network(NamedTuple):
    """The arguments of an `Autoencoder`; networks that are equal here are one compiled program."""

    method: Method
    image_shape: tuple[int, int, int]
    sizes: Sizes

    def build(self, key: PRNGKeyArray) -> Autoencoder:
        """An untrained model."""
        return Autoencoder(*self, key=key)


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

    @property
    def network(self) -> Network:
        """What decides the network, of all that decides the training."""
        sizes = Sizes(self.run.latent_size, self.run.bottleneck, self.run.linear_layers)
        return Network(self.run.definition, self.image_shape, sizes)

    def build(self, key: PRNGKeyArray) -> Autoencoder:
        """An untrained model of this description."""
        return self.network.build(key)


def save_model(path: str | Path, model: Autoencoder, header: ModelHeader) -> None:
    """Write a trained model, atomically."""
    content = io.BytesIO()
    content.write(header.model_dump_json().encode() + b"\n")
    eqx.tree_serialise_leaves(content, model)
    with atomic_path(path) as temporary:
        temporary.write_bytes(with_digest(content.getvalue()))


def load_model(path: str | Path, run: RunSpec | None = None) -> tuple[Autoencoder, ModelHeader]:
    """Read a trained model and its description. Its numbers are float32, whatever JAX's settings.

    Args:
        run: The run whose model is asked for, or none for any model.

    Raises:
        UserError: Not a model file, cut short or damaged, of a network that this code does not build, or the model of
            another run.
    """
    try:
        file = io.BytesIO(without_digest(Path(path).read_bytes()))
        header = ModelHeader.model_validate(json.loads(file.readline()))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Look whether the path is right.") from None
    except ValueError as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error).splitlines()[0]
        raise UserError(f"{path}: is not a model file, or is damaged ({reason}). {_remedy(path)}") from None
    if run is not None:
        refuse_others(path, "model", header.run.model_dump(), run.model_dump())
    try:
        bottleneck_class(header.run.definition)
    except UserError as error:
        raise UserError(
            f"{path}: was trained by the method '{header.run.method}', which this code does not have. {error} Load it "
            "with the code that wrote it: run.json beside it names the commit."
        ) from None
    return _read_numbers(path, file, _skeleton(header)), header


def with_digest(content: bytes) -> bytes:
    """The content of a model file, and behind it its digest."""
    return content + END + hashlib.sha256(content).hexdigest().encode()


def without_digest(content: bytes) -> bytes:
    """What stands before the digest; all of a file that has no digest.

    Raises:
        ValueError: It is not the content of which the digest was taken.
    """
    before, end, digest = content.rpartition(END)
    if not end or len(digest) != DIGEST_LENGTH:
        return content
    if hashlib.sha256(before).hexdigest().encode() != digest:
        raise ValueError("its content does not have the digest at its end")
    return before


def _read_numbers(path: str | Path, file: BinaryIO, skeleton: Autoencoder) -> Autoencoder:
    jax.devices()  # a device that JAX cannot use is no fault of the file
    try:
        model = eqx.tree_deserialise_leaves(file, skeleton)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        *_, cause = causes(error)  # Equinox puts the place in the model around what numpy found
        reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    else:
        if file.read():
            raise UserError(f"{path}: is damaged (more follows its numbers). {_remedy(path)}")
        return model
    if isinstance(cause, RuntimeError):
        raise UserError(
            f"{path}: its numbers do not fit the network that this code builds from its description ({reason}). If "
            "another version of this code wrote it, load it with that version: run.json beside it names the commit. "
            f"Otherwise it is damaged. {_remedy(path)}"
        )
    raise UserError(f"{path}: is cut short or damaged ({reason}). {_remedy(path)}")


def _remedy(path: str | Path) -> str:
    return f"Copy it again from where it came from. {remedy(path)}"


def _skeleton(header: ModelHeader) -> Autoencoder:
    """A model of the right shapes, without computing a start value for any of its numbers."""

    def build() -> Autoencoder:
        model = header.build(jax.random.key(0))
        return model.with_bottleneck(model.bottleneck.like_trained())

    return eqx.filter_eval_shape(build)
