"""Draw a figure of the paper.

Reads scores.json of every run that belongs into it and, beside each, latents.npz, random.npy or interpolation.npy; for
some figures also the data set of the run, which it finds in the same results folder. Writes <name>.png, <name>.pdf and
<name>.txt, the caption.
"""

import argparse
import importlib
from pathlib import Path

from vrrae_bench.errors import UserError, run_command
from vrrae_bench.files import read_json, write_text
from vrrae_bench.reporting.captions import render_caption, scores_context
from vrrae_bench.reporting.figures.drawing import Run, save_figure
from vrrae_bench.reporting.kinds import FIGURES
from vrrae_bench.runs import RunSpec


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=FIGURES)
    parser.add_argument("--scores", type=Path, nargs="*", required=True, help="scores.json of runs")
    parser.add_argument("--caption", type=Path, required=True, help="template of the caption")
    parser.add_argument("--out", type=Path, required=True, help="<name>.png to write; the rest beside it")
    arguments = parser.parse_args()
    runs = [Run(RunSpec.model_validate(read_json(path)["details"]["run"]), path.parent) for path in arguments.scores]
    if not runs:
        raise UserError(f"{arguments.name}: this configuration selects no run that belongs into it")
    # By name, so that the code of one figure is no input of another.
    module = importlib.import_module(f"vrrae_bench.reporting.figures.{arguments.name}")
    save_figure(arguments.out.parent, arguments.name, module.draw(runs))
    caption = render_caption(arguments.caption, scores_context(arguments.scores))
    write_text(arguments.out.with_suffix(".txt"), caption + "\n")


if __name__ == "__main__":
    run_command(main)
