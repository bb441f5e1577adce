"""The scores of a run: every number, under the names that tables, figures and claims read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from vrrae_bench.artefacts.arrays import read_array, read_arrays
from vrrae_bench.artefacts.extractor_folder import NETWORK
from vrrae_bench.artefacts.records import read_record, reading
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import LATENTS, OTHER_SAMPLERS
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.latent import diagnostics
from vrrae_bench.scoring.bumps import bump_scores
from vrrae_bench.scoring.fidelity import Scores, combined, fid_by_position, fid_scores, independent_parts, random_scores
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.scoring.sharpness import sharpness_scores
from vrrae_bench.system.seeding import generator

Images = UInt8[np.ndarray, "_ H W C"]


def score_run(run: RunSpec, sample: Path, data: DataSet, extractor: Path | None, device: str = "cpu") -> Scores:
    """All scores of a run: a number per metric, and as details what they depend on and those that are lists.

    The scores that the paper has, and those of single images, are of the first draw of random images. The other draws
    give the spread of the FID, and the scores that need more images.

    Args:
        sample: sample.json; the arrays of the sample stage lie beside it.
        extractor: extractor.json, or none if the data set has no extractor configured, and so no FID.
        device: Where torch computes the features.

    Raises:
        UserError: One of the files is missing, damaged or another one.
    """
    names = ["random", "interpolation", *(OTHER_SAMPLERS if extractor else ())]
    record = read_record(sample, LATENTS, *(f"{name}.npy" for name in names), holds=["sampling", "scores"])
    with reading(sample):
        n_draws, images_per_pair = (record["sampling"][name] for name in ("random_draws", "interpolation_points"))
    random, interpolation = (read_array(sample.with_name(f"{name}.npy")) for name in ("random", "interpolation"))
    with reading(sample.with_name("random.npy")):
        draws = np.split(random, n_draws)
    latents = read_arrays(sample.with_name(LATENTS), "train_mean")
    of_latents = latent_scores(run, latents)
    numbers = record["scores"] | of_latents.numbers
    details = {"run": run.model_dump(), "sampling": record["sampling"]} | of_latents.details
    if data.manifest.source == "synthetic":
        numbers |= bump_scores(draws[0])
    else:
        numbers |= sharpness_scores({"random": draws[0], "interpolation": interpolation}, data.array("test"))
    if extractor:
        others = {name: read_array(sample.with_name(f"{name}.npy")) for name in OTHER_SAMPLERS}
        arrays = data.manifest.arrays
        of_features = feature_scores(extractor, arrays, draws, interpolation, images_per_pair, others, device)
        numbers |= of_features.numbers
        details |= of_features.details
    return Scores(numbers, details)


def latent_scores(run: RunSpec, latents: Mapping[str, Float[np.ndarray, "_ k"]]) -> Scores:
    """The scores of the latents of the training images that suit the method. `latent.diagnostics` has the formulas."""
    method, means = run.definition, latents["train_mean"]
    numbers = {"mean_spread": diagnostics.mean_spread(means), "effective_rank": diagnostics.effective_rank(means)}
    details = {}
    if "diagonal_mean" in latents:
        numbers["spread_ratio"] = diagnostics.spread_ratio(means)
        numbers["diagonal_bend"] = diagnostics.diagonal_bend(latents["diagonal_mean"])
        numbers["diagonal_backtracking"] = diagnostics.diagonal_backtracking(latents["diagonal_mean"])
    if method.variational:
        log_variances = latents["train_log_variance"]
        numbers["active_units"] = diagnostics.active_units(means)
        numbers["collapsed_dimensions"] = diagnostics.collapsed_dimensions(means, log_variances)
        # Noise for points of the posteriors. The noise of training comes from another kind of generator.
        noise = generator(run.seed, "noise")
        numbers["mutual_information"] = diagnostics.mutual_information(means, log_variances, noise)
        per_dimension = diagnostics.kl_per_dimension(means, log_variances)
        numbers["kl_divergence"] = float(per_dimension.sum())
        details["kl_per_dimension"] = per_dimension.tolist()
        details["signal_to_noise"] = diagnostics.signal_to_noise(means, log_variances).tolist()
        if method.truncates:
            numbers["unsorted_modes"] = diagnostics.unsorted_modes(means, log_variances, noise)
    if method.truncates:
        coefficients = latents["train_coefficients"] if "train_coefficients" in latents else means
        details["singular_values"] = diagnostics.singular_values(coefficients).tolist()
    return Scores(numbers, details)


def feature_scores(
    extractor: Path,
    arrays: Mapping[str, str],
    draws: Sequence[Images],
    interpolation: Images,
    images_per_pair: int,
    others: Mapping[str, Images],
    device: str,
) -> Scores:
    """Scores of the features of random and interpolated images against the training images (VRRAE, appendix A.7).

    Args:
        arrays: Digests of the arrays of the data set, to which the extractor and its reference have to belong.
        others: Random images of other samplers, each scored as `fid_<name>`.
    """
    # Imported here, because importing torch takes seconds, and bumps have no FID.
    from vrrae_bench.extractor.inception import extractor_record, load_extractor

    record = extractor_record(extractor, arrays)
    network = load_extractor(extractor.with_name(NETWORK), device)
    reference = Reference.beside(extractor, record, arrays)
    between = network.features(interpolation)
    sets = {"fid_interpolation": independent_parts(between, images_per_pair)}
    sets |= {f"fid_{name}": independent_parts(network.features(images)) for name, images in others.items()}
    random = random_scores(reference, [network.features(draw) for draw in draws])
    along = fid_by_position(reference.moments, between, images_per_pair, len(draws[0]))
    scores = combined([random, fid_scores(reference.moments, sets), along])
    return Scores(scores.numbers, scores.details | {"extractor": record | reference.recorded})
