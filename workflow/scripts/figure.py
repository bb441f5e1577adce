"""Draw a figure of the paper.

Reads files of every run that belongs into it: scores.json, run.json, and what it shows of latents.npz, random.npy and
the interpolated images; for some figures also the data set of the run. Writes <name>.png, <name>.pdf, <name>.txt, the
caption, and <name>.json, the digests of these.
"""

import vrrae_bench.system.shell_settings

import importlib
from pathlib import Path

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import check_training
from vrrae_bench.reporting.captions import render_caption, scores_context
from vrrae_bench.reporting.figures.drawing import Run, save_figure
from vrrae_bench.reporting.kinds import FIGURES
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.system.command_line import command_parser, json_of
from vrrae_bench.system.errors import UserError, run_command
from vrrae_bench.system.files import write_text


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("name", choices=FIGURES)
    parser.add_argument("--runs", type=json_of(RunSpec), nargs="*", required=True, help="as JSON")
    parser.add_argument("--caption", type=Path, required=True, help="template of the caption")
    parser.add_argument(
        "--out", type=Path, required=True, help="results/figures/<name>.png to write, in the results folder of the runs"
    )
    arguments = parser.parse_args()
    if not arguments.runs:
        raise UserError(f"{arguments.name}: this configuration selects nothing that belongs into it")
    kind, results = FIGURES[arguments.name], arguments.out.parents[1]
    runs = [Run(spec, results / spec.folder) for spec in arguments.runs]
    for run in runs if kind.files else ():
        check_training(run.folder, run.spec, None)
    # By name, so that the code of one figure is no input of another.
    module = importlib.import_module(f"vrrae_bench.reporting.figures.{kind.module}")
    figure = module.draw(runs) if kind.first is None else module.draw(runs, kind.first)
    save_figure(arguments.out.parent, arguments.name, figure)
    scores = [run.folder / "scores.json" for run in runs] if kind.files else []
    context = scores_context(scores) | {"shown": [dataset_label(run.spec.dataset) for run in runs], "first": kind.first}
    caption = render_caption(arguments.caption, context)
    write_text(arguments.out.with_suffix(".txt"), caption + "\n")
    files = [f"{arguments.name}{suffix}" for suffix in (".png", ".pdf", ".txt")]
    write_record(arguments.out.with_suffix(".json"), {"figure": arguments.name}, files)


if __name__ == "__main__":
    run_command(main)
