"""Compute what everything of a data set is scored against: features of its training images (appendix A.7).

Reads the extractor and the data set. Writes reference.json (what the features are of, whether they tell noise from test
images, and how few images decide them) and, beside it, reference.npz (moments of the features of all training images)
and reference_sample.npz (the features of some, and what is computed of them once).
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

from vrrae_bench.artefacts.extractor_folder import NETWORK
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.extractor.chance import REMEDY, VOID, why_void
from vrrae_bench.extractor.devices import configure_torch
from vrrae_bench.scoring.frechet import Moments
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.system.command_line import add_device_options, command_parser
from vrrae_bench.system.errors import run_command, warn
from vrrae_bench.system.seeding import generator


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--extractor", type=Path, required=True, help="extractor.json; its network lies beside it")
    parser.add_argument("--out", type=Path, required=True, help="reference.json to write; the rest beside it")
    add_device_options(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed with which the sample is drawn")
    arguments = parser.parse_args()
    device = configure_torch(arguments.accelerator, arguments.threads)
    from vrrae_bench.extractor.inception import extractor_record, load_extractor
    from vrrae_bench.scoring.bounds import noise_apart

    data = DataSet(arguments.data)
    arrays = data.manifest.arrays
    extractor = extractor_record(arguments.extractor, arrays)
    network = load_extractor(arguments.extractor.with_name(NETWORK), device)
    features = network.features(data.array("train"))
    reference = Reference.of(Moments.from_features(features), features, generator(arguments.seed, "extractor"))
    noise = noise_apart(network, reference.moments, data, arguments.seed)
    of = {"extractor": extractor["sha256"], "data": arrays, "seed": arguments.seed}
    reference.save(arguments.out, of | {"noise": noise})
    if reason := why_void({"noise": noise}):
        warn(f"{arguments.out}: {reason}. {VOID} {REMEDY}")


if __name__ == "__main__":
    run_command(main)
