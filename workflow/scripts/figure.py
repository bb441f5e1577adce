"""Draw a figure of the paper.

Reads files of every run that belongs into it: scores.json, run.json, and the few images and points that sampling has
put aside for figures; for Figure 1 the manifest of the data set. Some figures are drawn from tables and verdicts in
place of runs. Writes <name>.png, <name>.pdf, <name>.txt, the caption, and <name>.json, the digests of these.
"""

import vrrae_bench.system.shell_settings

import importlib
from collections.abc import Sequence
from pathlib import Path

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import SCORES, check_training
from vrrae_bench.reporting.captions import figure_context, render_caption
from vrrae_bench.reporting.figures.drawing import Run, save_figure
from vrrae_bench.study.catalogue import FIGURES
from vrrae_bench.system.command_line import command_parser, json_of
from vrrae_bench.system.errors import UserError, run_command
from vrrae_bench.system.files import write_text


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("name", choices=FIGURES)
    parser.add_argument("--runs", type=json_of(RunSpec), nargs="*", required=True, help="as JSON")
    parser.add_argument(
        "--from", dest="made", type=Path, nargs="*", default=[], help="CSV files of tables, and claims.json"
    )
    parser.add_argument("--caption", type=Path, required=True, help="template of the caption")
    parser.add_argument("--mark", help="what a reader of the figure alone has to know, above it")
    parser.add_argument(
        "--out", type=Path, required=True, help="results/figures/<name>.png to write, in the results folder of the runs"
    )
    arguments = parser.parse_args()
    draw_figure(arguments.name, arguments.runs, arguments.made, arguments.caption, arguments.out, arguments.mark)


def draw_figure(
    name: str, specs: Sequence[RunSpec], made: Sequence[Path], template: Path, path: Path, mark: str | None
) -> None:
    """Draw a figure of some runs, or of what has been made of them.

    Args:
        made: CSV files of tables and claims.json, for a figure that is drawn from these.
        template: The template of the caption.
        path: <name>.png to write, in the folder of figures of the results folder of the runs; the rest beside it.
        mark: What a reader of the figure alone has to know, above it.

    Raises:
        UserError: There is nothing to draw; or a file is missing or damaged, or belongs to another run.
    """
    if not (specs or made):
        raise UserError(f"{name}: this configuration selects nothing that belongs into it")
    entry, results = FIGURES[name], path.parents[1]
    runs = [Run(spec, results / spec.folder) for spec in specs]
    for run in () if entry.of_untrained_models else runs:
        check_training(run.folder, run.spec, None)
    # By name, so that the code of one figure is no input of another.
    module = importlib.import_module(f"vrrae_bench.reporting.figures.{entry.module}")
    if entry.made:
        figure = module.draw({file.stem: file for file in made})
    else:
        figure = module.draw(runs) if entry.first is None else module.draw(runs, entry.first)
    save_figure(path.parent, name, figure, mark)
    scores = [] if entry.of_untrained_models else [run.folder / SCORES for run in runs]
    context = figure_context(entry, [run.spec.dataset for run in runs], scores)
    write_text(path.with_suffix(".txt"), render_caption(template, context) + "\n")
    files = [f"{name}{suffix}" for suffix in entry.suffixes]
    write_record(path.with_suffix(".json"), {"figure": name}, files)


if __name__ == "__main__":
    run_command(main)
