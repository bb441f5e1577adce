"""List what snakemake can make, with the number of trainings that each needs.

Resolves config.yaml, a profile, files and single keys as Snakemake does with the same options.
"""

import vrrae_bench.system.shell_settings

from vrrae_bench.study.catalogue import CATALOGUE
from vrrae_bench.study.invocation import add_configuration_options, settings_asked_for
from vrrae_bench.study.selection import all_runs, is_made, runs_needed
from vrrae_bench.study.targets import OTHER_TARGETS, images_target
from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import run_command

NOT_MADE = "-"


def main() -> None:
    parser = command_parser(__doc__)
    add_configuration_options(parser)
    settings = settings_asked_for(parser.parse_args())
    everything = str(len(all_runs(settings)))
    lines = [("target", "runs", "")]
    for name, entry in CATALOGUE.items():
        trainings = str(len(runs_needed(settings, name))) if is_made(settings, name) else NOT_MADE
        lines.append((name, trainings, entry.about))
    for name in settings.datasets:
        lines.append((images_target(name), "0", "The images of a data set, downloaded or made, and stored"))
    lines += [(name, everything, about) for name, about in OTHER_TARGETS.items()]
    width = max(len(name) for name, _, _ in lines)
    for name, runs, about in lines:
        print(f"{name:{width}}  {runs:>4}  {about}".rstrip())
    print(f"\n{NOT_MADE}: this configuration selects nothing that belongs into it")


if __name__ == "__main__":
    run_command(main)
