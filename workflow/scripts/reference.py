"""Compute what everything of a data set is scored against: features of its training images (appendix A.7).

Reads the extractor and the data set. Writes reference.npz (moments of the features of all training images) and
reference_sample.npz (the features of some, and what is computed of them once).
"""

import vrrae_bench.shell_settings

from pathlib import Path

from vrrae_bench.command_line import add_device_options, command_parser
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.errors import run_command
from vrrae_bench.scoring.devices import configure_torch
from vrrae_bench.scoring.frechet import Moments
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.seeding import generator


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--extractor", type=Path, required=True, help="inception.pt")
    parser.add_argument("--out", type=Path, required=True, help="reference.npz to write; the sample beside it")
    add_device_options(parser)
    parser.add_argument("--seed", type=int, required=True, help="of the sample")
    arguments = parser.parse_args()
    device = configure_torch(arguments.accelerator, arguments.threads)
    from vrrae_bench.scoring.inception import load_extractor

    features = load_extractor(arguments.extractor, device).features(DataSet(arguments.data).array("train"))
    reference = Reference.of(Moments.from_features(features), features, generator(arguments.seed, "extractor"))
    reference.save_sample(arguments.out.with_name("reference_sample.npz"))
    reference.moments.save(arguments.out)


if __name__ == "__main__":
    run_command(main)
