"""The numbers of a table, a row each: from scores of runs, from the configuration, or from timings of steps."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.errors import UserError
from vrrae_bench.files import read_json
from vrrae_bench.reporting.kinds import TABLES, TableKind
from vrrae_bench.reporting.paper import paper_value
from vrrae_bench.reporting.records import run_record
from vrrae_bench.runs import format_beta

COLUMNS = ["table", "dataset", "method", "beta", "batch_size", "metric"]
COLUMNS += ["mean", "std", "n_seeds", "paper_value", "note"]
# The FID of the beta that another draw of as many images found best: chosen and reported on different images.
FID_OF_BEST_BETA = "fid_random_of_best_beta"
# The share of runs with a collapsed dimension.
COLLAPSED = "collapsed"
# Counts, whose mean hides whether one seed has all of them.
SHOWN_BY_SEED = ("active_units", "collapsed_dimensions")


def long_table(name: str, files: Sequence[str | Path]) -> pd.DataFrame:
    """A row for each data set, method, beta, batch size and metric: mean and standard deviation over seeds.

    The standard deviation is that of a sample (n - 1), and empty for one seed; that of timings is over turns.

    Args:
        name: A key of `TABLES`.
        files: What its origin asks for: scores.json of the runs (and floors and ceilings), the configuration, or
            timings.

    Raises:
        UserError: There is nothing to make it from.
    """
    kind = TABLES[name]
    rows = {"scores": _score_rows, "settings": _setting_rows, "timings": _timing_rows}[kind.origin]
    found = [{"table": name} | row for row in rows(name, kind, [read_json(path) for path in files])]
    if not found:
        raise UserError(f"{name}: this configuration selects nothing that belongs into it")
    return pd.DataFrame(found, columns=COLUMNS)


def _score_rows(name: str, kind: TableKind, scores: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    bounds = [entry for entry in scores if "bound" in entry["details"]]
    runs = pd.DataFrame([_record(entry) for entry in scores if "run" in entry["details"]])
    if runs.empty:
        return
    for dataset, of_dataset in runs.groupby("dataset", sort=False):
        yield from _run_rows(name, kind, of_dataset)
        yield from _bound_rows(kind, [entry for entry in bounds if entry["details"]["dataset"] == dataset])
    if "beta" in kind.columns and "fid_random_other_draw" in runs:
        yield from _best_betas(runs)


def _bound_rows(kind: TableKind, bounds: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in bounds:
        details = entry["details"]
        for metric in kind.metrics:
            if metric in entry:
                yield {
                    "dataset": details["dataset"],
                    "method": details["bound"],
                    "metric": metric,
                    "mean": entry[metric],
                    "n_seeds": 1,
                }


def _run_rows(name: str, kind: TableKind, runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for values, group in runs.groupby(["dataset", "learning_rate", "method", "beta", "batch_size"], sort=False):
        dataset, learning_rate, method, beta, batch_size = values
        is_default = learning_rate == runs[runs.dataset == dataset].learning_rate.iloc[0]
        for metric in kind.metrics:
            numbers = group[metric].dropna() if metric in group else []
            if len(numbers) == 0:
                continue
            printed, note = paper_value(name, dataset, method, beta, metric) if is_default else (None, "")
            if metric in SHOWN_BY_SEED:
                note = "by seed: " + ", ".join(f"{number:g}" for number in numbers)
            yield {
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


def _best_betas(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The paper's rule for beta, without its optimism: chosen on one draw of images, reported on another."""
    for (dataset, method), group in runs.groupby(["dataset", "method"], sort=False):
        best = group.groupby("beta", sort=False).fid_random_other_draw.mean().idxmin()
        numbers = group[group.beta == best].fid_random
        yield {
            "dataset": dataset,
            "method": method,
            "beta": best,
            "batch_size": group.batch_size.iloc[0],
            "metric": FID_OF_BEST_BETA,
            "mean": numbers.mean(),
            "std": numbers.std(ddof=1) if len(numbers) > 1 else None,
            "n_seeds": len(numbers),
            "note": "beta chosen on another draw of images",
        }


def _setting_rows(name: str, kind: TableKind, files: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for settings in files:
        for dataset in settings["experiment"]["datasets"]:
            for metric in kind.metrics:
                value = settings["datasets"][dataset][metric]
                printed, note = paper_value(name, dataset, "", "", metric)
                if printed is not None and printed != value:
                    note = note or "differs from the paper: config.yaml says why"
                yield {"dataset": dataset, "metric": metric, "mean": value, "paper_value": printed, "note": note}


def _timing_rows(name: str, kind: TableKind, timings: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for timing in timings:
        first = pd.Series(next(iter(timing["methods"].values()))["step_seconds"])
        for method, measured in timing["methods"].items():
            seconds = pd.Series(measured["step_seconds"])
            values = {
                "step_seconds": seconds,
                "total_minutes": seconds * measured["steps"] / 60,
                "step_ratio": seconds / first,
            }
            for metric in kind.metrics:
                printed, note = paper_value(name, timing["dataset"], method, "", metric)
                yield {
                    "dataset": timing["dataset"],
                    "method": method,
                    "batch_size": timing["batch_size"],
                    "metric": metric,
                    "mean": values[metric].median(),
                    "std": values[metric].std(ddof=1),
                    "paper_value": printed,
                    "note": "; ".join(filter(None, [f"median of {len(seconds)} turns", note])),
                }


def _record(scores: dict[str, Any]) -> dict[str, Any]:
    record = run_record(scores)
    if "collapsed_dimensions" in record:
        record[COLLAPSED] = float(record["collapsed_dimensions"] > 0)
    return record
