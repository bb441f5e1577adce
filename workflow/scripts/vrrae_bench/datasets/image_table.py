"""A CSV file that lists a user's image files: the columns file, label and, if the user likes, split."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from vrrae_bench.artefacts.manifest import SPLITS
from vrrae_bench.datasets.image_files import LabelledFile, refuse_broken
from vrrae_bench.datasets.problems import Problems
from vrrae_bench.system.errors import UserError


def listed_in(root: Path, name: str) -> dict[str, list[LabelledFile]] | list[LabelledFile]:
    """The files that a CSV file in a folder lists, by split; in one list if it has no such column.

    Raises:
        UserError: The file is no such table, or has wrong lines. The message has all of them.
    """
    table, problems = root / name, Problems()
    listed: dict[str | None, list[LabelledFile]] = {}
    lines: dict[Path, str] = {}
    for where, row in _rows(table):
        with problems.kept():
            entry = _entry(root, where, row)
            if entry.path in lines:
                raise UserError(f"{where}: names the file of {lines[entry.path]} again. Remove one of the two lines.")
            lines[entry.path] = where
            listed.setdefault(row.get("split"), []).append(entry)
    problems.refuse()
    if not listed:
        raise UserError(f"{table}: lists no images. Write a line for each: file,label.")
    return listed[None] if None in listed else {split: listed.get(split, []) for split in SPLITS}


def _entry(root: Path, where: str, row: Mapping[str | None, str]) -> LabelledFile:
    """The image file that a line of a CSV file names, as it lies below the folder, without links and detours."""
    if None in row or not all(row.values()):
        columns = ", ".join(column for column in row if column)
        raise UserError(f"{where}: has not one value for each of {columns}. Complete it.")
    if row.get("split", "train") not in SPLITS:
        raise UserError(f"{where}: split '{row['split']}' is neither train nor test. Write one of them.")
    name = row["file"]
    try:
        home, file = root.resolve(), (root / name).resolve()
        is_there = file.is_file()
        if not is_there and (root / name).is_symlink():
            refuse_broken(root / name)
    except (OSError, ValueError) as error:
        raise UserError(f"{where}: {name!r} cannot be read ({error}). Correct the name, or its permissions.") from None
    if not file.is_relative_to(home):
        raise UserError(f"{where}: {name!r} leaves the folder {root}. Name files relative to it.")
    if not is_there:
        raise UserError(f"{where}: there is no file {root / name}. Correct the name, or remove the line.")
    return LabelledFile(root / file.relative_to(home), row["label"])


def _rows(table: Path) -> Iterator[tuple[str, dict[str | None, str]]]:
    """The lines of a CSV file, each as its place in the file and its columns, which may be incomplete."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = reader.fieldnames or []
            if sorted(columns) not in (["file", "label"], ["file", "label", "split"]):
                raise UserError(
                    f"{table}: its first line is '{','.join(columns)}'. Write file,label or file,label,split there."
                )
            for row in reader:
                yield f"{table}: line {reader.line_num}", row
    except OSError as error:
        raise UserError(f"{table}: cannot be read ({error.strerror}). Check files.labels.") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{table}: is no CSV file in UTF-8 ({error}). Save it as one.") from None
