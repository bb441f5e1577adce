"""Score one run in the features of the Inception of 2015, as most papers give the FID.

Reads random.npy and interpolation.npy of the run, the reference and the published weights. Writes scores_2015.json.
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

from vrrae_bench.artefacts.arrays import read_array
from vrrae_bench.artefacts.manifest import refuse_other_images
from vrrae_bench.artefacts.records import read_record, reading, refuse_others
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import TRAINING, check_sample, check_training
from vrrae_bench.artefacts.scores import write_scores
from vrrae_bench.extractor.devices import configure_torch
from vrrae_bench.system.command_line import add_device_options, command_parser, json_of
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.provenance import provenance


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--run", type=json_of(RunSpec), required=True, help="specification, as JSON")
    parser.add_argument("--sample", type=Path, required=True, help="sample.json; the arrays and run.json lie beside it")
    parser.add_argument(
        "--reference",
        type=Path,
        required=True,
        help="reference_2015.npz of the data set; floor_2015.json lies beside it",
    )
    parser.add_argument("--weights", type=Path, required=True, help="the published weights of 2015")
    parser.add_argument("--out", type=Path, required=True, help="scores_2015.json to write")
    add_device_options(parser)
    arguments = parser.parse_args()
    device = configure_torch(arguments.accelerator, arguments.threads)
    from vrrae_bench.scoring.fidelity import independent_parts
    from vrrae_bench.scoring.frechet import Moments
    from vrrae_bench.scoring.inception_2015 import Inception2015, record_2015, scores_2015

    origin, extractor = provenance(device), record_2015(arguments.weights)
    files = ("random.npy", "interpolation.npy")
    sampling = check_sample(arguments.sample.parent, arguments.run, None, *files)["sampling"]
    floor = read_record(arguments.reference.with_name("floor_2015.json"), arguments.reference.name)["details"]
    training = check_training(arguments.sample.parent, arguments.run, None)
    with reading(arguments.sample.with_name(TRAINING)):
        arrays = training["data"]["arrays"]
    refuse_other_images(arguments.reference, "reference", floor, arrays)
    found = {"dataset": floor["dataset"], "weights": floor["extractor"]["sha256"]}
    asked = {"dataset": arguments.run.dataset, "weights": extractor["sha256"]}
    refuse_others(arguments.reference, "reference", found, asked)
    random, interpolation = (
        read_array(arguments.sample.with_name(f"{name}.npy")) for name in ("random", "interpolation")
    )
    # The random images of all draws together.
    images = {
        "random": independent_parts(random),
        "interpolation": independent_parts(interpolation, sampling["interpolation_points"]),
    }
    network, reference = Inception2015(arguments.weights, device), Moments.load(arguments.reference)
    scores = scores_2015(network, reference, images)
    details = {"run": arguments.run.model_dump(), "sampling": sampling, "origin": origin}
    details["extractor"] = extractor
    write_scores(arguments.out, scores.numbers, details | scores.details)


if __name__ == "__main__":
    run_command(main)
