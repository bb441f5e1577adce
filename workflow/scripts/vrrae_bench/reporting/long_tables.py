"""The numbers of a table, a row each: from scores of runs, from the configuration, or from timings of steps."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.records import read_record
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.artefacts.scores import BoundScores, RunScores
from vrrae_bench.reporting.records import read_run_scores, read_scores, run_record
from vrrae_bench.reporting.void import note_with, reason_of, split
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.catalogue import TABLES, Table
from vrrae_bench.study.paper import paper_value
from vrrae_bench.system.errors import UserError

# Others read them in this order, so a new one goes to the end.
COLUMNS = ["table", "dataset", "method", "beta", "batch_size", "metric"]
COLUMNS += ["mean", "std", "n_seeds", "paper_value", "note", "low", "high"]
# Ends the metrics of the beta whose FID, of another draw of as many images, is the smallest: chosen and reported on
# different images, though of the same trainings.
OF_BEST_BETA = "_of_best_beta"
FID_OF_BEST_BETA = f"fid_random{OF_BEST_BETA}"
# Before the values of which a row is the mean, in its note.
EACH = "each: "
# The share of runs with a collapsed dimension.
COLLAPSED = "collapsed"


def long_table(name: str, files: Sequence[str | Path], sweep: Sequence[str | Path] = ()) -> pd.DataFrame:
    """A row for each data set, method, beta, batch size and metric: mean and standard deviation over seeds.

    The standard deviation is that of a sample (n - 1), and empty for one seed; that of timings is over turns, that of
    `table_extractors` over extractors. `low` and `high` are the limits of the interval that a run itself records,
    averaged over the runs. The note of a number that is void ends with the reason (`reporting.void`).

    Args:
        name: A key of `TABLES`.
        files: What its origin asks for: scores.json of the runs (and floors and ceilings), the configuration, or
            timings.
        sweep: scores.json of runs with several betas, of which each method's best is shown beside `files`.

    Raises:
        UserError: There is nothing to make it from.
    """
    table = TABLES[name]
    rows = {"scores": _score_rows, "settings": _setting_rows, "timings": _timing_rows}[table.origin]
    read = read_scores if table.origin == "scores" else read_record
    found = [{"table": name} | row for row in rows(name, table, [read(path) for path in files])]
    found += [{"table": name} | row for row in _best_betas(name, table, [read_run_scores(path) for path in sweep])]
    if not found:
        raise UserError(f"{name}: this configuration selects nothing that belongs into it")
    # Rows without runs have no batch size; of the others it stays a whole number.
    return pd.DataFrame(found, columns=COLUMNS).astype({"batch_size": "Int64"})


def _score_rows(name: str, table: Table, scores: Sequence[RunScores | BoundScores]) -> Iterator[dict[str, Any]]:
    bounds = [entry for entry in scores if isinstance(entry, BoundScores)]
    runs = pd.DataFrame([_record(entry) | entry.interval_ends for entry in scores if isinstance(entry, RunScores)])
    if runs.empty:
        return
    for dataset, of_dataset in runs.groupby("dataset", sort=False):
        yield from _run_rows(name, table, of_dataset)
        yield from _bound_rows(table, [entry for entry in bounds if entry.details.dataset == dataset])


def _bound_rows(table: Table, bounds: Sequence[BoundScores]) -> Iterator[dict[str, Any]]:
    names = [{"dataset": one.details.dataset, "method": one.details.bound} | _void(one) for one in bounds]
    found = pd.DataFrame([name | entry.numbers | entry.interval_ends for name, entry in zip(names, bounds)])
    for (dataset, bound), group in found.groupby(["dataset", "method"], sort=False) if names else ():
        for metric in table.metrics:
            if metric in group and len(group[metric].dropna()):
                found = _over_files(table, group, metric)
                note = note_with(found.pop("note", ""), metric, group.void)
                yield {"dataset": dataset, "method": bound, "metric": metric, **found, "note": note or None}


def _run_rows(name: str, table: Table, runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for values, group in runs.groupby(["dataset", "learning_rate", "method", "beta", "batch_size"], sort=False):
        dataset, learning_rate, method, beta, batch_size = values
        is_default = learning_rate == runs[runs.dataset == dataset].learning_rate.iloc[0]
        for metric in table.metrics:
            if metric not in group or group[metric].isna().all():
                continue
            printed, note = paper_value(name, dataset, method, beta, metric) if is_default else (None, "")
            found = _over_files(table, group, metric)
            note = found.pop("note", note) if is_default else f"learning rate {format_beta(learning_rate)}"
            yield {
                "dataset": dataset,
                "method": method,
                "beta": beta,
                "batch_size": batch_size,
                "metric": metric,
                **found,
                "paper_value": printed,
                "note": note_with(note, metric, group.void),
            }


def _over_files(table: Table, group: pd.DataFrame, metric: str) -> dict[str, Any]:
    """Mean, spread and limits of a metric, and each value in the note where a mean hides who has it."""
    numbers = group[metric].dropna()
    found = {
        "mean": numbers.mean(),
        "std": numbers.std(ddof=1) if len(numbers) > 1 and METRICS[metric].source != "settings" else None,
        "n_seeds": len(numbers),
    }
    found |= {limit: group[f"{metric} {limit}"].mean() for limit in ("low", "high") if f"{metric} {limit}" in group}
    if metric in table.each_value:
        found["note"] = EACH + ", ".join(f"{number:.4g}" for number in numbers)
    return found


def _best_betas(name: str, table: Table, scores: Sequence[RunScores]) -> Iterator[dict[str, Any]]:
    """The paper's rule for beta, without the luck of a draw: chosen on one draw of images, reported on another.

    The luck of a training remains: both draws are of the same models.
    """
    runs = pd.DataFrame([_record(entry) for entry in scores])
    if "fid_random_other_draw" not in runs:
        return
    for _, group in runs.groupby(["dataset", "method"], sort=False):
        best = group.groupby("beta", sort=False).fid_random_other_draw.mean().idxmin()
        for row in _run_rows(name, table, group[group.beta == best]):
            chosen = "beta chosen on another draw of images from the same trainings"
            note = note_with(chosen, row["metric"], [split(row["note"])[1]])
            yield row | {"paper_value": None, "note": note, "metric": row["metric"] + OF_BEST_BETA}


def _setting_rows(name: str, table: Table, files: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for settings in files:
        for dataset in settings["experiment"]["datasets"]:
            for metric in table.metrics:
                value = settings["datasets"][dataset][metric]
                printed, note = paper_value(name, dataset, "", "", metric)
                if printed is not None and printed != value:
                    note = note or "differs from the paper"
                yield {"dataset": dataset, "metric": metric, "mean": value, "paper_value": printed, "note": note}


def _timing_rows(name: str, table: Table, timings: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for timing in timings:
        first = pd.Series(next(iter(timing["methods"].values()))["step_seconds"])
        for method, measured in timing["methods"].items():
            seconds = pd.Series(measured["step_seconds"])
            values = {
                "step_seconds": seconds,
                "total_minutes": pd.Series(measured["training_step_seconds"]) * measured["steps"] / 60,
                "step_ratio": seconds / first,
            }
            for metric in table.metrics:
                printed, note = paper_value(name, timing["dataset"], method, "", metric)
                extrapolated = "extrapolated from some steps" if metric == "total_minutes" else ""
                yield {
                    "dataset": timing["dataset"],
                    "method": method,
                    "batch_size": timing["batch_size"],
                    "metric": metric,
                    "mean": values[metric].median(),
                    "std": values[metric].std(ddof=1),
                    "paper_value": printed,
                    "note": "; ".join(filter(None, [extrapolated, f"median of {len(values[metric])} turns", note])),
                }


def _void(scores: RunScores | BoundScores) -> dict[str, str]:
    return {"void": reason_of(scores.details)}


def _record(scores: RunScores) -> dict[str, Any]:
    sizes = scores.details.run.model_dump(include={"bottleneck", "latent_size"})
    record = sizes | run_record(scores) | _void(scores)
    if "collapsed_dimensions" in record:
        record[COLLAPSED] = float(record["collapsed_dimensions"] > 0)
    return record
