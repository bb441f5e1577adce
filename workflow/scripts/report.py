"""Write the report: one HTML page that needs no other file.

Reads the tables (CSV), the claims, the figures (PNG, with their captions beside them), run.json, scores.json and
history.csv of every run, and the configuration, which the runs have to be of.
"""

import vrrae_bench.system.shell_settings

from collections.abc import Sequence
from pathlib import Path

from vrrae_bench.artefacts.records import read_record
from vrrae_bench.artefacts.run_folder import spec_of
from vrrae_bench.reporting.claims.reported import read_claims
from vrrae_bench.reporting.configured import check_configured, check_made_by, read_study
from vrrae_bench.reporting.report import write_report
from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import run_command


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="<name>.csv, its caption in <name>.json")
    parser.add_argument("--claims", type=Path, required=True, help="claims.json")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="<name>.png, its caption in <name>.txt")
    parser.add_argument(
        "--runs", type=Path, nargs="*", default=[], help="run.json; history.csv and scores.json beside it"
    )
    parser.add_argument("--settings", type=Path, required=True, help="settings.json: what is compared")
    parser.add_argument(
        "--template", type=Path, required=True, help="template of the page; its parts, style and script lie beside it"
    )
    parser.add_argument("--out", type=Path, required=True, help="report.html to write")
    make_report(**vars(parser.parse_args()))


def make_report(
    *,
    tables: Sequence[Path],
    claims: Path,
    figures: Sequence[Path],
    runs: Sequence[Path],
    settings: Path,
    template: Path,
    out: Path,
) -> None:
    """Write the report, if all that it shows belongs to the configuration.

    Args:
        tables: CSV files in the long form; the record beside each has its caption.
        claims: claims.json.
        figures: PNG files; the text file beside each has its caption.
        runs: run.json of every run.
        settings: settings.json, which has the configuration.
        template: The template of the page.
        out: The page to write.

    Raises:
        UserError: A file is missing or damaged, or runs or claims are not those of the configuration.
    """
    study = read_study(settings)
    check_configured({path: spec_of(path, read_record(path)) for path in runs}, study)
    check_made_by(claims, read_claims(claims).settings, settings)
    write_report(out, template=template, tables=tables, claims=claims, figures=figures, runs=runs, study=study)


if __name__ == "__main__":
    run_command(main)
