"""Print the main tables of some results in the terminal, and where the rest of them lies.

Reads tables/table_1.csv and tables/table_2.csv of a folder of results.
"""

import vrrae_bench.system.shell_settings

import pandas as pd
from tabulate import tabulate

from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.long_tables import read_long_table
from vrrae_bench.reporting.tables import NOT_PRINTED, readable_tables
from vrrae_bench.study.catalogue import TABLES
from vrrae_bench.system.command_line import command_parser, folder_path
from vrrae_bench.system.errors import UserError, run_command

WIDEST_HEADING = 10  # characters
SHOWN = ("table_1", "table_2")


def in_text(table: pd.DataFrame) -> str:
    """A table that is about a hundred columns wide.

    Columns without any number are left out, headings are wrapped, and the beta of a number stands below it.
    """
    shown = table.loc[:, ~(table == NOT_PRINTED).all()].rename(index=lambda row: row.replace("learning rate", "lr"))
    shown = shown.map(lambda cell: cell.replace(" (beta", "\n(beta"))
    # pyrefly: ignore[bad-argument-type] -- its declaration does not have data frames, which its documentation has
    return tabulate(shown, headers="keys", disable_numparse=True, maxheadercolwidths=WIDEST_HEADING)


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("results", type=folder_path, help="folder of results")
    results = parser.parse_args().results
    found = [(name, path) for name in SHOWN if (path := results / f"tables/{name}.csv").is_file()]
    if not found:
        raise UserError(f"{results}: holds no table to show. Make one with: snakemake --cores all table_2")
    for name, path in found:
        print(f"\n{TABLES[name].title}")
        for dataset, table in readable_tables(name, read_long_table(path)).items():
            print(f"\n{dataset_label(dataset)}\n{in_text(table)}")
    print("\nThe report, tables and figures:")
    for part in ("report.html", "tables", "figures"):
        if (results / part).exists():
            print(f"  {(results / part).absolute()}")


if __name__ == "__main__":
    run_command(main)
