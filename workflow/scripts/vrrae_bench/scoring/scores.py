"""What scores.json holds: every number of one run, under the names that tables, figures and claims read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.files import read_json
from vrrae_bench.latent import diagnostics
from vrrae_bench.models.registry import METHODS
from vrrae_bench.runs import RunSpec
from vrrae_bench.scoring.bumps import bump_scores
from vrrae_bench.scoring.sharpness import sharpness_scores
from vrrae_bench.seeding import generator

# What else than the Gaussian mixture images were drawn from (`latent.mixture`).
OTHER_SAMPLERS = ("random_gaussian", "random_prior")

Images = UInt8[np.ndarray, "N H W C"]


class Scores(NamedTuple):
    """A part of scores.json.

    Attributes:
        numbers: Those of its top level.
        details: Those of its `details`.
    """

    numbers: dict[str, float]
    details: dict[str, Any]


def score_run(
    run: RunSpec, sample: Path, data: DataSet, extractor: Path | None, device: str = "cpu"
) -> dict[str, float | dict[str, Any]]:
    """All scores of a run: a number per metric and, under `details`, what they depend on and those that are lists.

    Every score of random images is of the first draw; the other draws give the spread of its FID.

    Args:
        sample: sample.json; the arrays of the sample stage lie beside it.
        extractor: extractor.json, or none for a data set without labels, which has no FID.
        device: Where torch computes the features.
    """
    record = read_json(sample)
    random, interpolation = (
        np.load(sample.with_name(f"{name}.npy"), mmap_mode="r") for name in ("random", "interpolation")
    )
    draws = np.split(random, record["sampling"]["random_draws"])
    with np.load(sample.with_name("latents.npz")) as latents:
        of_latents = latent_scores(run, latents)
    numbers = record["scores"] | of_latents.numbers
    details = {"run": run.model_dump(), "sampling": record["sampling"]} | of_latents.details
    if data.manifest.source == "synthetic":
        numbers |= bump_scores(draws[0])
    else:
        numbers |= sharpness_scores({"random": draws[0], "interpolation": interpolation}, data.array("test"))
    if extractor:
        others = {name: np.load(sample.with_name(f"{name}.npy")) for name in OTHER_SAMPLERS}
        of_features = fid_scores(extractor, draws, interpolation, others, device)
        numbers |= of_features.numbers
        details |= of_features.details
    return numbers | {"details": details}


def latent_scores(run: RunSpec, latents: Mapping[str, Float[np.ndarray, "N k"]]) -> Scores:
    """What the latents of the training images tell of a method of this kind; `latent.diagnostics` has the formulas."""
    method, means = METHODS[run.method], latents["train_mean"]
    numbers, details = {"mean_spread": diagnostics.mean_spread(means)}, {}
    if "diagonal_mean" in latents:
        numbers["spread_ratio"] = diagnostics.spread_ratio(means)
        numbers["diagonal_bend"] = diagnostics.diagonal_bend(latents["diagonal_mean"])
    if method.variational:
        log_variances = latents["train_log_variance"]
        numbers["active_units"] = diagnostics.active_units(means)
        numbers["collapsed_dimensions"] = diagnostics.collapsed_dimensions(means, log_variances)
        # Points of the posteriors: what the noise of training is, too, which comes from another kind of generator.
        noise = generator(run.seed, "noise")
        numbers["mutual_information"] = diagnostics.mutual_information(means, log_variances, noise)
        details["kl_per_dimension"] = diagnostics.kl_per_dimension(means, log_variances).tolist()
        details["signal_to_noise"] = diagnostics.signal_to_noise(means, log_variances).tolist()
    if method.truncates:
        numbers["unsorted_modes"] = diagnostics.unsorted_modes(means)
        coefficients = latents["train_coefficients"] if "train_coefficients" in latents else means
        details["singular_values"] = diagnostics.singular_values(coefficients).tolist()
    return Scores(numbers, details)


def fid_scores(
    extractor: Path, draws: Sequence[Images], interpolation: Images, others: Mapping[str, Images], device: str
) -> Scores:
    """FID of each draw of random images and of interpolated ones from the training images (VRRAE, appendix A.7).

    Args:
        others: Random images of other samplers, each scored as `fid_<name>`.
    """
    # Imported here, because torch takes seconds, and bumps have no FID.
    from vrrae_bench.scoring.frechet import Moments, frechet_distance
    from vrrae_bench.scoring.inception import load_extractor

    network = load_extractor(extractor.with_name("inception.pt"), device)
    reference = Moments.load(extractor.with_name("reference.npz"))
    of_draws = [frechet_distance(reference, network.features(draw)) for draw in draws]
    numbers = {
        "fid_random": of_draws[0],
        "fid_random_other_draw": of_draws[1],
        "fid_interpolation": frechet_distance(reference, network.features(interpolation)),
    }
    numbers |= {f"fid_{name}": frechet_distance(reference, network.features(images)) for name, images in others.items()}
    record = read_json(extractor)
    settings = {key: record[key] for key in ("settings", "sha256", "test_accuracy", "n_reference")}
    return Scores(numbers, {"fid_random_draws": of_draws, "extractor": settings})
