"""Write the report: one HTML page that needs no other file.

Reads the tables (Markdown), the figures (PNG, with their captions beside them) and, of every run, run.json and
history.csv.
"""

import vrrae_bench.shell_settings

from pathlib import Path

from vrrae_bench.command_line import command_parser
from vrrae_bench.errors import run_command
from vrrae_bench.reporting.report import write_report


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="<name>.md")
    parser.add_argument("--claims", type=Path, required=True, help="claims.md")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="<name>.png, its caption in <name>.txt")
    parser.add_argument("--runs", type=Path, nargs="*", default=[], help="run.json; history.csv lies beside it")
    parser.add_argument("--template", type=Path, required=True, help="Jinja2 template of the page")
    parser.add_argument("--banner", help="a sentence above everything")
    parser.add_argument("--out", type=Path, required=True, help="report.html to write")
    arguments = parser.parse_args()
    write_report(
        arguments.out,
        template=arguments.template,
        tables=arguments.tables,
        claims=arguments.claims,
        figures=arguments.figures,
        runs=arguments.runs,
        banner=arguments.banner,
    )


if __name__ == "__main__":
    run_command(main)
