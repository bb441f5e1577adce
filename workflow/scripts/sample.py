"""Run a trained model: encode, generate, interpolate, reconstruct.

Reads a model and its data set. Writes sample.json (scores of the model itself, how images were drawn) and beside it
latents.npz (posterior means and log-variances), random.npy (generated images, draw after draw), random_gaussian.npy and
random_prior.npy (those of other samplers), interpolation.npy and interpolation_ends.npy (reconstructions of the images
of the first pairs).
"""

import vrrae_bench.shell_settings

from pathlib import Path

import numpy as np

from vrrae_bench.command_line import add_device_options, command_parser, json_of
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.errors import run_command
from vrrae_bench.files import atomic_path, write_json
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.provenance import provenance
from vrrae_bench.training.devices import configure_jax, device_name


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model.eqx")
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--sampling", type=json_of(SampleSpec), required=True, help="settings, as JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed of the run")
    parser.add_argument("--out", type=Path, required=True, help="sample.json to write; the arrays beside it")
    add_device_options(parser)
    arguments = parser.parse_args()
    configure_jax(arguments.accelerator, arguments.threads)

    from vrrae_bench.latent.sampling import draw_samples
    from vrrae_bench.models.serialisation import load_model
    from vrrae_bench.scoring.model_scores import model_scores

    origin = provenance(device_name(arguments.accelerator))
    model, header = load_model(arguments.model)
    data = DataSet(arguments.data)
    samples = draw_samples(model, header, data, arguments.sampling, arguments.seed)
    folder = arguments.out.parent
    for name in ("random", "random_gaussian", "random_prior", "interpolation", "interpolation_ends"):
        with atomic_path(folder / f"{name}.npy") as temporary:
            np.save(temporary, getattr(samples, name))
    with atomic_path(folder / "latents.npz") as temporary:
        np.savez(temporary, **samples.latents)
    write_json(
        arguments.out, {"scores": model_scores(model, header, data), "sampling": samples.sampling, "origin": origin}
    )


if __name__ == "__main__":
    run_command(main)
