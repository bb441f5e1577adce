"""Tables as people read them: in the paper's layout, as Markdown and LaTeX; and their files."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.bounds import BOUNDS
from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.long_tables import COLLAPSED, learning_rate_configured
from vrrae_bench.reporting.markup import latex, markdown, markdown_cell
from vrrae_bench.reporting.void import MARK, warning
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.catalogue import TABLES, Table
from vrrae_bench.study.paper import is_in_paper
from vrrae_bench.system.files import atomic_path, write_text

NOT_PRINTED = "n/a"  # the paper has no such number, or our copy of the paper lacks it
NOT_RUN = "–"
BEST_BETA = "best beta"  # a column where each beta has a column, otherwise a row


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A number of a table in the paper's layout, where it stands, and what the paper prints there.

    Attributes:
        row: The heading of its row.
        block: The learning rate of its row, if it is not the configured learning rate; otherwise empty.
        size_key: `bottleneck` or `latent_size`, if its method has posterior means with k or with L dimensions; empty if
            the number does not depend on this, or is of no method that this version has.
        column: The heading of its column.
        place: Columns stand in the order of this number. Columns with equal numbers keep the order of the rows.
        metric: What it measures, a key of `METRICS`.
        number: The mean, as it is printed.
        spread: The standard deviation as it is printed; empty if there is none.
        remark: The text behind mean and deviation: an interval, the value of each seed, the beta, or that the number is
            void. It may be empty.
        mean: The mean itself.
        paper: The number that the paper prints, as it is printed here; none if the paper has no such column.
        paper_mean: The number that the paper prints; none if the paper has no such number.
        chosen: Whether the number is of the best beta, and so was chosen among several.
        of_bound: Whether the number is of real images or noise, and not of a method.
        void: Whether the number says nothing, because it is computed in features that say nothing.
    """

    row: str
    block: str
    size_key: str
    column: str
    place: float
    metric: str
    number: str
    spread: str
    remark: str
    mean: float
    paper: str | None
    paper_mean: float | None
    chosen: bool
    of_bound: bool
    void: bool

    @property
    def text(self) -> str:
        """The text of the cell, without the paper's number."""
        with_spread = f"{self.number} ± {self.spread}" if self.spread else self.number
        return f"{with_spread} {self.remark}".rstrip()


def readable_tables(name: str, long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of each data set in the paper's layout, by the name of the data set.

    Beside each number on a data set of the paper stands the paper's value. If the rows of a table are the data sets,
    there is a single table, whose name is empty.

    Args:
        name: A key of `TABLES`.
        long: Its numbers, from `long_table`.
    """
    return {dataset: _readable_table(name, found) for dataset, found in cells_of_tables(name, long).items()}


def cells_of_tables(name: str, long: pd.DataFrame) -> dict[str, list[Cell]]:
    """The cells of the tables of each data set, by its name. If the rows are the data sets, the only name is empty.

    Args:
        name: A key of `TABLES`.
        long: Its numbers, from `long_table`.
    """
    if TABLES[name].rows == "dataset":
        return {"": _cells_of_table(name, long)}
    return {str(dataset): _cells_of_table(name, rows) for dataset, rows in long.groupby("dataset", sort=False)}


def write_table(folder: str | Path, name: str, long: pd.DataFrame, caption: str, banner: str | None) -> None:
    """Write `<name>.csv`, `.md` and `.tex`, the latter two with their caption, and their digests in `<name>.json`.

    The caption begins with why numbers are void, if any are.

    The LaTeX needs booktabs.
    """
    folder, title = Path(folder), TABLES[name].title
    with atomic_path(folder / f"{name}.csv") as temporary:
        long.to_csv(temporary, index=False)
    tables = readable_tables(name, long)
    void = long.query("void != ''")[["dataset", "void"]].drop_duplicates()
    caption = "\n\n".join([*map(warning, void["dataset"], void["void"]), caption])
    write_text(folder / f"{name}.md", _markdown(title, tables, caption, banner))
    write_text(folder / f"{name}.tex", _latex(title, tables, caption, banner, label=f"tab:{name}"))
    record = {"table": name, "caption": caption}
    write_record(folder / f"{name}.json", record, [f"{name}{suffix}" for suffix in TABLES[name].suffixes])


def _markdown(title: str, tables: dict[str, pd.DataFrame], caption: str, banner: str | None) -> str:
    parts = [f"# {title}"] + ([f"**{markdown(banner)}**"] if banner else [])
    for dataset, table in tables.items():
        parts += [f"## {markdown(dataset_label(dataset))}"] if len(tables) > 1 else []
        aligned = ["left", *("right" for _ in table.columns)]
        parts.append(table.rename(index=markdown_cell).to_markdown(disable_numparse=True, colalign=aligned))
    # Without this heading, the caption of all tables would stand under the name of the last data set.
    parts += ["## Notes"] if len(tables) > 1 else []
    return "\n\n".join([*parts, markdown(caption)]) + "\n"


def _latex(title: str, tables: dict[str, pd.DataFrame], caption: str, banner: str | None, label: str) -> str:
    """One float, so that it has one number. The caption may have paragraphs: the list of tables has the title only."""
    described = latex(f"{banner} {title}. {caption}" if banner else f"{title}. {caption}")
    parts = [f"\\begin{{table}}\n\\caption[{latex(title)}]{{{described}}}\n\\label{{{label}}}"]
    for dataset, table in tables.items():
        parts += [f"\\medskip\\textbf{{{latex(dataset_label(dataset))}}}"] if len(tables) > 1 else []
        parts.append(table.map(latex).rename(index=latex, columns=latex).to_latex(escape=False).strip())
    return "\n\n".join([*parts, "\\end{table}"]) + "\n"


def _cells_of_table(name: str, long: pd.DataFrame) -> list[Cell]:
    return [cell for row in long.itertuples() for cell in _cells(name, row, long)]


def columns_of(found: Iterable[Cell]) -> list[str]:
    """The headings of the columns of some cells, from left to right."""
    return list(dict.fromkeys(cell.column for cell in sorted(found, key=lambda cell: cell.place)))


def _cells(name: str, row: Any, long: pd.DataFrame) -> Iterator[Cell]:
    table = TABLES[name]
    column = _column(table, row)
    beside = column != BEST_BETA and _stands_beside_the_paper(table, row)
    number, spread, remark = _parts(table, row)
    for label in _row_labels(name, row, long):
        yield Cell(
            row=label,
            block=_other_learning_rate(row, long),
            size_key=methods()[row.method].size_key
            if METRICS[row.quantity].of_size and row.method in methods()
            else "",
            column=column,
            place=_place(table, row),
            metric=row.quantity,
            number=number,
            spread=spread,
            remark=remark,
            mean=row.mean,
            paper=_number(row.quantity, row.paper_value) if beside else None,
            paper_mean=None if pd.isna(row.paper_value) else row.paper_value,
            chosen=row.best_beta,
            of_bound=row.method in BOUNDS,
            void=bool(row.void),
        )


def _readable_table(name: str, found: list[Cell]) -> pd.DataFrame:
    rows: dict[str, dict[str, str]] = {}
    for cell in found:
        row = rows.setdefault(cell.row, {})
        row[cell.column] = cell.text
        if cell.paper is not None:
            row[f"{cell.column} (paper)"] = cell.paper
    frame = pd.DataFrame.from_dict(rows, orient="index")
    columns = [part for column in columns_of(found) for part in (column, f"{column} (paper)")]
    frame = frame[[column for column in columns if column in frame]]
    frame.index.name = row_heading(name)
    return frame.fillna(NOT_RUN)


def row_heading(name: str) -> str:
    """The heading of the rows of a table."""
    return "Data set" if TABLES[name].rows == "dataset" else "Method"


def _column(table: Table, row: Any) -> str:
    if table.columns == "beta":
        return BEST_BETA if row.best_beta else f"beta = {row.beta}"
    if table.columns == "batch_size":
        return f"batch {row.batch_size}"
    return table.headings.get(row.quantity, METRICS[row.quantity].column)


def _stands_beside_the_paper(table: Table, row: Any) -> bool:
    """Whether the paper has a column for the number, in this table and for this data set."""
    return table.in_paper and is_in_paper(row.dataset) and METRICS[row.quantity].paper is not None


def _place(table: Table, row: Any) -> float:
    """The place of a column: columns of betas stand in numerical order, all others in the order of the rows."""
    return float(row.beta) if table.columns == "beta" and not row.best_beta else math.inf


def _row_labels(name: str, row: Any, long: pd.DataFrame) -> list[str]:
    """The row in which a number stands, or both rows of VRRAE if beta = 0 is configured and has a row apart."""
    table = TABLES[name]
    if table.rows == "dataset":
        return [dataset_label(row.dataset)]
    method = method_label(row.method)
    if table.each_beta:
        return [f"{method} (beta = {row.beta})"]
    if table.zero_beta_apart and row.method == "vrrae":
        own_beta = long[long.method == "vrrae"].beta.astype(float).max()
        zero = [f"{method} (beta = 0)"] if row.beta == "0" else []
        return zero + ([method] if float(row.beta) == own_beta else [])
    if row.best_beta and table.columns != "beta":
        return [f"{method}, {BEST_BETA}"]
    rate = _other_learning_rate(row, long)
    return [f"{method}, learning rate {rate}" if rate else method]


def _other_learning_rate(row: Any, long: pd.DataFrame) -> str:
    """The learning rate of a row, if it is not the configured learning rate of its data set; otherwise empty."""
    if pd.isna(row.learning_rate) or row.learning_rate == learning_rate_configured(long, row.dataset):
        return ""
    return format_beta(row.learning_rate)


def _parts(table: Table, row: Any) -> tuple[str, str, str]:
    """The mean, the standard deviation and the remark behind them, as they are printed. Missing parts are empty."""
    if row.quantity == COLLAPSED:
        return f"{row.mean * row.n_seeds:.0f} of {row.n_seeds}", "", ""
    number, spread, remark = _number(row.quantity, row.mean), "", ""
    if not pd.isna(row.std):
        spread = _number(row.quantity, row.std)
    if row.best_beta and row.quantity == "fid_random":
        remark = f"(beta = {row.beta})"
    elif row.quantity in table.each_value:
        remark = f"({', '.join(f'{float(number):.4g}' for number in row.each_value.split())})"
    elif not table.in_paper and not pd.isna(row.low):
        remark = f"[{_number(row.quantity, row.low)}, {_number(row.quantity, row.high)}]"
    if row.void:
        remark = f"{remark} ({MARK})".lstrip()
    return number, spread, remark


def _number(metric: str, number: float | None) -> str:
    if number is None or pd.isna(number):
        return NOT_PRINTED
    return METRICS[metric].write(number)
