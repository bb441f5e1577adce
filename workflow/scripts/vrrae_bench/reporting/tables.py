"""Tables 1 and 2: from the scores of runs to CSV, Markdown and LaTeX."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path, read_json, write_text
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.paper import paper_value
from vrrae_bench.runs import RunSpec, format_beta

NOT_PRINTED = "n/a"  # the paper has no such number, or it did not survive
NOT_RUN = "–"
COLUMNS = ["table", "dataset", "method", "beta", "batch_size", "metric"]
COLUMNS += ["mean", "std", "n_seeds", "paper_value", "note"]


@dataclass(frozen=True)
class Table:
    """What a table of the paper shows.

    Attributes:
        metrics: Keys of scores.json, and the headings under which the paper prints them.
    """

    name: str
    title: str
    metrics: dict[str, str]


TABLES = {
    "table_1": Table(
        "table_1",
        "Table 1: synthetic bumps, errors in percent, coverage and outside as shares",
        {
            "reconstruction_error": "Test error",
            "random_generation_error": "Random gen. error",
            "reconstruction_error_original_scale": "Test error, original scale",
            "coverage": "Coverage",
            "share_outside": "Outside",
        },
    ),
    "table_2": Table(
        "table_2",
        "Table 2: FID of interpolation and of random generation, reconstruction error in percent",
        {"fid_interpolation": "Inter.", "fid_random": "Rand.", "reconstruction_error": "Rec."},
    ),
}


def long_table(table: Table, scores: Iterable[str | Path]) -> pd.DataFrame:
    """A row for each data set, variant, method and metric: mean and standard deviation over seeds.

    The standard deviation is that of a sample (n - 1), and empty for one seed.

    Args:
        scores: scores.json of the runs.

    Raises:
        UserError: There are no runs.
    """
    records = [_record(read_json(path)) for path in scores]
    if not records:
        raise UserError(f"{table.name}: this configuration selects no data set that belongs into it")
    runs = pd.DataFrame(records)
    keys = ["dataset", "learning_rate", "method", "beta", "batch_size"]
    rows = []
    for values, group in runs.groupby(keys, sort=False):
        dataset, learning_rate, method, beta, batch_size = values
        is_default = learning_rate == runs[runs.dataset == dataset].learning_rate.iloc[0]
        for metric in table.metrics:
            numbers = group[metric].dropna() if metric in group else []
            if len(numbers) == 0:
                continue
            printed, note = paper_value(table.name, dataset, method, beta, metric) if is_default else (None, "")
            rows.append(
                {
                    "table": table.name,
                    "dataset": dataset,
                    "method": method,
                    "beta": beta,
                    "batch_size": batch_size,
                    "metric": metric,
                    "mean": numbers.mean(),
                    "std": numbers.std(ddof=1) if len(numbers) > 1 else None,
                    "n_seeds": len(numbers),
                    "paper_value": printed,
                    "note": note if is_default else f"learning rate {format_beta(learning_rate)}",
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def readable_table(table: Table, long: pd.DataFrame) -> pd.DataFrame:
    """The same in the paper's layout: a row per method, a column per data set and metric, the paper's value beside.

    A method with several betas on one data set has a row for each; with one on each, the caption tells them.
    """
    betas = long.groupby(["dataset", "method", "metric"]).beta.nunique()
    rows: dict[tuple[str, ...], dict[tuple[str, str], str]] = {}
    for row in long.itertuples():
        swept = betas.max() > 1 and row.beta
        label = method_label(row.method) + (f" (beta = {row.beta})" if swept else "")
        block = row.note if row.note.startswith("learning rate") else ""
        dataset, metric = dataset_label(row.dataset), table.metrics[row.metric]
        cells = rows.setdefault((label, block), {})
        cells[dataset, metric] = _number(row.mean, row.std)
        if row.metric in _printed_metrics(table):
            cells[dataset, f"{metric} (paper)"] = _number(row.paper_value)
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.columns = [" ".join(column) for column in frame.columns]
    frame.index = [f"{label}, {block}" if block else label for label, block in rows]
    frame.index.name = "Model"
    return frame.fillna(NOT_RUN)


def write_table(folder: str | Path, table: Table, long: pd.DataFrame, caption: str, banner: str | None) -> None:
    """Write `<name>.csv`, `.md` and `.tex`, the latter two with their caption."""
    folder = Path(folder)
    with atomic_path(folder / f"{table.name}.csv") as temporary:
        long.to_csv(temporary, index=False)
    readable = readable_table(table, long)
    head = f"# {table.title}\n\n" + (f"**{banner}**\n\n" if banner else "")
    write_text(folder / f"{table.name}.md", f"{head}{readable.to_markdown(disable_numparse=True)}\n\n{caption}\n")
    description = f"{banner} {table.title}. {caption}" if banner else f"{table.title}. {caption}"
    latex = readable.to_latex(escape=True, caption=_escaped(description), label=f"tab:{table.name}")
    write_text(folder / f"{table.name}.tex", latex)


def _printed_metrics(table: Table) -> Sequence[str]:
    """The metrics that the paper's table has; the others are ours and have no printed value by nature."""
    ours = ("reconstruction_error_original_scale", "coverage", "share_outside")
    return [metric for metric in table.metrics if metric not in ours]


def _record(scores: dict[str, Any]) -> dict[str, Any]:
    run = RunSpec.model_validate(scores["details"]["run"])
    record = run.model_dump(include={"dataset", "method", "batch_size", "learning_rate"})
    record["beta"] = "" if run.beta is None else format_beta(run.beta)
    return record | {name: value for name, value in scores.items() if name != "details"}


def _number(mean: float | None, std: float | None = None) -> str:
    if mean is None or pd.isna(mean):
        return NOT_PRINTED
    return f"{mean:.2f}" if std is None or pd.isna(std) else f"{mean:.2f} ± {std:.2f}"


def _escaped(text: str) -> str:
    for character in "&%$#_":
        text = text.replace(character, f"\\{character}")
    return text.replace("±", r"$\pm$")
