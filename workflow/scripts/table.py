"""Make a table of the paper.

Reads scores.json of every run that belongs into it. Writes <name>.csv (long), <name>.md and <name>.tex.
"""

import argparse
from pathlib import Path

from vrrae_bench.errors import run_command
from vrrae_bench.reporting.captions import render_caption, scores_context
from vrrae_bench.reporting.tables import TABLES, long_table, write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=TABLES)
    parser.add_argument("--scores", type=Path, nargs="*", required=True, help="scores.json of runs")
    parser.add_argument("--caption", type=Path, required=True, help="template of the caption")
    parser.add_argument("--banner", help="a sentence above the table")
    parser.add_argument("--out", type=Path, required=True, help="<name>.csv to write; the rest beside it")
    arguments = parser.parse_args()
    table = TABLES[arguments.name]
    long = long_table(table, arguments.scores)
    caption = render_caption(arguments.caption, scores_context(arguments.scores))
    write_table(arguments.out.parent, table, long, caption, arguments.banner)


if __name__ == "__main__":
    run_command(main)
