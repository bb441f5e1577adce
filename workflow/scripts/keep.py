"""Copy the results of a run, without the data, models and images that they were made from.

Copies these files to another folder, under the same names: the report, the tables and figures that it links to, the
claims, the scores, histories and records behind them, and the few images and points that figures show. From these files
`redraw.py` makes tables, figures, claims and the report again.

Data, models and generated images are left out, because `snakemake` can make them again. Files that settings.json, the
configuration of the results, does not ask for are left out too, such as runs of an earlier configuration. Nothing is
copied if a file is not the one that its record names, or was made by another configuration, or if a table or the claims
were made before the scores beside them. Nothing is copied either if the other folder has tables, figures, scores or
records that would not be replaced.
"""

import vrrae_bench.system.shell_settings

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from claims import decided_claims
from vrrae_bench.artefacts.former_names import refuse_former_names
from vrrae_bench.artefacts.records import FILES, details_of, read_record, remedy
from vrrae_bench.artefacts.run_folder import TRAINING, spec_of
from vrrae_bench.reporting.claims.reported import read_claims
from vrrae_bench.reporting.configured import check_configured, check_made_by, read_study, selected_by, settings_of
from vrrae_bench.reporting.long_tables import long_table
from vrrae_bench.reporting.made_from import (
    SETTINGS,
    claims_files,
    figure_files,
    reported,
    scores_of_claims,
    sweep_files,
    table_files,
    timings_of_claims,
    within,
)
from vrrae_bench.reporting.sentences import counted
from vrrae_bench.study.catalogue import FIGURES, TABLES
from vrrae_bench.study.settings import Study
from vrrae_bench.system.command_line import command_parser, folder_path
from vrrae_bench.system.errors import UserError, run_command
from vrrae_bench.system.files import atomic_path

KEPT = (
    *("report.html", "claims.*", "tables/*.csv", "tables/*.md", "tables/*.tex", "tables/*.json"),
    *("figures/*.png", "figures/*.pdf", "figures/*.txt", "figures/*.json"),
    *("settings.json", "runs/**/scores*.json", "runs/**/run.json", "runs/**/history.csv"),
    *("extractor/**/*.json", "timings/*.json"),
)


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("results", type=folder_path, help="folder of results")
    parser.add_argument(
        "folder", type=folder_path, help="folder to copy to; what is there under the same names is replaced"
    )
    arguments = parser.parse_args()
    refuse_former_names(arguments.results)
    found = kept_in(arguments.results)
    if not found:
        raise UserError(f"{arguments.results}: holds no report, tables, figures or scores. Name a folder of results.")
    study = read_study(arguments.results / SETTINGS)
    belongs = selected_by(study)
    asked = [file for file in found if belongs(file.relative_to(arguments.results))]
    files = list(dict.fromkeys([*asked, *(file for file in shown_by(study, arguments.results) if file.exists())]))
    check(files, study, arguments.results / SETTINGS)
    refuse_stale(set(files), study, arguments.results)
    copies = {arguments.folder / file.relative_to(arguments.results): file for file in files}
    refuse_others_in(arguments.folder, set(copies))
    for copy, file in copies.items():
        with atomic_path(copy) as temporary:
            shutil.copyfile(file, temporary)
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{len(files)} files, {size:.1f} MB, in {arguments.folder}")
    if others := len(found) - len(asked):
        print(f"{counted(others, 'file')} left out, because settings.json does not ask for them")


def kept_in(folder: Path) -> list[Path]:
    """The files of a folder that may be kept, whatever configuration they belong to."""
    return [file for pattern in KEPT for file in sorted(folder.glob(pattern))]


def refuse_others_in(folder: Path, copies: set[Path]) -> None:
    """Refuse to copy to a folder in which tables, figures, scores or records would stay that are no copies.

    Raises:
        UserError: There are such files.
    """
    if others := [file for file in kept_in(folder) if file not in copies]:
        raise UserError(
            f"{folder}: has {counted(len(others), 'file')} that these results do not have, such as "
            f"{others[0].relative_to(folder)}. Name another folder, or delete such files. Nothing was copied."
        )


def check(files: Sequence[Path], study: Study, settings: Path) -> None:
    """Refuse to keep files that are damaged, or that were made by another configuration than settings.json.

    Args:
        files: All files that are about to be kept.
        settings: settings.json of the results, which holds the configuration.

    Raises:
        UserError: A record is damaged, or a file beside it is not the one that it was written with. Or a run, the
            claims or the report are not those of the configuration.
    """
    kept, runs = set(files), {}
    for path in (file for file in files if file.suffix == ".json" and file != settings):
        record = read_record(path)
        read_record(path, *(name for name in details_of(record).get(FILES, {}) if path.with_name(name) in kept))
        if path.name == TRAINING:
            runs[path] = spec_of(path, record)
        if path == settings.with_name("claims.json"):
            check_made_by(path, read_claims(path).settings, settings)
    check_configured(runs, study)
    if (report := settings.with_name("report.html")) in kept:
        check_made_by(report, settings_of(report), settings)


def refuse_stale(kept: set[Path], study: Study, results: Path) -> None:
    """Refuse to keep tables or claims that the scores do not give, because the scores were made anew afterwards.

    A table or the claims are compared only if all files are there that they are made from. Figures and the report are
    not compared.

    Raises:
        UserError: There is such a table, or there are such claims.
    """

    def are_there(names: Iterable[str]) -> bool:
        return all((results / name).exists() for name in names)

    for name in reported(study, TABLES):
        csv, files, sweep = results / f"tables/{name}.csv", table_files(study, name), sweep_files(study, name)
        if csv in kept and are_there([*files, *sweep]):
            table = long_table(name, within(results, files), within(results, sweep))
            if csv.read_text(encoding="utf-8") != table.to_csv(index=False):
                raise _stale(csv)
    claims = results / "claims.json"
    if claims in kept and are_there(claims_files(study)):
        scores = scores_of_claims(study, lambda name: (results / name).exists())
        decided = decided_claims(within(results, scores), within(results, timings_of_claims(study)), results / SETTINGS)
        if read_claims(claims) != decided:
            raise _stale(claims)


def _stale(path: Path) -> UserError:
    return UserError(
        f"{path}: is not what the results beside it give with this version. They were made again after it, some of "
        f"them are missing now, or another version made it. {remedy(path)}"
    )


def shown_by(study: Study, results: Path) -> list[Path]:
    """The files from which the figures of a configuration are drawn."""
    return [results / file for name in reported(study, FIGURES) for file in figure_files(study, name)]


if __name__ == "__main__":
    run_command(main)
