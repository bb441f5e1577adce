"""The numbers that the paper prints."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vrrae_bench.scoring.metrics import METRICS

if TYPE_CHECKING:
    import pandas as pd

PAPER_VALUES = Path(__file__).with_name("paper_values.csv")


@cache
def paper_values() -> pd.DataFrame:
    """Every number that the paper prints, with the columns table, dataset, method, beta (text), metric, value and note.

    Tables 1 and A.4-2 have no rows here, because their numbers are missing from our copy of the paper. They are
    shown as n/a.
    """
    # Here, because each start of Snakemake imports this module to estimate costs, and pandas takes long to import.
    import pandas as pd

    return pd.read_csv(PAPER_VALUES, dtype={"beta": str, "note": str}, keep_default_na=False, na_values={"value": [""]})


def is_in_paper(dataset: str) -> bool:
    """Whether the paper has results on a data set."""
    return dataset in set(paper_values().dataset)


def paper_value(table: str, dataset: str, method: str, beta: str, metric: str) -> tuple[float | None, str]:
    """The value that the paper prints in a cell, or none, and the note that belongs to it.

    Args:
        beta: The beta of the cell, as text. A value that the paper prints without a beta belongs to every beta.
        metric: A key of `METRICS`, whose entry tells under which name the paper has such a number.
    """
    printed = _cells().get((table, dataset, method, METRICS[metric].paper), {})
    return next((cell for printed_beta, cell in printed.items() if printed_beta in ("", beta)), (None, ""))


@cache
def paper_betas(table: str, dataset: str, method: str) -> tuple[str, ...]:
    """The betas with which a table prints numbers of a method; an empty text if it names no beta."""
    rows = paper_values()
    return tuple(rows[(rows.table == table) & (rows.dataset == dataset) & (rows.method == method)].beta.unique())


@cache
def _cells() -> dict[tuple[str, str, str, str | None], dict[str, tuple[float, str]]]:
    """The value and the note of each cell: by table, data set, method and metric, and then by beta.

    If the paper prints a cell twice, the first value is taken.
    """
    found: dict[tuple[str, str, str, str | None], dict[str, tuple[float, str]]] = {}
    for row in paper_values().to_dict("records"):
        cell = found.setdefault((row["table"], row["dataset"], row["method"], row["metric"]), {})
        cell.setdefault(row["beta"], (row["value"], row["note"]))
    return found
