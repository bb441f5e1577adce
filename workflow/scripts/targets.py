"""List what snakemake can make, with the number of trainings that each needs.

Resolves config.yaml, a profile, files and single keys as Snakemake does with the same options.
"""

import vrrae_bench.system.shell_settings

from vrrae_bench.study.catalogue import CATALOGUE, FIGURES
from vrrae_bench.study.invocation import add_configuration_options, settings_asked_for
from vrrae_bench.study.selection import all_runs, is_made, runs_needed
from vrrae_bench.study.settings import Settings
from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import run_command

NOT_MADE = "-"


def _trainings(settings: Settings, name: str) -> str:
    """How many a table or figure needs: Figure 1 shows runs, and needs none of them trained."""
    if not is_made(settings, name):
        return NOT_MADE
    needs_none = name in FIGURES and not FIGURES[name].files
    return "0" if needs_none else str(len(runs_needed(settings, name)))


def main() -> None:
    parser = command_parser(__doc__)
    add_configuration_options(parser)
    settings = settings_asked_for(parser.parse_args())
    everything = str(len(all_runs(settings)))
    lines = [("target", "runs", "")]
    lines += [(name, _trainings(settings, name), entry.about) for name, entry in CATALOGUE.items()]
    lines += [
        (f"data_{name}", "0", "The images of a data set, downloaded or made, and stored") for name in settings.datasets
    ]
    lines += [("claims", everything, "A verdict on each claim of the paper")]
    lines += [("report", everything, "One HTML page with all tables and figures")]
    lines += [("all", everything, "Everything; what `snakemake` makes if no target is named")]
    width = max(len(name) for name, _, _ in lines)
    for name, runs, about in lines:
        print(f"{name:{width}}  {runs:>4}  {about}".rstrip())
    print(f"\n{NOT_MADE}: this configuration selects nothing that belongs into it")


if __name__ == "__main__":
    run_command(main)
