"""Score one run in the features of the Inception of 2015, as most papers give the FID.

Reads random.npy and interpolation.npy of the run, the reference and the published weights. Writes scores_2015.json.
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

from vrrae_bench.artefacts.run import RunSpec
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
    from vrrae_bench.scoring.inception_2015 import score_run_2015

    origin = provenance(device)
    scores = score_run_2015(arguments.run, arguments.sample, arguments.reference, arguments.weights, device)
    write_scores(arguments.out, scores.numbers, scores.details | {"origin": origin})


if __name__ == "__main__":
    run_command(main)
