"""The runs of the report: what each came to, what it cost, and all that is recorded of it."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from vrrae_bench.artefacts.run import SEPARATOR
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.records import read_history, read_run_scores
from vrrae_bench.reporting.tables import NOT_RUN
from vrrae_bench.reporting.void import MARK, reason_of
from vrrae_bench.scoring.metrics import METRICS

FILES = ("run.json", "scores.json", "history.csv")
# Of the curve of a training, in units of its drawing.
WIDTH, HEIGHT, POINTS = 300, 100, 150


@dataclass(frozen=True)
class ReportedRun:
    """A run.

    Attributes:
        settings: What it was trained with, by the keys of run.json.
        scores: Its numbers, by the keys of scores.json; none if it has not been scored.
        void: Why its scores of features say nothing; empty if nothing speaks against them.
        curve: The points of its training error against the step, on a logarithmic scale, as SVG has them.
        first: The first training error, in percent.
        last: The last training error, in percent.
        files: Names and addresses of its files, as seen from the report.
    """

    dataset: str
    method: str
    variant: str
    seed: int
    steps: int
    seconds: float
    memory: Any
    settings: dict[str, Any]
    scores: dict[str, float]
    void: str
    curve: str
    first: float
    last: float
    files: list[tuple[str, str]]

    def is_void(self, name: str) -> bool:
        """Whether one of its scores says nothing, since the features that it is of say nothing."""
        return bool(self.void) and name in METRICS and METRICS[name].of_features

    def cell(self, name: str) -> str:
        """One of its scores in the table of runs."""
        if name not in self.scores:
            return NOT_RUN
        return MARK if self.is_void(name) else written(name, self.scores[name])


def reported_run(file: Path, record: dict[str, Any], report: Path) -> ReportedRun:
    """A run from its files.

    Args:
        file: run.json, with history.csv beside it, and scores.json if the run has been scored.
        record: What it holds.
        report: The page that links to the files.

    Raises:
        UserError: One of them is missing or damaged, or is of another run.
    """
    run, scores = record["run"], file.with_name("scores.json")
    history = read_history(file.parent, "step", "reconstruction_error")
    found = read_run_scores(scores) if scores.exists() else None
    return ReportedRun(
        dataset=dataset_label(run["dataset"]),
        method=method_label(run["method"]),
        variant=run["variant"].replace(SEPARATOR, ", "),
        seed=run["seed"],
        steps=int(history.step.iloc[-1]),
        seconds=record["wall_seconds"],
        memory=record["peak_memory_mib"],
        settings={key: value for key, value in run.items() if value is not None},
        scores=found.numbers if found else {},
        void=reason_of(found.details) if found else "",
        curve=_curve(history),
        first=history.reconstruction_error.iloc[0],
        last=history.reconstruction_error.iloc[-1],
        files=list(links([file.with_name(name) for name in FILES], report)),
    )


def links(files: Sequence[Path], report: Path) -> Iterator[tuple[str, str]]:
    """Names and addresses of those of some files that are there, as seen from the report."""
    for file in files:
        if file.exists():
            yield file.name, quote(Path(os.path.relpath(file, report.parent)).as_posix())


def score_name(key: str) -> str:
    """What a score is called, with its unit; its key in scores.json if it is not one that tables show."""
    return METRICS[key].label if key in METRICS else key


def written(key: str, value: Any) -> str:
    """A score as tables print it."""
    if isinstance(value, float) and key in METRICS:
        return METRICS[key].write(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _curve(history: pd.DataFrame) -> str:
    """At most `POINTS` points of the training error, the last among them, from the upper left of the drawing."""
    some = history.iloc[:: max(1, math.ceil(len(history) / POINTS))]
    some = pd.concat([some, history.iloc[-1:]]).drop_duplicates("step")
    errors = some.reconstruction_error.clip(lower=1e-12).map(math.log10)
    low, high = errors.min(), max(errors.max(), errors.min() + 1e-9)
    across = WIDTH * some.step / some.step.max()
    down = HEIGHT * (high - errors) / (high - low)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down))
