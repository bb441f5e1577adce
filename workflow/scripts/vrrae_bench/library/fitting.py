"""Training on an array. It uses the training loop of the benchmark, and gives the same numbers."""

import math
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jax
import numpy as np
from jaxtyping import Num
from pydantic import ValidationError, create_model

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import AN_ARRAY, Precision, RunSpec
from vrrae_bench.artefacts.specification import Section, Seed
from vrrae_bench.datasets.in_memory import ImagesInMemory
from vrrae_bench.library.arguments import invalid_arguments, plain_numbers
from vrrae_bench.library.images import images_to_train_on
from vrrae_bench.library.settings import as_in_the_commands, lasting_settings
from vrrae_bench.library.trained import TrainedModel
from vrrae_bench.study.problems import MissingKey, check_sizes, check_truncation, suggestion, well_formed
from vrrae_bench.study.settings import PER_METHOD, DatasetSettings, LinearLayers, Weight
from vrrae_bench.system.errors import UserError, numbered
from vrrae_bench.system.provenance import Stopwatch
from vrrae_bench.training.devices import check_precision
from vrrae_bench.training.loop import train

# Arguments of `fit` that are keys of a data set in the configuration too. They have the same limits as there.
_CONFIGURED = ("bottleneck", "latent_size", "epochs", "batch_size", "learning_rate", "precision")


class _OfFit(Section):
    """Arguments of `fit` that have another form in a configuration, where they stand for each method or each seed."""

    beta: Weight | None
    penalty: Weight | None
    linear_layers: LinearLayers | None
    seed: Seed


_CONFIGURED_FIELDS: dict[str, Any] = {
    name: (field.annotation, field) for name, field in DatasetSettings.model_fields.items() if name in _CONFIGURED
}
_Arguments = create_model("_Arguments", __base__=_OfFit, **_CONFIGURED_FIELDS)


def fit(
    images: Num[np.ndarray, "N H W C"],
    method: str = "vrrae",
    *,
    bottleneck: int,
    latent_size: int,
    epochs: float,
    batch_size: int,
    learning_rate: float,
    beta: float | None = None,
    penalty: float | None = None,
    linear_layers: int | None = None,
    precision: Precision = "float32",
    seed: int = 0,
    value_range: tuple[float, float] | None = None,
    report: Callable[[str], None] | None = None,
) -> TrainedModel:
    """Train a method of the benchmark on images.

    The same images and settings give the model that `workflow/scripts/train.py` trains, to the byte, on the same
    device with the same number of threads. The sizes, `epochs`, `batch_size`, `learning_rate` and `precision` are keys
    of a data set in the configuration. `beta`, `penalty` and `linear_layers` are there too, with a value for each
    method.

    Args:
        images: Bytes (uint8), or numbers of any other type, for which `value_range` has to be given.
        method: The name of a method, such as `ae`, `vae`, `rrae` or `vrrae`. `models/methods` has all of them.
        bottleneck: k, the size of the bottleneck.
        latent_size: L, the width of the encoder's output for methods that truncate it, and for baselines. It has no
            effect on a method whose encoder ends in k dimensions, such as `ae` and `vae`.
        epochs: The number of passes over the images. No image is left out of a pass.
        batch_size: The number of images in each training step.
        learning_rate: The learning rate of the optimiser AdaBelief. It is constant.
        beta: The weight of the KL divergence. Only variational methods have it.
        penalty: The weight of the penalty. Only methods with a penalty have it.
        linear_layers: The number of linear layers. Only `irmae` and `lorae` have it.
        precision: The type of the operands of matrix products in encoder and decoder, during training. `bfloat16` needs
            a GPU, a TPU, or a processor with instructions for it.
        seed: The seed of the start values of the weights, of the order of the images and of the noise.
        value_range: The lowest and the highest value that an image can have. Models see these values as 0 and 1. If it
            is None, images have to be bytes, and the range is (0, 255).
        report: A function that is called with a line about the progress now and then, for instance `print`.

    Returns:
        The trained model with its history.

    Raises:
        UserError: The images or the settings are wrong, and the message says what is wrong. Or the loss, the weights or
            the latents became NaN or infinite.
    """
    stored, normalisation = images_to_train_on(images, value_range)
    run = _run(
        method,
        bottleneck=bottleneck,
        latent_size=latent_size,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        beta=beta,
        penalty=penalty,
        linear_layers=linear_layers,
        precision=precision,
        seed=seed,
    )
    check_precision(run, jax.default_backend())
    if lasting := lasting_settings():
        warnings.warn(f"numbers may differ from those of other processes by {', '.join(lasting)}", stacklevel=2)
    with as_in_the_commands():
        network, header, history = train(
            run,
            ImagesInMemory(stored, normalisation),
            None,
            stopwatch=Stopwatch(),
            checkpoint_seconds=math.inf,
            report=report or (lambda line: None),
        )
    return TrainedModel(network, header, tuple(history))


def _run(method: str, **given: Any) -> RunSpec:
    """The specification of the run that the arguments of `fit` ask for.

    Raises:
        UserError: Some arguments are wrong. The message lists everything that is wrong.
    """
    if not isinstance(method, str) or method not in methods():
        raise UserError(f"method: {method!r} is unknown. {suggestion(str(method), sorted(methods()))}")
    given = plain_numbers(given)
    problems = []
    for name, (what, has) in PER_METHOD.items():
        if has(methods()[method]) and given[name] is None:
            problems.append(f"{name}: is missing. {method} is a method with {what}.")
        if not has(methods()[method]) and given[name] is not None:
            problems.append(f"{name}: {method} is not a method with {what}. Leave it out.")
    arguments = None
    try:
        arguments = _Arguments.model_validate(given)
    except ValidationError as error:
        problems += invalid_arguments(error)
    with suppress(MissingKey):  # the message names a size that is not valid already
        sizes = well_formed(DatasetSettings, given | {"source": "npz"})
        found = [*check_sizes("fit", sizes), *(check_truncation("fit", sizes) if methods()[method].truncates else ())]
        problems += [str(problem).removeprefix("fit.") for problem in found]
    if problems or arguments is None:
        raise UserError(f"{len(problems)} problem(s) with the settings of fit:\n{numbered(problems)}")
    values = arguments.model_dump()
    penalty, linear_layers = values.pop("penalty"), values.pop("linear_layers") or 0
    return RunSpec(
        dataset=AN_ARRAY, method=method, penalty_weight=penalty, linear_layers=linear_layers, variant="", **values
    )
