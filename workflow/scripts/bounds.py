"""Score real images and noise as if a model had drawn them. The scores of runs lie between these scores.

Reads the extractor and its reference, and the data set. Writes floor.json, copies.json and ceiling.json (the scores of
test images, of training images and of noise).
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

from vrrae_bench.artefacts.extractor_folder import NETWORK
from vrrae_bench.artefacts.scores import write_scores
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.extractor.devices import configure_torch
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.system.command_line import add_device_options, command_parser, json_of
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.provenance import provenance


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--dataset", required=True, help="its name in the configuration")
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--extractor", type=Path, required=True, help="extractor.json; the rest lies beside it")
    parser.add_argument("--sampling", type=json_of(SampleSpec), required=True, help="settings, as JSON")
    parser.add_argument("--out", type=Path, required=True, help="floor.json to write; the others beside it")
    add_device_options(parser)
    parser.add_argument("--seed", type=int, required=True, help="seed with which these images are drawn")
    arguments = parser.parse_args()
    device = configure_torch(arguments.accelerator, arguments.threads)
    from vrrae_bench.extractor.inception import extractor_record, load_extractor
    from vrrae_bench.scoring.bounds import bounds

    sampling, origin, data = arguments.sampling, provenance(device), DataSet(arguments.data)
    arrays = data.manifest.arrays
    record = extractor_record(arguments.extractor, arrays)
    network = load_extractor(arguments.extractor.with_name(NETWORK), device)
    reference = Reference.beside(arguments.extractor, record, arrays)
    scores = bounds(network, reference, data, sampling.random_images, sampling.random_draws, arguments.seed)
    for name, (numbers, details) in scores.items():
        what = {"bound": name, "dataset": arguments.dataset, "seed": arguments.seed, "sampling": sampling.model_dump()}
        what |= {"extractor": record | reference.recorded, "origin": origin}
        write_scores(arguments.out.with_name(f"{name}.json"), numbers, what | details)


if __name__ == "__main__":
    run_command(main)
