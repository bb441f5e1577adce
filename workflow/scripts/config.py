"""Print the resolved configuration and the number of runs it asks for, or write the JSON schema for editors.

Resolves config.yaml, a profile, files and single keys as Snakemake does with the same options; all problems are told at
once.
"""

import vrrae_bench.system.shell_settings

import json
from collections import Counter
from pathlib import Path

import yaml

from vrrae_bench.study.invocation import add_configuration_options, settings_asked_for
from vrrae_bench.study.reading import json_schema
from vrrae_bench.study.selection import all_runs
from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.files import write_text


def main() -> None:
    parser = command_parser(__doc__)
    add_configuration_options(parser)
    parser.add_argument("--write-schema", type=Path, metavar="FILE", help="write the JSON schema instead")
    arguments = parser.parse_args()
    if arguments.write_schema:
        write_text(arguments.write_schema, json.dumps(json_schema(), indent=2) + "\n")
        return
    settings = settings_asked_for(arguments)
    print(yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
    per_dataset = Counter(run.dataset for run in all_runs(settings))
    counts = ", ".join(f"{n} on {dataset}" for dataset, n in per_dataset.items())
    print(f"# {per_dataset.total()} runs: {counts}")


if __name__ == "__main__":
    run_command(main)
