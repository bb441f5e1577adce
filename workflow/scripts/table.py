"""Make a table of the paper.

Reads what the table is made from: scores.json of runs (and run.json beside them), settings.json, or timings. Writes
<name>.csv (long), <name>.md and <name>.tex, and <name>.json, the digests of these.
"""

import vrrae_bench.system.shell_settings

from pathlib import Path

from vrrae_bench.reporting.captions import caption_context, render_caption
from vrrae_bench.reporting.kinds import TABLES
from vrrae_bench.reporting.long_tables import long_table
from vrrae_bench.reporting.tables import write_table
from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import run_command


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("name", choices=TABLES)
    parser.add_argument(
        "--from",
        dest="files",
        type=Path,
        nargs="*",
        required=True,
        help="scores.json of runs, settings.json or timings",
    )
    parser.add_argument(
        "--sweep", type=Path, nargs="*", default=[], help="scores.json of runs, to choose the best beta of each method"
    )
    parser.add_argument("--caption", type=Path, required=True, help="template of the caption")
    parser.add_argument("--banner", help="a sentence above the table")
    parser.add_argument("--out", type=Path, required=True, help="<name>.csv to write; the rest beside it")
    arguments = parser.parse_args()
    long = long_table(arguments.name, arguments.files, arguments.sweep)
    context = caption_context(TABLES[arguments.name].origin, arguments.files, arguments.sweep)
    caption = render_caption(arguments.caption, context)
    write_table(arguments.out.parent, arguments.name, long, caption, arguments.banner)


if __name__ == "__main__":
    run_command(main)
