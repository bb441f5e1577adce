"""Tables as they are read and published: in the paper's layout, as Markdown and LaTeX, and long as CSV."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.reporting.kinds import TABLES, TableKind
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.long_tables import COLLAPSED, EACH, FID_OF_BEST_BETA, OF_BEST_BETA
from vrrae_bench.reporting.markup import latex, markdown, markdown_cell
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.paper import is_in_paper
from vrrae_bench.system.files import atomic_path, write_text

NOT_PRINTED = "n/a"  # the paper has no such number, or it did not survive
NOT_RUN = "–"
BEST_BETA = "best beta"  # a column of ours where each beta has one, else a row


def readable_tables(name: str, long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A table in the paper's layout: one for each data set, by its name.

    Beside each number on a data set of the paper stands the paper's value.

    A table whose rows are the data sets is one, without a name.

    Args:
        name: A key of `TABLES`.
        long: Its numbers, from `long_table`.
    """
    long = long.astype({"method": object, "beta": object, "note": object}).fillna(
        {"method": "", "beta": "", "note": ""}
    )
    if TABLES[name].rows == "dataset":
        return {"": _readable_table(name, long)}
    return {dataset: _readable_table(name, rows) for dataset, rows in long.groupby("dataset", sort=False)}


def write_table(folder: str | Path, name: str, long: pd.DataFrame, caption: str, banner: str | None) -> None:
    """Write `<name>.csv`, `.md` and `.tex`, the latter two with their caption, and their digests in `<name>.json`.

    The LaTeX needs booktabs.
    """
    folder, title = Path(folder), TABLES[name].title
    with atomic_path(folder / f"{name}.csv") as temporary:
        long.to_csv(temporary, index=False)
    tables = readable_tables(name, long)
    write_text(folder / f"{name}.md", _markdown(title, tables, caption, banner))
    write_text(folder / f"{name}.tex", _latex(title, tables, caption, banner, label=f"tab:{name}"))
    write_record(folder / f"{name}.json", {"table": name}, [f"{name}{suffix}" for suffix in (".csv", ".md", ".tex")])


def _markdown(title: str, tables: dict[str, pd.DataFrame], caption: str, banner: str | None) -> str:
    parts = [f"# {title}"] + ([f"**{markdown(banner)}**"] if banner else [])
    for dataset, table in tables.items():
        parts += [f"## {markdown(dataset_label(dataset))}"] if len(tables) > 1 else []
        parts.append(table.rename(index=markdown_cell).to_markdown(disable_numparse=True))
    # Else the caption of all would stand under the name of the last.
    parts += ["## Notes"] if len(tables) > 1 else []
    return "\n\n".join([*parts, markdown(caption)]) + "\n"


def _latex(title: str, tables: dict[str, pd.DataFrame], caption: str, banner: str | None, label: str) -> str:
    """One float, so that it has one number. Its caption may have paragraphs, since the list of tables has the title."""
    described = latex(f"{banner} {title}. {caption}" if banner else f"{title}. {caption}")
    parts = [f"\\begin{{table}}\n\\caption[{latex(title)}]{{{described}}}\n\\label{{{label}}}"]
    for dataset, table in tables.items():
        parts += [f"\\medskip\\textbf{{{latex(dataset_label(dataset))}}}"] if len(tables) > 1 else []
        parts.append(table.map(latex).rename(index=latex, columns=latex).to_latex(escape=False).strip())
    return "\n\n".join([*parts, "\\end{table}"]) + "\n"


def _readable_table(name: str, long: pd.DataFrame) -> pd.DataFrame:
    kind = TABLES[name]
    rows: dict[str, dict[str, str]] = {}
    places: dict[str, float] = {}
    for row in long.itertuples():
        column = _column(kind, row)
        places[column] = places[f"{column} (paper)"] = _place(kind, row)
        for label in _row_labels(name, row, long):
            cells = rows.setdefault(label, {})
            cells[column] = _cell(kind, row)
            if column != BEST_BETA and _stands_beside_the_paper(kind, row):
                cells[f"{column} (paper)"] = _number(row.metric, row.paper_value)
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame = frame[sorted(frame, key=places.get)]
    frame.index.name = "Data set" if kind.rows == "dataset" else "Model"
    return frame.fillna(NOT_RUN)


def _column(kind: TableKind, row: Any) -> str:
    if kind.columns == "beta":
        return BEST_BETA if _is_of_best_beta(row) else f"beta = {row.beta}"
    if kind.columns == "batch_size":
        return f"batch {row.batch_size}"
    metric = row.metric.removesuffix(OF_BEST_BETA)
    return kind.headings.get(metric, METRICS[metric].column)


def _stands_beside_the_paper(kind: TableKind, row: Any) -> bool:
    """Whether the paper has a column for the number, in this table and for this data set."""
    return (
        kind.in_paper and is_in_paper(row.dataset) and METRICS[row.metric.removesuffix(OF_BEST_BETA)].paper is not None
    )


def _place(kind: TableKind, row: Any) -> float:
    """Columns of betas stand in numerical order, though no method has all of them; others as they come."""
    return float(row.beta) if kind.columns == "beta" and not _is_of_best_beta(row) else math.inf


def _row_labels(name: str, row: Any, long: pd.DataFrame) -> list[str]:
    """The rows in which a number stands: one, or both of Table 3 if beta = 0 is VRRAE's own."""
    kind = TABLES[name]
    if kind.rows == "dataset":
        return [dataset_label(row.dataset)]
    method = method_label(row.method)
    if name == "table_3" and row.method == "vrrae":
        own_beta = long[long.method == "vrrae"].beta.astype(float).max()
        zero = [f"{method} (beta = 0)"] if row.beta == "0" else []
        return zero + ([method] if float(row.beta) == own_beta else [])
    if _is_of_best_beta(row) and kind.columns != "beta":
        return [f"{method}, {BEST_BETA}"]
    return [f"{method}, {row.note}" if row.note.startswith("learning rate") else method]


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
    write = METRICS[metric.removesuffix(OF_BEST_BETA)].write
    return write(mean) if std is None or pd.isna(std) else f"{write(mean)} ± {write(std)}"
