"""Time the training of several methods, in turn, on one data set.

Reads a data set. Writes a JSON file: seconds per step of each method and turn, by itself and within a training, and on
what machine, and how many cores other work took meanwhile. Waits until no other timing runs on this machine.
"""

import vrrae_bench.system.shell_settings

import argparse
import os
from pathlib import Path

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.system.command_line import add_device_options, command_parser, json_of
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.host_devices import LOCKS, one_at_a_time
from vrrae_bench.system.provenance import provenance
from vrrae_bench.training.devices import check_precision, configure_jax, device_name
from vrrae_bench.training.settings import TimingSettings


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--runs", type=json_of(RunSpec), nargs="+", required=True, help="a run per method, as JSON")
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--timing", type=json_of(TimingSettings), required=True, help="settings, as JSON")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    add_device_options(parser, threads=os.cpu_count())
    parser.add_argument("--locks", type=Path, default=LOCKS, help=f"default: {LOCKS}")
    arguments = parser.parse_args()
    for run in arguments.runs:
        check_precision(run, arguments.accelerator)
    # Before JAX starts: that takes cores too.
    with one_at_a_time("timing", arguments.locks):
        write_timings(arguments)


def write_timings(arguments: argparse.Namespace) -> None:
    """Time the steps, and write how long they took."""
    configure_jax(arguments.accelerator, arguments.threads)

    from vrrae_bench.training.other_work import OtherWork, warn_of_other_work
    from vrrae_bench.training.timing import step_seconds, total_steps, training_step_seconds

    machine = provenance(device_name(arguments.accelerator)) | {"threads": arguments.threads}
    runs, data, timing = arguments.runs, DataSet(arguments.data), arguments.timing
    others = OtherWork()
    alone = step_seconds(runs, data, timing.turns, timing.steps, others)
    in_training = training_step_seconds(runs, data, timing.training_steps, others)
    methods = {
        run.method: {
            "step_seconds": alone[run.method],
            "training_step_seconds": in_training[run.method],
            "steps": total_steps(run, data),
        }
        for run in runs
    }
    what = {"dataset": runs[0].dataset, "batch_size": runs[0].batch_size, "timing": timing.model_dump()}
    what |= {"runs": [run.model_dump() for run in runs]}
    other_cores = round(others.cores(), 3)
    write_record(arguments.out, what | {"methods": methods} | machine | {"other_work_cores": other_cores})
    warn_of_other_work(other_cores, arguments.out)


if __name__ == "__main__":
    run_command(main)
