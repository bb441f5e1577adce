"""Train one autoencoder.

Reads a data set; writes the trained model, its training history (a row per epoch: the loss, and its parts before their
weights) and run.json (specification, versions, device, commit, threads, time, memory). Continues from a checkpoint if
there is one, and trains nothing if the very same training was finished and kept (--keep-finished).
"""

import vrrae_bench.system.shell_settings

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from vrrae_bench.artefacts.manifest import Manifest
from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import HISTORY, TRAINING
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.system.command_line import (
    add_checkpoint_options,
    add_device_options,
    at_least_one,
    command_parser,
    json_of,
)
from vrrae_bench.system.dependencies import PACKAGE, code_digest
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.files import atomic_path
from vrrae_bench.system.provenance import Stopwatch, machine_identity, provenance
from vrrae_bench.training.devices import check_precision, configure_jax, device_name, join_processes


def main() -> None:
    arguments = _arguments()
    check_precision(arguments.run, arguments.accelerator)
    configure_jax(arguments.accelerator, arguments.threads)
    if arguments.processes > 1:
        join_processes(arguments.coordinator, arguments.processes, arguments.process)

    from vrrae_bench.models.serialisation import save_model
    from vrrae_bench.training.checkpoints import Checkpoints
    from vrrae_bench.training.loop import train

    stopwatch, first = Stopwatch(), arguments.process == 0
    data = DataSet(arguments.data)
    origin = provenance(device_name(arguments.accelerator))
    how = (origin, arguments.threads, arguments.processes)
    checkpoints = Checkpoints(arguments.checkpoints, checkpoint_identity(arguments.run, data.manifest, *how))
    history_file, record_file = (arguments.out.with_name(name) for name in (HISTORY, TRAINING))
    outputs = [arguments.out, history_file, record_file]
    with checkpoints.locked() if first else nullcontext():
        if checkpoints.is_finished(outputs):
            if first:
                checkpoints.bring_back(outputs, print)
            return
        model, header, history = train(
            arguments.run,
            data,
            checkpoints,
            stopwatch=stopwatch,
            checkpoint_seconds=arguments.checkpoint_seconds,
            report=lambda line: print(line, flush=True) if first else None,
            terminal=sys.stderr.isatty(),
        )
        if first:
            save_model(arguments.out, model, header)
            write_history(history_file, history)
            record = {"run": arguments.run.model_dump(), "data": data.manifest.model_dump(mode="json")}
            record |= {"threads": arguments.threads, "processes": arguments.processes}
            write_record(record_file, record | origin | stopwatch.recorded(), [arguments.out.name, history_file.name])
            checkpoints.conclude(outputs, keep=arguments.keep_finished)


def _arguments() -> argparse.Namespace:
    """The options of the command."""
    parser = command_parser(__doc__)
    parser.add_argument("--run", type=json_of(RunSpec), required=True, help="specification, as JSON")
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument(
        "--out", type=Path, required=True, help="model.eqx to write; history.csv and run.json beside it"
    )
    add_checkpoint_options(parser)
    add_device_options(parser)
    parser.add_argument("--coordinator", help="host:port of the first of several processes that share the training")
    parser.add_argument("--processes", type=at_least_one, default=1, help="how many there are (default: 1)")
    parser.add_argument("--process", type=int, default=0, help="which of them this is, from 0 on (default: 0)")
    arguments = parser.parse_args()
    if arguments.processes > 1 and not arguments.coordinator:
        parser.error("--processes needs a --coordinator")
    return arguments


def checkpoint_identity(run: RunSpec, manifest: Manifest, origin: dict[str, Any], threads: int, processes: int) -> str:
    """A text with everything that decides the result. A state is resumed only if this text is the same.

    Args:
        origin: What `provenance` tells.
    """
    parts = [run.model_dump(), manifest.model_dump(), machine_identity(origin), threads, processes]
    return json.dumps([*parts, code_digest(__file__, PACKAGE / f"{run.definition.module}.py")])


def write_history(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Write the history of a training, with a row for each epoch, atomically."""
    with atomic_path(path) as temporary, open(temporary, "w", newline="") as file:
        table = csv.DictWriter(file, list(history[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(history)


if __name__ == "__main__":
    run_command(main)
