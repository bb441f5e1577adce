"""scores.json and history.csv of runs, and a run as a flat record, which tables and claims are made from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.records import read_record, reading, refuse_others, remedy
from vrrae_bench.artefacts.run import RunSpec, format_beta
from vrrae_bench.artefacts.run_folder import SAMPLE, TRAINING, check_model_of_sample, spec_of
from vrrae_bench.artefacts.scores import DETAILS, BoundScores, RunScores, scores_of
from vrrae_bench.system.errors import UserError


def read_scores(path: str | Path) -> RunScores | BoundScores:
    """The scores of a run, compared with the files that they were made from; or scores of real images or of noise.

    These are the training in whose folder they lie, its sample, and the network in whose features images are compared.
    The network is also compared for real images and noise. What is not there is not compared, because the scores may
    have been copied to another folder without it.

    Raises:
        UserError: They are missing or damaged, or are those of another run, another sample or another network.
    """
    path = Path(path)
    record = read_record(path, holds=["details"])
    scores = scores_of(path, record)
    if isinstance(scores, RunScores):
        _refuse_other_run(path, scores.details.run)
        _refuse_other_sample(path, record)
    _refuse_other_network(path, scores)
    return scores


def _refuse_other_run(path: Path, run: RunSpec) -> None:
    training = run_folder(path) / TRAINING
    if training.exists() and "run" in (record := read_record(training)):
        refuse_others(path, "scores", run.model_dump(), spec_of(training, record).model_dump())


def _refuse_other_sample(path: Path, scores: Mapping[str, Any]) -> None:
    """Refuse scores if the model was sampled again afterwards, or trained again and not yet sampled.

    Snakemake notices this by the times of files, and these are lost if a folder is copied.
    """
    sample = run_folder(path) / SAMPLE
    if not sample.exists():
        return
    record = read_record(sample)
    check_model_of_sample(sample, record)
    # Scores repeat how images were drawn, and the scores of the model itself. What either file lacks is not compared.
    pairs = [(scores[DETAILS].get("sampling"), record.get("sampling"))]
    pairs += [(scores.get(name), number) for name, number in record.get("scores", {}).items()]
    if any(found != asked for found, asked in pairs if found is not None and asked is not None):
        raise UserError(f"{path}: was not computed from {SAMPLE} of this run, as it is now. {remedy(path)}")


def _refuse_other_network(path: Path, scores: RunScores | BoundScores) -> None:
    network = scores.details.extractor
    if network is None or network.settings is None:  # the Inception of 2015 is not tuned
        return
    folder = path.parent
    if isinstance(scores, RunScores):
        run, own = scores.details.run, run_folder(path)
        results = Path(own.as_posix().removesuffix(run.folder))
        folder = results / "extractor" / run.dataset / path.parent.relative_to(own)
    if (record := folder / "extractor.json").exists():
        asked = read_record(record, holds=["sha256"])["sha256"]
        refuse_others(path, "file of scores", {"extractor": network.sha256}, {"extractor": asked})


def read_run_scores(path: str | Path) -> RunScores:
    """The scores of a run, compared with the files that they were made from.

    Raises:
        UserError: As `read_scores`; or they are the scores of no run.
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
