"""Prepare what runs are scored against in the features of the Inception of 2015, and score test images.

Reads the data set and the published weights. Writes reference_2015.npz (moments of the features of all training images)
and beside it floor_2015.json (the FID of test images, as many as a run draws).
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

import numpy as np

from vrrae_bench.artefacts.extractor_folder import FLOOR_2015
from vrrae_bench.artefacts.scores import write_scores
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.extractor.devices import configure_torch
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.system.command_line import add_device_options, command_parser, json_of
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.provenance import provenance


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--dataset", required=True, help="its name in the configuration")
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--weights", type=Path, required=True, help="the published weights of 2015")
    parser.add_argument("--sampling", type=json_of(SampleSpec), required=True, help="settings, as JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed of the order of the test images")
    parser.add_argument("--out", type=Path, required=True, help="reference_2015.npz to write; the rest beside it")
    add_device_options(parser)
    arguments = parser.parse_args()
    device = configure_torch(arguments.accelerator, arguments.threads)
    from vrrae_bench.scoring.bounds import real_draws
    from vrrae_bench.scoring.fidelity import Scores, independent_parts
    from vrrae_bench.scoring.frechet import Moments
    from vrrae_bench.scoring.inception_2015 import Inception2015, record_2015, scores_2015

    origin, extractor = provenance(device), record_2015(arguments.weights)
    network, data, sampling = Inception2015(arguments.weights, device), DataSet(arguments.data), arguments.sampling
    reference = Moments.from_features(network.features(data.array("train")))
    reference.save(arguments.out)
    draws = list(real_draws(data.array("test"), sampling.random_images, sampling.random_draws, arguments.seed))
    if len(draws) == sampling.random_draws:
        scores = scores_2015(network, reference, {"random": independent_parts(np.concatenate(draws))})
    else:
        why = f"test images for {len(draws)} of {sampling.random_draws} draws only"
        scores = Scores({}, {"omitted": {"fid_2015_random": why}})
    what = {"bound": "floor", "dataset": arguments.dataset, "seed": arguments.seed, "sampling": sampling.model_dump()}
    what |= {"data": data.manifest.arrays, "extractor": extractor}
    details = what | scores.details | {"origin": origin}
    write_scores(arguments.out.with_name(FLOOR_2015), scores.numbers, details, [arguments.out.name])


if __name__ == "__main__":
    run_command(main)
