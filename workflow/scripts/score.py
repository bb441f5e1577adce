"""Score one run.

Reads sample.json, latents.npz and the generated images of the run, the test images and, for a data set with FIDs, the
extractor and its reference. Writes scores.json: a number per metric, and under `details` all else.
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import check_sample
from vrrae_bench.artefacts.scores import write_scores
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.extractor.devices import configure_torch
from vrrae_bench.scoring.scores import score_run
from vrrae_bench.system.command_line import add_device_options, command_parser, json_of
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.provenance import provenance


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--run", type=json_of(RunSpec), required=True, help="specification, as JSON")
    parser.add_argument("--sample", type=Path, required=True, help="sample.json; the arrays and run.json lie beside it")
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--extractor", type=Path, help="extractor.json; its network and reference lie beside it")
    parser.add_argument("--out", type=Path, required=True, help="scores.json to write")
    add_device_options(parser)
    arguments = parser.parse_args()
    # Only features need torch, which takes seconds to import.
    device = configure_torch(arguments.accelerator, arguments.threads) if arguments.extractor else "cpu"
    origin = provenance(device)
    data = DataSet(arguments.data)
    check_sample(arguments.sample.parent, arguments.run, data.manifest)
    scores = score_run(arguments.run, arguments.sample, data, arguments.extractor, device)
    write_scores(arguments.out, scores.numbers, scores.details | {"origin": origin})


if __name__ == "__main__":
    run_command(main)
