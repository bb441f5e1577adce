"""The long form of a table, a row for each number: made from scores of runs, from the configuration, or from timings.

Its columns hold all that a reader needs to lay a table out. A note is a remark for people, which no program reads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.records import read_record, reading, remedy
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.artefacts.scores import BoundScores, RunScores
from vrrae_bench.artefacts.timings import Timings, read_timings
from vrrae_bench.reporting.configured import read_study
from vrrae_bench.reporting.run_scores import of_run, read_comparable, row_of_run
from vrrae_bench.reporting.void import reason_for, reason_of
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.study.catalogue import TABLES, Table
from vrrae_bench.study.paper import paper_value
from vrrae_bench.study.settings import Study
from vrrae_bench.system.errors import UserError

# The columns and their types. Others read them in this order, so a new column goes to the end.
TYPES = {
    "table": str,
    "dataset": str,
    "method": str,
    "beta": str,
    "batch_size": "Int64",
    "metric": str,
    "mean": float,
    "std": float,
    "n_seeds": "Int64",
    "paper_value": float,
    "note": str,
    # The limits of the interval that a run itself records, averaged over the runs.
    "low": float,
    "high": float,
    # The key of the metric in `METRICS`. The column `metric` has the same key, except in rows of the best beta: other
    # programs look a row up by data set, method, beta and metric, so these must not be the same for two rows.
    "quantity": str,
    # Whether the row is of the best beta: the beta with the smallest FID on another draw of as many images. So the beta
    # is chosen on other images than the row reports, though of the same trainings.
    "best_beta": bool,
    "learning_rate": float,
    # The values that were averaged, with spaces between them, if the table shows each of them.
    "each_value": str,
    # Why the number is void; empty if it is not.
    "void": str,
}
LONG_COLUMNS = list(TYPES)
# The quantity that is the share of runs with a collapsed dimension.
COLLAPSED = "collapsed"


def long_table(name: str, files: Sequence[str | Path], sweep: Sequence[str | Path] = ()) -> pd.DataFrame:
    """A row for each data set, method, beta, batch size and metric: mean and standard deviation over seeds.

    The standard deviation is the sample's (n - 1), and is empty for one seed. For timings it is taken over turns, and
    in `table_extractors` over extractors.

    Args:
        name: A key of `TABLES`.
        files: The files that the table is made from, by its origin: scores.json of runs, and of real images and noise;
            the configuration; or timings.
        sweep: scores.json of runs with several betas. The best beta of each method is shown beside `files`.

    Raises:
        UserError: There is nothing to make it from, or one of the files is damaged. Or only some seeds have a metric.
    """
    table = TABLES[name]
    found = list(_rows(name, table, list(map(Path, files)), list(map(Path, sweep))))
    if not found:
        raise UserError(f"{name}: this configuration selects nothing that belongs into it")
    return typed(pd.DataFrame([{"table": name, "metric": _metric(row)} | row for row in found]))


def read_long_table(path: Path) -> pd.DataFrame:
    """The long form of a table, as `long_table` gives it, from its CSV file.

    Raises:
        UserError: It is missing or damaged, has other columns, or is not the file that its record was written with.
    """
    read_record(path.with_suffix(".json"), path.name)
    with reading(path):
        # As text, in which nothing but an empty cell is missing: a data set may be called `null`.
        found = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        if list(found) != LONG_COLUMNS:
            raise ValueError(f"its columns are {', '.join(map(str, found))}, and not {', '.join(LONG_COLUMNS)}")
        if not found.best_beta.isin(["True", "False"]).all():
            raise ValueError("best_beta is neither True nor False")
        return typed(found.assign(best_beta=found.best_beta == "True"))


def typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the types of their columns. A text that is missing is empty, and `best_beta` that is missing is false.

    Args:
        rows: With the columns that are known of them; the others are missing.
    """
    missing = {name: "" for name, kind in TYPES.items() if kind is str} | {"best_beta": False}
    return rows.reindex(columns=LONG_COLUMNS).astype(object).fillna(missing).astype(TYPES)


def learning_rate_configured(long: pd.DataFrame, dataset: str) -> float:
    """The configured learning rate of a data set, with which its first rows were trained."""
    return long[long.dataset == dataset].learning_rate.iloc[0]


def _metric(row: Mapping[str, Any]) -> str:
    """The name by which others know the number of a row."""
    return f"{row['quantity']}_of_best_beta" if row.get("best_beta") else row["quantity"]


def _rows(name: str, table: Table, files: Sequence[Path], sweep: Sequence[Path]) -> Iterable[dict[str, Any]]:
    match table.origin:
        case "scores":
            read = list(zip([*files, *sweep], read_comparable([*files, *sweep])))
            of_sweep = [(path, of_run(path, one)) for path, one in read[len(files) :]]
            return [*_score_rows(name, table, read[: len(files)]), *_best_betas(name, table, of_sweep)]
        case "settings":
            return _setting_rows(name, table, [read_study(path) for path in files])
        case "timings":
            return _timing_rows(name, table, [read_timings(path) for path in files])


def _score_rows(
    name: str, table: Table, scores: Sequence[tuple[Path, RunScores | BoundScores]]
) -> Iterator[dict[str, Any]]:
    bounds = [entry for _, entry in scores if isinstance(entry, BoundScores)]
    of_runs = [(path, entry) for path, entry in scores if isinstance(entry, RunScores)]
    runs = pd.DataFrame([_record(path, entry) | entry.interval_ends for path, entry in of_runs])
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
                yield {"dataset": dataset, "method": bound, "quantity": metric, **_over_files(table, group, metric)}


def _run_rows(name: str, table: Table, runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for values, group in runs.groupby(["dataset", "learning_rate", "method", "beta", "batch_size"], sort=False):
        dataset, learning_rate, method, beta, batch_size = values
        configured = learning_rate == learning_rate_configured(runs, dataset)
        for metric in table.metrics:
            if metric not in group or group[metric].isna().all():
                continue
            _refuse_missing(group, metric)
            printed, note = paper_value(name, dataset, method, beta, metric)
            # The paper has one number for each method, and we do not know with which learning rate it was reached.
            if not configured:
                note = "; ".join(filter(None, [f"learning rate {format_beta(learning_rate)}", note]))
            yield {
                "dataset": dataset,
                "method": method,
                "beta": beta,
                "batch_size": batch_size,
                "learning_rate": learning_rate,
                "quantity": metric,
                **_over_files(table, group, metric),
                "paper_value": printed,
                "note": note,
            }


def _refuse_missing(group: pd.DataFrame, metric: str) -> None:
    """Refuse a metric that only some seeds have, since its mean would stand beside means over all seeds.

    Raises:
        UserError: Some runs of the group have the metric, and others do not.
    """
    if lacking := list(group.file[group[metric].isna()]):
        raise UserError(
            f"{', '.join(lacking)}: {metric} is missing, which other seeds have. An earlier version may have computed "
            f"these scores. {remedy(*lacking)}"
        )


def _over_files(table: Table, group: pd.DataFrame, metric: str) -> dict[str, Any]:
    """Mean, standard deviation and limits of a metric, each value if the table shows it, and why the metric is void."""
    numbers = group[metric].dropna()
    found: dict[str, Any] = {
        "mean": numbers.mean(),
        "std": numbers.std(ddof=1) if len(numbers) > 1 and METRICS[metric].source != "settings" else None,
        "n_seeds": len(numbers),
        "void": reason_for(metric, group.void),
    }
    found |= {limit: group[f"{metric} {limit}"].mean() for limit in ("low", "high") if f"{metric} {limit}" in group}
    if metric in table.each_value:
        found["each_value"] = " ".join(map(repr, numbers.tolist()))
    return found


def _best_betas(name: str, table: Table, scores: Sequence[tuple[Path, RunScores]]) -> Iterator[dict[str, Any]]:
    """The rows of each method's best beta, by the paper's rule without the luck of a draw.

    The beta is chosen on one draw of images and reported on another. The luck of a training remains, since both draws
    are of the same models. A method has no such row if one of its betas has no FID.

    Raises:
        UserError: Only some runs of a beta have an FID.
    """
    runs = pd.DataFrame([_record(path, entry) for path, entry in scores])
    if "fid_random_other_draw" not in runs:
        return
    for _, group in runs.groupby(["dataset", "method"], sort=False):
        for _, of_beta in group.groupby("beta", sort=False):
            if of_beta.fid_random_other_draw.notna().any():
                _refuse_missing(of_beta, "fid_random_other_draw")
        means = group.groupby("beta", sort=False).fid_random_other_draw.mean()
        if means.isna().any():
            continue
        for row in _run_rows(name, table, group[group.beta == means.idxmin()]):
            note = "beta chosen on another draw of images from the same trainings"
            # FIDs that are void choose a beta at random, so that every number of that beta is as void as they are.
            void = reason_for("fid_random_other_draw", group.void)
            yield row | {"paper_value": None, "note": note, "best_beta": True, "void": void}


def _setting_rows(name: str, table: Table, studies: Sequence[Study]) -> Iterator[dict[str, Any]]:
    for study in studies:
        for dataset in study.experiment.datasets:
            for metric in table.metrics:
                value = getattr(study.datasets[dataset], metric)
                printed, note = paper_value(name, dataset, "", "", metric)
                if printed is not None and printed != value:
                    note = note or "differs from the paper"
                yield {"dataset": dataset, "quantity": metric, "mean": value, "paper_value": printed, "note": note}


def _timing_rows(name: str, table: Table, timings: Sequence[Timings]) -> Iterator[dict[str, Any]]:
    for timing in timings:
        first = pd.Series(next(iter(timing.methods.values())).step_seconds)
        for method, measured in timing.methods.items():
            seconds = pd.Series(measured.step_seconds)
            values = {
                "step_seconds": seconds,
                "total_minutes": pd.Series(measured.training_step_seconds) * measured.steps / 60,
                "step_ratio": seconds / first,
            }
            for metric in table.metrics:
                printed, note = paper_value(name, timing.dataset, method, "", metric)
                extrapolated = "extrapolated from some steps" if metric == "total_minutes" else ""
                yield {
                    "dataset": timing.dataset,
                    "method": method,
                    "batch_size": timing.batch_size,
                    "quantity": metric,
                    "mean": values[metric].median(),
                    "std": values[metric].std(ddof=1),
                    "paper_value": printed,
                    "note": "; ".join(filter(None, [extrapolated, f"median of {len(values[metric])} turns", note])),
                }


def _void(scores: RunScores | BoundScores) -> dict[str, str]:
    return {"void": reason_of(scores.details)}


def _record(path: Path, scores: RunScores) -> dict[str, Any]:
    sizes = scores.details.run.model_dump(include={"bottleneck", "latent_size"})
    record: dict[str, Any] = sizes | {"file": str(path)} | row_of_run(scores) | _void(scores)
    if "collapsed_dimensions" in record:
        record[COLLAPSED] = float(record["collapsed_dimensions"] > 0)
    return record
