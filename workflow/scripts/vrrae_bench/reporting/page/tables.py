"""A table of the report: our numbers, the paper's numbers, the differences, and the best number of each column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.tables import Cell, cells_of_tables, columns_of, row_heading
from vrrae_bench.scoring.metrics import METRICS, Better


@dataclass(frozen=True)
class Column:
    """A column of our numbers, and beside it the paper's column, if the paper has one.

    Attributes:
        better: Whether lower or higher is better; `neither` for numbers that do not judge.
        beside_paper: Whether a column with the paper's numbers and one with the differences follow it.
    """

    heading: str
    better: Better
    beside_paper: bool


@dataclass(frozen=True)
class Shown:
    """A cell and what stands out in it.

    Attributes:
        cell: The cell; none if the number does not exist.
        best: Whether no number of ours in its column is better.
        paper_best: Whether no number of the paper's in its column is better.
        difference: Our number minus the paper's, with its sign; empty if the paper has no such number.
    """

    cell: Cell | None
    best: bool = False
    paper_best: bool = False
    difference: str = ""


@dataclass(frozen=True)
class Block:
    """The table of one data set, or of all data sets."""

    dataset: str
    row_heading: str
    columns: list[Column]
    rows: list[tuple[str, list[Shown]]]

    @property
    def shows_best(self) -> bool:
        """Whether any number stands out as the best."""
        return any(shown.best or shown.paper_best for _, found in self.rows for shown in found)


def blocks(name: str, long: pd.DataFrame) -> list[Block]:
    """The table of each data set, in the paper's layout.

    Args:
        name: A key of `TABLES`.
        long: Its numbers, from `long_table` or `read_long_table`.
    """
    return [
        Block(dataset_label(dataset), row_heading(name), *_layout(found))
        for dataset, found in cells_of_tables(name, long).items()
    ]


def _layout(found: Sequence[Cell]) -> tuple[list[Column], list[tuple[str, list[Shown]]]]:
    headings = columns_of(found)
    by_column = {heading: [cell for cell in found if cell.column == heading] for heading in headings}
    columns = [_column(heading, by_column[heading]) for heading in headings]
    shown = {
        (cell.row, column.heading): one
        for column in columns
        for cell, one in zip(by_column[column.heading], _shown(column, by_column[column.heading]))
    }
    rows = dict.fromkeys(cell.row for cell in found)
    return columns, [(row, [shown.get((row, heading), Shown(None)) for heading in headings]) for row in rows]


def _column(heading: str, found: Sequence[Cell]) -> Column:
    ways = {METRICS[cell.metric].better for cell in found}
    return Column(heading, ways.pop() if len(ways) == 1 else "neither", any(cell.paper for cell in found))


def _shown(column: Column, found: Sequence[Cell]) -> Iterator[Shown]:
    """The cells of a column.

    Numbers of one learning rate are compared with each other, and errors of reconstructions only between methods whose
    posterior means have equally many dimensions. Three kinds of numbers are not compared: those of the
    best beta, which was chosen by its number; those of real images and noise, which are no methods; and void numbers.
    """
    rivals: dict[tuple[str, str], list[Cell]] = {}
    for cell in filter(_is_compared, found):
        rivals.setdefault((cell.block, cell.size_key), []).append(cell)
    best = {group: _best_two(column.better, cells) for group, cells in rivals.items()}
    for cell in found:
        ours, papers = best[cell.block, cell.size_key] if _is_compared(cell) else (set(), set())
        yield Shown(cell, not cell.void and cell.number in ours, cell.paper in papers, _difference(cell))


def _is_compared(cell: Cell) -> bool:
    return not cell.chosen and not cell.of_bound


def _best_two(better: Better, rivals: Sequence[Cell]) -> tuple[set[str], set[str]]:
    """The printed forms of the best of our numbers, and of the best of the paper's numbers."""
    ours = {cell.number: cell.mean for cell in rivals if not cell.void}
    printed = {cell.paper: cell.paper_mean for cell in rivals if cell.paper and cell.paper_mean is not None}
    return _best(better, ours), _best(better, printed)


def _best(better: Better, numbers: dict[str, float]) -> set[str]:
    """The printed forms of the best number; none of fewer than two.

    Numbers that print alike are equal. One number may print in several ways, as `0 of 3` and `0 of 5`.
    """
    if better == "neither" or len(numbers) < 2:
        return set()
    best = (min if better == "lower" else max)(numbers.values())
    return {printed for printed, number in numbers.items() if number == best}


def _difference(cell: Cell) -> str:
    if not cell.paper or cell.paper_mean is None or cell.void or METRICS[cell.metric].source == "settings":
        return ""
    difference, write = cell.mean - cell.paper_mean, METRICS[cell.metric].write
    size = write(abs(difference))
    if size == write(0.0):
        return size
    return f"{'−' if difference < 0 else '+'}{size}"
