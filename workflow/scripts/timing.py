"""Time a training step of several methods, in turn, on one data set.

Reads a data set. Writes a JSON file: seconds per step of each method and turn, and on what machine. Nothing else may
run meanwhile.
"""

import argparse
import os
from pathlib import Path

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.errors import run_command
from vrrae_bench.files import write_json
from vrrae_bench.provenance import provenance
from vrrae_bench.runs import RunSpec
from vrrae_bench.training.devices import configure_jax, device_name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=RunSpec.model_validate_json, nargs="+", required=True, help="a run per method, as JSON"
    )
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--turns", type=int, default=8, help="measurements per method (default: 8)")
    parser.add_argument("--steps", type=int, default=5, help="steps per measurement (default: 5)")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--accelerator", choices=["cpu", "cuda", "tpu"], default="cpu")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="CPU threads (default: all)")
    arguments = parser.parse_args()
    configure_jax(arguments.accelerator, arguments.threads)

    from vrrae_bench.training.timing import step_seconds, total_steps

    data = DataSet(arguments.data)
    seconds = step_seconds(arguments.runs, data, arguments.turns, arguments.steps)
    methods = {
        run.method: {"step_seconds": seconds[run.method], "steps": total_steps(run, data)} for run in arguments.runs
    }
    run = arguments.runs[0]
    record = {"dataset": run.dataset, "batch_size": run.batch_size, "threads": arguments.threads, "methods": methods}
    write_json(arguments.out, record | {"steps_per_turn": arguments.steps} | provenance(device_name()))


if __name__ == "__main__":
    run_command(main)
