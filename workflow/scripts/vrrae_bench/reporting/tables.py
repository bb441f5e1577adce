"""Tables as they are read and published: in the paper's layout, as Markdown and LaTeX, and long as CSV."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.files import atomic_path, write_text
from vrrae_bench.reporting.kinds import TABLES, TableKind
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.long_tables import COLLAPSED, EACH, FID_OF_BEST_BETA, OF_BEST_BETA
from vrrae_bench.runs import format_beta

NOT_PRINTED = "n/a"  # the paper has no such number, or it did not survive
NOT_RUN = "–"
# Metrics that the paper has no column for, in tables that it has.
OURS = ("reconstruction_error_original_scale", "coverage", "share_outside", "step_ratio")
BEST_BETA = "best beta"  # a column of ours where each beta has one, else a row
FORMATS: dict[str, Callable[[float], str]] = {
    "bottleneck": "{:.0f}".format,
    "latent_size": "{:.0f}".format,
    "epochs": "{:g}".format,
    "batch_size": "{:.0f}".format,
    "learning_rate": format_beta,
    "step_seconds": "{:.3f}".format,
    "total_minutes": "{:.1f}".format,
    "step_ratio": "{:.3f}".format,
    "kid_random": "{:.3g}".format,
}


def readable_table(name: str, long: pd.DataFrame) -> pd.DataFrame:
    """A table in the paper's layout, with the paper's value beside each number.

    Args:
        name: A key of `TABLES`.
        long: Its numbers, from `long_table`.
    """
    kind = TABLES[name]
    long = long.astype({"method": object, "beta": object, "note": object}).fillna(
        {"method": "", "beta": "", "note": ""}
    )
    rows: dict[str, dict[str, str]] = {}
    places: dict[str, float] = {}
    for row in long.itertuples():
        column = " ".join(_column_parts(kind, row))
        places[column] = places[f"{column} (paper)"] = _place(kind, row)
        for label in _row_labels(name, kind, row, long):
            cells = rows.setdefault(label, {})
            cells[column] = _cell(kind, row)
            if kind.in_paper and row.metric not in OURS and column != BEST_BETA:
                cells[f"{column} (paper)"] = _number(row.metric, row.paper_value)
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame = frame[sorted(frame, key=places.get)]
    frame.index.name = "Data set" if kind.rows == ("dataset",) else "Model"
    return frame.fillna(NOT_RUN)


def write_table(folder: str | Path, name: str, long: pd.DataFrame, caption: str, banner: str | None) -> None:
    """Write `<name>.csv`, `.md` and `.tex`, the latter two with their caption."""
    folder, title = Path(folder), TABLES[name].title
    with atomic_path(folder / f"{name}.csv") as temporary:
        long.to_csv(temporary, index=False)
    readable = readable_table(name, long)
    head = f"# {title}\n\n" + (f"**{banner}**\n\n" if banner else "")
    write_text(folder / f"{name}.md", f"{head}{readable.to_markdown(disable_numparse=True)}\n\n{caption}\n")
    description = f"{banner} {title}. {caption}" if banner else f"{title}. {caption}"
    latex = readable.to_latex(escape=True, caption=_escaped(description), label=f"tab:{name}")
    write_text(folder / f"{name}.tex", latex)


def _column_parts(kind: TableKind, row: Any) -> list[str]:
    if _is_of_best_beta(row) and "beta" in kind.columns:
        return [BEST_BETA]
    labels = {
        "dataset": lambda: dataset_label(row.dataset),
        "metric": lambda: kind.metrics[row.metric.removesuffix(OF_BEST_BETA)],
        "beta": lambda: f"beta = {row.beta}",
        "batch_size": lambda: f"batch {row.batch_size}",
    }
    return [labels[key]() for key in kind.columns]


def _place(kind: TableKind, row: Any) -> float:
    """Columns of betas stand in numerical order, though no data set has all of them; others as they come."""
    return float(row.beta) if "beta" in kind.columns and not _is_of_best_beta(row) else math.inf


def _row_labels(name: str, kind: TableKind, row: Any, long: pd.DataFrame) -> list[str]:
    """The rows in which a number stands: one, or both of Table 3 if beta = 0 is VRRAE's own."""
    methods = [method_label(row.method)] if "method" in kind.rows else [""]
    if name == "table_3" and row.method == "vrrae":
        betas = long[(long.dataset == row.dataset) & (long.method == "vrrae")].beta
        zero = [f"{methods[0]} (beta = 0)"] if row.beta == "0" else []
        methods = zero + (methods if float(row.beta) == betas.astype(float).max() else [])
    dataset = dataset_label(row.dataset) if "dataset" in kind.rows else ""
    block = row.note if row.note.startswith("learning rate") else ""
    if _is_of_best_beta(row) and "beta" not in kind.columns:
        block = BEST_BETA
    return [", ".join(filter(None, [dataset, method, block])) for method in methods]


def _is_of_best_beta(row: Any) -> bool:
    return row.metric.endswith(OF_BEST_BETA)


def _cell(kind: TableKind, row: Any) -> str:
    if row.metric == COLLAPSED:
        return f"{row.mean * row.n_seeds:.0f} of {row.n_seeds}"
    number = _number(row.metric, row.mean, row.std)
    if row.metric == FID_OF_BEST_BETA:
        return f"{number} (beta = {row.beta})"
    if row.metric in kind.each_value:
        return f"{number} ({row.note.removeprefix(EACH)})"
    if not kind.in_paper and not pd.isna(row.low):
        return f"{number} [{_number(row.metric, row.low)}, {_number(row.metric, row.high)}]"
    return number


def _number(metric: str, mean: float | None, std: float | None = None) -> str:
    if mean is None or pd.isna(mean):
        return NOT_PRINTED
    write = FORMATS.get(metric, "{:.2f}".format)
    return write(mean) if std is None or pd.isna(std) else f"{write(mean)} ± {write(std)}"


def _escaped(text: str) -> str:
    for character in "&%$#_":
        text = text.replace(character, f"\\{character}")
    return text.replace("±", r"$\pm$")
