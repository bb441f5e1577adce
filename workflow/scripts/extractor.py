"""Fine-tune an Inception-v3 on the labels of a data set (appendix A.7).

Reads a data set with labels. Writes extractor.json (settings, accuracies, hash) and beside it inception.pt (the
feature extractor). Continues from a checkpoint if there is one, and trains nothing if the very same fine-tuning was
finished and kept (--keep-finished).
"""

import vrrae_bench.system.shell_settings

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from vrrae_bench.artefacts.extractor_folder import NETWORK
from vrrae_bench.artefacts.manifest import Manifest
from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.datasets.weights import IMAGENET, check_weights
from vrrae_bench.extractor.chance import REMEDY, VOID, at_chance
from vrrae_bench.extractor.devices import check_precision, configure_torch
from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.system.command_line import add_checkpoint_options, add_device_options, command_parser, json_of
from vrrae_bench.system.dependencies import code_digest
from vrrae_bench.system.errors import run_command, warn
from vrrae_bench.system.files import sha256
from vrrae_bench.system.provenance import Stopwatch, machine_identity, provenance


def main() -> None:
    arguments = _arguments()
    device = configure_torch(arguments.accelerator, arguments.threads)
    check_precision(arguments.settings, device)
    make_extractor(arguments, device)
    if reason := at_chance(read_record(arguments.out)):
        warn(f"{arguments.out}: {reason}. {VOID} {REMEDY}")


def _arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = command_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--settings", type=json_of(ExtractorSettings), required=True, help="as JSON")
    parser.add_argument("--weights", type=Path, help="ImageNet weights, if training starts from them")
    parser.add_argument("--out", type=Path, required=True, help="extractor.json to write; the rest beside it")
    add_checkpoint_options(parser)
    add_device_options(parser)
    return parser.parse_args()


def make_extractor(arguments: argparse.Namespace, device: str) -> None:
    """Write the network and its record. They are fine-tuned, or taken from a fine-tuning that was finished before."""
    from vrrae_bench.extractor.checkpoints import TuningCheckpoints
    from vrrae_bench.extractor.fine_tuning import fine_tune
    from vrrae_bench.extractor.inception import save_extractor
    from vrrae_bench.extractor.labels import LabelledImages

    stopwatch, origin, data = Stopwatch(), provenance(device), DataSet(arguments.data)
    weights_sha256 = check_weights(arguments.weights, IMAGENET) if arguments.weights else None
    train, test = (
        LabelledImages(data.array(name), np.asarray(data.array(f"{name}_labels"))) for name in ("train", "test")
    )
    how = (weights_sha256, arguments.threads, origin)
    identity = checkpoint_identity(arguments.out, arguments.settings, data.manifest, *how)
    checkpoints = TuningCheckpoints(arguments.checkpoints, identity)
    model_file = arguments.out.with_name(NETWORK)
    outputs = [arguments.out, model_file]
    with checkpoints.locked():
        if checkpoints.is_finished(outputs):
            checkpoints.bring_back(outputs, print)
            return
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


def checkpoint_identity(
    out: Path,
    settings: ExtractorSettings,
    manifest: Manifest,
    weights_sha256: str | None,
    threads: int,
    origin: dict[str, Any],
) -> str:
    """A text with everything that decides the result. A state is resumed only if this text is the same.

    It contains the path `out`, because two data sets with the same images and settings still have a network each.

    Args:
        origin: What `provenance` tells.
    """
    parts = [str(out), settings.model_dump(), manifest.model_dump(), weights_sha256, threads]
    return json.dumps([*parts, machine_identity(origin), code_digest(__file__)])


if __name__ == "__main__":
    run_command(main)
