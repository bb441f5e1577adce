"""The runs of the report: their scores, their costs, and what is recorded of them."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from vrrae_bench.artefacts.run import SEPARATOR
from vrrae_bench.artefacts.run_folder import HISTORY, SAMPLE, SCORES, TRAINING, spec_of
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.reporting.figures.drawing import Run
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.page.latent import Bars, Scatter, bars, scatter
from vrrae_bench.reporting.page.samples import Samples, samples
from vrrae_bench.reporting.run_scores import read_history, read_run_scores
from vrrae_bench.reporting.tables import NOT_RUN
from vrrae_bench.reporting.void import MARK, reason_of
from vrrae_bench.scoring.metrics import METRICS

LINKED = (TRAINING, SCORES, HISTORY)
# Size of the curve of a training, in units of its drawing, and its number of points.
WIDTH, HEIGHT, POINTS = 300, 100, 150
# Of one picture of a run, where there are few runs.
MOST_BYTES = 30_000


@dataclass(frozen=True)
class ReportedRun:
    """A run.

    Attributes:
        settings: The settings of its training, by the keys of run.json.
        scores: Its scores, by the keys of scores.json; none if it has not been scored.
        void: Why its scores in features are void; empty if they are not.
        curve: The points of its training error against the step, on a logarithmic scale, as SVG has them.
        first: The first training error, in percent.
        last: The last training error, in percent.
        files: Names and addresses of its files, as seen from the report.
        samples: Generated images, and images beside their reconstructions; none if their file is missing.
        scatter: Its first two latent means; none if their file is missing, or the latent space has one dimension.
        bars: How much each latent dimension tells; none for a method without posteriors, or if it has not been scored.
        lacking: The files that are missing beside the run, in words; empty if none is.
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
    samples: Samples | None
    scatter: Scatter | None
    bars: Bars | None
    lacking: str

    def is_void(self, name: str) -> bool:
        """Whether one of its scores is void, because it is computed in features that say nothing."""
        return bool(self.void) and name in METRICS and METRICS[name].of_features

    def cell(self, name: str) -> str:
        """The text of one of its scores in the table of runs."""
        if name not in self.scores:
            return NOT_RUN
        return MARK if self.is_void(name) else written(name, self.scores[name])


def reported_run(file: Path, record: dict[str, Any], report: Path, most: int = MOST_BYTES) -> ReportedRun:
    """A run from its files.

    Args:
        file: run.json, with history.csv beside it, scores.json if the run has been scored, and sample.json with what
            figures show if it has been sampled here.
        record: The content of run.json.
        report: The page that links to the files.
        most: A picture with more bytes is compressed with losses.

    Raises:
        UserError: One of them is missing or damaged, or is of another run.
    """
    run, scores = record["run"], file.with_name(SCORES)
    history = read_history(file.parent, "step", "reconstruction_error")
    found = read_run_scores(scores) if scores.exists() else None
    here = Run(spec_of(file, record), file.parent)
    has = {
        name: file.with_name(name).exists() and file.with_name(SAMPLE).exists() for name in (SHOWN_IMAGES, SHOWN_MEANS)
    }
    words = {SHOWN_IMAGES: "images", SHOWN_MEANS: "latent means"}
    upwards = run["dataset"] == "synthetic"
    return ReportedRun(
        dataset=dataset_label(run["dataset"]),
        method=method_label(run["method"]),
        variant=run["variant"].replace(SEPARATOR, ", "),
        seed=run["seed"],
        steps=int(history.step.iloc[-1]),
        seconds=record["wall_seconds"],
        memory=record["peak_memory_mib"],
        settings=dict(_plain(run)),
        scores=found.numbers if found else {},
        void=reason_of(found.details) if found else "",
        curve=_curve(history),
        first=history.reconstruction_error.iloc[0],
        last=history.reconstruction_error.iloc[-1],
        files=list(links([file.with_name(name) for name in LINKED], report)),
        samples=samples(here.images("random", "transitions"), upwards, most) if has[SHOWN_IMAGES] else None,
        scatter=scatter(here.means("train", "spread")) if has[SHOWN_MEANS] else None,
        bars=bars(found.details.signal_to_noise) if found else None,
        lacking=" and ".join(word for name, word in words.items() if not has[name]),
    )


def links(files: Sequence[Path], report: Path) -> Iterator[tuple[str, str]]:
    """Names and addresses of the files that exist among some, as seen from the report."""
    for file in files:
        if file.exists():
            yield file.name, quote(Path(os.path.relpath(file, report.parent)).as_posix())


def score_name(key: str) -> str:
    """The name of a score with its unit, or its key in scores.json if tables do not show it."""
    return METRICS[key].label if key in METRICS else key


def written(key: str, value: Any) -> str:
    """The text of a score, as tables print it."""
    if isinstance(value, float) and key in METRICS:
        return METRICS[key].write(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(settings: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Settings as people write them. A setting within another has both names. Settings without a value are left out.

    >>> dict(_plain({"epochs": 1280.0, "beta": None, "definition": {"file": "vae", "options": {}}}))
    {'epochs': '1280', 'definition.file': 'vae'}
    """
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _plain(value, f"{within}{key}.")
        elif value is not None:
            yield within + key, f"{value:g}" if isinstance(value, float) else value


def _curve(history: pd.DataFrame) -> str:
    """At most `POINTS` points of the training error, from the upper left of the drawing, the last among them."""
    some = history.iloc[:: max(1, math.ceil(len(history) / POINTS))]
    some = pd.concat([some, history.iloc[-1:]]).drop_duplicates("step")
    errors = some.reconstruction_error.clip(lower=1e-12).map(math.log10)
    low, high = errors.min(), max(errors.max(), errors.min() + 1e-9)
    across = WIDTH * some.step / some.step.max()
    down = HEIGHT * (high - errors) / (high - low)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down))
