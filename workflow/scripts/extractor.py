"""Fine-tune an Inception-v3 on the labels of a data set (appendix A.7).

Reads a data set with labels. Writes extractor.json (settings, accuracies, hash) and beside it inception.pt (the
feature extractor). Continues from a checkpoint if there is one, and trains nothing if the very same fine-tuning was
finished and kept (--keep-finished).
"""

import vrrae_bench.system.shell_settings

import json
from pathlib import Path
from typing import Any

import numpy as np

from vrrae_bench.artefacts.manifest import Manifest
from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.datasets.weights import IMAGENET
from vrrae_bench.extractor.chance import REMEDY, VOID, at_chance
from vrrae_bench.extractor.devices import check_precision, configure_torch
from vrrae_bench.extractor.settings import ExtractorSettings, check_weights
from vrrae_bench.system.command_line import add_device_options, add_keep_finished, command_parser, json_of
from vrrae_bench.system.dependencies import code_digest
from vrrae_bench.system.errors import run_command, warn
from vrrae_bench.system.files import sha256
from vrrae_bench.system.provenance import Stopwatch, machine_identity, provenance


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--settings", type=json_of(ExtractorSettings), required=True, help="as JSON")
    parser.add_argument("--weights", type=Path, help="ImageNet weights, if training starts from them")
    parser.add_argument("--out", type=Path, required=True, help="extractor.json to write; the rest beside it")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of checkpoints")
    parser.add_argument("--checkpoint-seconds", type=float, default=60, help="time between two (default: 60)")
    add_keep_finished(parser)
    add_device_options(parser)
    arguments = parser.parse_args()

    device = configure_torch(arguments.accelerator, arguments.threads)
    check_precision(arguments.settings, device)
    from vrrae_bench.extractor.checkpoints import TuningCheckpoints
    from vrrae_bench.extractor.fine_tuning import fine_tune
    from vrrae_bench.extractor.inception import save_extractor
    from vrrae_bench.extractor.labels import LabelledImages

    stopwatch = Stopwatch()
    origin = provenance(device)
    weights_sha256 = check_weights(arguments.weights, IMAGENET) if arguments.weights else None
    data = DataSet(arguments.data)
    train, test = (
        LabelledImages(data.array(name), np.asarray(data.array(f"{name}_labels"))) for name in ("train", "test")
    )
    how = (weights_sha256, arguments.threads, origin)
    checkpoints = TuningCheckpoints(
        arguments.checkpoints, checkpoint_identity(arguments.out, arguments.settings, data.manifest, *how)
    )
    model_file = arguments.out.with_name("inception.pt")
    outputs = [arguments.out, model_file]
    with checkpoints.locked():
        if checkpoints.is_finished(outputs):
            checkpoints.bring_back(outputs)
            print(f"this fine-tuning was finished before: its results are taken from {checkpoints.folder}")
        else:
            tuned = fine_tune(
                train,
                test,
                arguments.settings,
                checkpoints,
                stopwatch=stopwatch,
                checkpoint_seconds=arguments.checkpoint_seconds,
                report=lambda line: print(line, flush=True),
                weights=arguments.weights,
                threads=arguments.threads,
                device=device,
            )
            save_extractor(tuned.network, arguments.settings, model_file)
            record = {"settings": arguments.settings.model_dump(), "sha256": sha256(model_file)} | tuned.recorded()
            record |= {"weights_sha256": weights_sha256, "n_reference": len(train.images), "threads": arguments.threads}
            record["data"] = data.manifest.arrays
            write_record(arguments.out, record | origin | stopwatch.recorded())
            checkpoints.conclude(outputs, keep=arguments.keep_finished)
    if reason := at_chance(read_record(arguments.out)):
        warn(f"{arguments.out}: {reason}. {VOID} {REMEDY}")


def checkpoint_identity(
    out: Path,
    settings: ExtractorSettings,
    manifest: Manifest,
    weights_sha256: str | None,
    threads: int,
    origin: dict[str, Any],
) -> str:
    """A state is continued only where all of this is the same: else it is that of another network.

    By `out`, since two data sets may have the same images and settings, and each has its network.

    Args:
        origin: What `provenance` tells.
    """
    parts = [str(out), settings.model_dump(), manifest.model_dump(), weights_sha256, threads]
    return json.dumps([*parts, machine_identity(origin), code_digest(__file__)])


if __name__ == "__main__":
    run_command(main)
