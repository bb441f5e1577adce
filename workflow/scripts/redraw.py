"""Make tables, figures, claims and the report again from a folder of results, without training or sampling anything.

The folder may be one that `keep.py` has filled: no data, models and generated images are needed, but for the few images
and points that figures show, which lie beside the scores of a run. What cannot be made again, because a file is not
there, stays as it is and is named.
"""

import vrrae_bench.system.shell_settings

from collections.abc import Iterable
from pathlib import Path

from claims import decide_claims
from figure import draw_figure
from report import make_report
from table import make_table
from vrrae_bench.artefacts.former_names import refuse_former_names
from vrrae_bench.artefacts.run_folder import SCORES, TRAINING
from vrrae_bench.reporting import made_from
from vrrae_bench.reporting.configured import read_study
from vrrae_bench.reporting.made_from import within
from vrrae_bench.reporting.run_scores import read_run_scores
from vrrae_bench.study.catalogue import CATALOGUE, FIGURES, TABLES
from vrrae_bench.study.selection import all_runs, runs_of
from vrrae_bench.study.settings import Study
from vrrae_bench.system.command_line import command_parser, folder_path
from vrrae_bench.system.errors import UserError, run_command

TEMPLATES = Path(__file__).parents[1] / "report"


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument(
        "folder", type=folder_path, help="folder of results, such as `make keep` fills; all is made in it"
    )
    folder = parser.parse_args().folder
    lacking = redraw(folder)
    print(f"{folder}: report.html, claims, tables and figures are made again")
    for name, missing in lacking.items():
        print(f"Not made again: {name}, since {missing} is not there")


def redraw(folder: Path) -> dict[str, str]:
    """Make everything that can be made from what is in the folder.

    Returns:
        The first file that is lacking, by what is not made without it.

    Raises:
        UserError: A file is damaged or belongs to other runs; or what all claims or the report need is not there; or
            runs have former names.
    """
    refuse_former_names(folder)
    study = read_study(folder / made_from.SETTINGS)
    if missing := _missing(folder, made_from.claims_files(study)):
        raise UserError(
            f"{folder / missing}: is missing. Claims and report need the scores, run.json and history.csv of "
            f"each run that {made_from.SETTINGS} asks for, and the timings. Copy it from where the results were made."
        )
    # Some figures are drawn from tables and verdicts.
    lacking = _tables(folder, study) | _claims(folder, study) | _figures(folder, study)
    _report(folder, study)
    return lacking


def _tables(folder: Path, study: Study) -> dict[str, str]:
    """Make the tables; returns what is lacking for which of them."""
    lacking = {}
    for name in made_from.reported(study, TABLES):
        files, sweep = made_from.table_files(study, name), made_from.sweep_files(study, name)
        if missing := _missing(folder, [*files, *sweep, *made_from.table_runs(study, name)]):
            lacking[name] = missing
        else:
            template = _caption(name)
            make_table(
                name,
                within(folder, files),
                within(folder, sweep),
                template,
                study.banner,
                folder / "tables",
            )
    return lacking


def _figures(folder: Path, study: Study) -> dict[str, str]:
    """Draw the figures; returns what is lacking for which of them."""
    lacking = {}
    for name in made_from.reported(study, FIGURES):
        if missing := _missing(folder, made_from.figure_files(study, name)) or _missing_detail(folder, study, name):
            lacking[name] = missing
        else:
            template, path = _caption(name), folder / f"figures/{name}.png"
            made = within(folder, made_from.figure_made(study, name))
            draw_figure(name, runs_of(study, name), made, template, path, study.mark)
    return lacking


def _claims(folder: Path, study: Study) -> dict[str, str]:
    """Decide the claims; returns what is lacking of the scores by further extractors, which decide none of them."""
    scores = made_from.scores_of_claims(study, lambda file: (folder / file).exists())
    timings, settings = within(folder, made_from.timings_of_claims(study)), folder / made_from.SETTINGS
    decide_claims(within(folder, scores), timings, settings, folder / "claims.csv")
    missing = _missing(folder, made_from.further_scores(study))
    return {"what further extractors say of the claims": missing} if missing else {}


def _report(folder: Path, study: Study) -> None:
    """Write the report, of all tables and figures that have been made, now or before.

    What a version before 0.2 made has no record beside it, which tells that it is whole. The report does not show it.
    """
    tables = within(folder, [f"tables/{name}.csv" for name in made_from.reported(study, TABLES)])
    figures = within(folder, [f"figures/{name}.png" for name in made_from.reported(study, FIGURES)])
    runs = within(folder, made_from.files_of_runs(all_runs(study), TRAINING))
    make_report(
        tables=[file for file in tables if _is_recorded(file)],
        claims=folder / "claims.json",
        figures=[file for file in figures if _is_recorded(file)],
        runs=runs,
        settings=folder / made_from.SETTINGS,
        template=TEMPLATES / "report.html.j2",
        out=folder / "report.html",
    )


def _caption(name: str) -> Path:
    """The template of the caption of a table or figure."""
    return TEMPLATES / "captions" / CATALOGUE[name].caption


def _is_recorded(file: Path) -> bool:
    return file.exists() and file.with_suffix(".json").exists()


def _missing(folder: Path, files: Iterable[str]) -> str | None:
    """The first of some files that is not in the folder."""
    return next((file for file in files if not (folder / file).exists()), None)


def _missing_detail(folder: Path, study: Study, name: str) -> str | None:
    """What the scores of a run do not tell a figure, since an earlier version has written them."""
    if detail := FIGURES[name].detail:
        for file in made_from.files_of_runs(runs_of(study, name), SCORES):
            if getattr(read_run_scores(folder / file).details, detail) is None:
                return f"{detail} in {file}"
    return None


if __name__ == "__main__":
    run_command(main)
