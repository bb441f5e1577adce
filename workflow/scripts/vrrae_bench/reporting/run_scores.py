"""scores.json and history.csv of runs, and a run as a flat record, which tables and claims are made from."""

from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.records import read_record, reading, refuse_others
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.artefacts.run_folder import TRAINING, spec_of
from vrrae_bench.artefacts.scores import BoundScores, RunScores, scores_of
from vrrae_bench.system.errors import UserError


def read_scores(path: str | Path) -> RunScores | BoundScores:
    """The scores of a run, compared with the training in whose folder they lie; or scores of real images or of noise.

    Raises:
        UserError: They are missing or damaged, or are those of another run.
    """
    path = Path(path)
    scores, training = scores_of(path, read_record(path, holds=["details"])), run_folder(path) / TRAINING
    if isinstance(scores, RunScores) and training.exists() and "run" in (record := read_record(training)):
        asked = spec_of(training, record)
        refuse_others(path, "scores", scores.details.run.model_dump(), asked.model_dump())
    return scores


def read_run_scores(path: str | Path) -> RunScores:
    """The scores of a run, compared with the training in whose folder they lie.

    Raises:
        UserError: They are missing or damaged, or are those of another run or of none.
    """
    scores = read_scores(path)
    if not isinstance(scores, RunScores):
        raise UserError(f"{path}: holds the scores of {scores.details.bound}, not those of a run. Name scores of runs.")
    return scores


def run_folder(scores: Path) -> Path:
    """The folder of the run that a file of scores belongs to. Scores by another extractor lie in a folder within it."""
    return scores.parent.parent if scores.parent.name.startswith("extractor_seed=") else scores.parent


def read_history(folder: Path, *columns: str) -> pd.DataFrame:
    """Some columns of the history of the training in a folder, which has a row per epoch.

    Raises:
        UserError: It is damaged, or is the history of another training than run.json beside it.
    """
    file, training = folder / "history.csv", folder / TRAINING
    if training.exists():
        read_record(training, file.name)
    with reading(file):
        history = pd.read_csv(file)[list(columns)]
        if history.empty or history.isna().any(axis=None):
            raise ValueError("numbers are missing")
        return history.astype(float)


def row_of_run(scores: RunScores) -> dict[str, Any]:
    """What identifies a run, and its numbers under their own names. Beta is text, and empty for a method without it."""
    run = scores.details.run
    record = run.model_dump(include={"dataset", "method", "batch_size", "learning_rate", "seed"})
    record["beta"] = "" if run.beta is None else format_beta(run.beta)
    return record | scores.numbers
