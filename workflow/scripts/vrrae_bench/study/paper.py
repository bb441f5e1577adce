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
    """Every number the paper prints: table, dataset, method, beta (as text), metric, value, note.

    Tables 1 and A.4-2 have no rows here, because their numbers are missing in the text of the paper that survives. They
    are shown as n/a.
    """
    import pandas as pd  # here, because costs are planned from this file, and each start of Snakemake plans

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
    rows = paper_values()
    found = rows[
        (rows.table == table)
        & (rows.dataset == dataset)
        & (rows.method == method)
        & (rows.metric == METRICS[metric].paper)
        & rows.beta.isin(["", beta])
    ]
    if found.empty:
        return None, ""
    return float(found.iloc[0].value), str(found.iloc[0].note)
