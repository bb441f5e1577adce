"""Make a table of the paper.

Reads what the table is made from: scores.json of runs (and run.json beside them), settings.json, or timings. Writes
<name>.csv (long), <name>.md and <name>.tex, and <name>.json, the digests of these.
"""

import vrrae_bench.system.shell_settings

from collections.abc import Sequence
from pathlib import Path

from vrrae_bench.reporting.captions import caption_context, render_caption
from vrrae_bench.reporting.long_tables import long_table
from vrrae_bench.reporting.tables import write_table
from vrrae_bench.study.catalogue import TABLES
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
    make_table(
        arguments.name, arguments.files, arguments.sweep, arguments.caption, arguments.banner, arguments.out.parent
    )


def make_table(
    name: str, files: Sequence[Path], sweep: Sequence[Path], template: Path, banner: str | None, folder: Path
) -> None:
    """Make a table from what `made_from` says that it is made from.

    Args:
        template: The template of the caption.
        folder: Where to write it.
    """
    long = long_table(name, files, sweep)
    caption = render_caption(template, caption_context(TABLES[name].origin, files, sweep))
    write_table(folder, name, long, caption, banner)


if __name__ == "__main__":
    run_command(main)
