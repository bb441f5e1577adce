"""Run a trained model: encode, generate, interpolate, reconstruct.

Reads a model and its data set. Writes sample.json (scores of the model itself, how images were drawn) and beside it
latents.npz (posterior means and log-variances), random.npy (generated images, draw after draw), random_gaussian.npy and
random_prior.npy (those of other samplers) and interpolation.npy. What figures show of these, and of the data, is small
and stands in shown_images.npz and shown_means.npz.
"""

import vrrae_bench.system.shell_settings

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import DRAWN, LATENTS, MODEL, check_training
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.latent.settings import SampleSpec, told_of_few_means
from vrrae_bench.system.command_line import add_device_options, command_parser, json_of
from vrrae_bench.system.errors import run_command, warn
from vrrae_bench.system.files import atomic_path, sha256
from vrrae_bench.system.provenance import provenance
from vrrae_bench.training.devices import configure_jax, device_name


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--run", type=json_of(RunSpec), required=True, help="specification, as JSON")
    parser.add_argument("--model", type=Path, required=True, help="model.eqx; run.json lies beside it")
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--sampling", type=json_of(SampleSpec), required=True, help="settings, as JSON")
    parser.add_argument("--out", type=Path, required=True, help="sample.json to write; the arrays beside it")
    add_device_options(parser)
    arguments = parser.parse_args()
    configure_jax(arguments.accelerator, arguments.threads)

    from vrrae_bench.latent.sampling import draw_samples
    from vrrae_bench.latent.showing import images_shown, means_shown
    from vrrae_bench.models.serialisation import load_model
    from vrrae_bench.scoring.model_scores import model_scores

    origin = provenance(device_name(arguments.accelerator))
    run, data = arguments.run, DataSet(arguments.data)
    check_training(arguments.model.parent, run, data.manifest, MODEL)
    model, header = load_model(arguments.model, run)
    samples = draw_samples(model, header, data, arguments.sampling, run.seed)
    warn_of_few_means(arguments.out, samples.sampling, samples.latents["train_mean"].shape[1])
    folder = arguments.out.parent
    for name in DRAWN:
        with atomic_path(folder / f"{name}.npy") as temporary:
            np.save(temporary, getattr(samples, name), allow_pickle=False)
    with atomic_path(folder / LATENTS) as temporary:
        np.savez(temporary, allow_pickle=False, **samples.latents)
    for name, shown in ((SHOWN_IMAGES, images_shown(samples, data)), (SHOWN_MEANS, means_shown(samples, data))):
        with atomic_path(folder / name) as temporary:
            np.savez_compressed(temporary, allow_pickle=False, **shown)
    record = {"run": run.model_dump(), "model_sha256": sha256(arguments.model)}
    record |= {"settings": arguments.sampling.model_dump()}
    record |= {"scores": model_scores(model, header, data), "sampling": samples.sampling, "origin": origin}
    write_record(arguments.out, record, [LATENTS, SHOWN_IMAGES, SHOWN_MEANS, *(f"{name}.npy" for name in DRAWN)])


def warn_of_few_means(sample: Path, sampling: Mapping[str, Any], size: int) -> None:
    """Warn that random images may repeat training images, if there are few posterior means for each Gaussian.

    Args:
        sample: sample.json.
        sampling: How the images were drawn.
        size: The size of a posterior mean.
    """
    if told := told_of_few_means(sampling["gmm_means"], sampling["gmm_components"], size):
        warn(f"{sample}: {told} Set sampling.gmm_components of the data set to null, so that BIC chooses their number.")


if __name__ == "__main__":
    run_command(main)
