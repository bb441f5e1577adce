"""scores.json and history.csv of runs, and a run as a flat record: a row of what tables and claims are made from."""

from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.records import read_record, reading, refuse_others
from vrrae_bench.artefacts.run import RunSpec, format_beta
from vrrae_bench.artefacts.run_folder import TRAINING, spec_of


def read_scores(path: str | Path) -> dict[str, Any]:
    """Scores of a run, compared with the training in whose folder they lie; or those of real images or of noise.

    Raises:
        UserError: They are missing or damaged, or are those of another run.
    """
    path = Path(path)
    scores, training = read_record(path, holds=["details"]), run_folder(path) / TRAINING
    with reading(path):
        if "bound" in scores["details"]:
            return scores
        found = RunSpec.model_validate(scores["details"]["run"])
    if training.exists() and "run" in (record := read_record(training)):
        refuse_others(path, "scores", found.model_dump(), spec_of(training, record).model_dump())
    return scores


def run_folder(scores: Path) -> Path:
    """Scores lie in the folder of their run; those by an extractor with another seed in a folder within it."""
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


def run_record(scores: dict[str, Any]) -> dict[str, Any]:
    """What identifies a run, beta as text and empty for a method without one, and its numbers under their own names."""
    run = RunSpec.model_validate(scores["details"]["run"])
    record = run.model_dump(include={"dataset", "method", "batch_size", "learning_rate", "seed"})
    record["beta"] = "" if run.beta is None else format_beta(run.beta)
    return record | {name: value for name, value in scores.items() if name != "details"}
