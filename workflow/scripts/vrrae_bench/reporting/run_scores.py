"""scores.json and history.csv of runs, and a run as a flat record, which tables and claims are made from."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from vrrae_bench.artefacts.extractor_folder import EXTRACTOR, seed_of
from vrrae_bench.artefacts.records import read_record, reading, refuse_others, remedy
from vrrae_bench.artefacts.run import RunSpec, format_beta
from vrrae_bench.artefacts.run_folder import (
    HISTORY,
    SAMPLE,
    TRAINING,
    check_model_of_sample,
    images_trained_on,
    results_of,
    spec_of,
)
from vrrae_bench.artefacts.scores import DETAILS, BoundScores, RunDetails, RunScores, scores_of
from vrrae_bench.latent.settings import SampleSpec, are_enough
from vrrae_bench.system.errors import UserError

# How images were drawn, as far as it has to be the same for all scores of a table. The number of Gaussians may differ,
# because it can be chosen for each model.
SAME_DRAWS = tuple(name for name in SampleSpec.model_fields if name != "gmm_components")


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
        refuse_others(path, "file of scores", run.model_dump(), spec_of(training, record).model_dump())


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
        if (results := results_of(own, run)) is None:  # what lies beside a copy is not known
            return
        folder = results / "extractor" / run.dataset / path.parent.relative_to(own)
    if (record := folder / EXTRACTOR).exists():
        asked = read_record(record, holds=["sha256"])["sha256"]
        refuse_others(path, "file of scores", {"extractor": network.sha256}, {"extractor": asked})


def read_comparable(paths: Iterable[str | Path]) -> list[RunScores | BoundScores]:
    """The scores in several files, as `read_scores` gives them, if those on one data set can be compared.

    Snakemake makes no other scores. But results of two machines may be put together, with other images, for example
    with another number of test images, or with other draws or networks.

    Raises:
        UserError: As `read_scores`. Or two of the scores are on one data set, and are of other images, with other
            draws, or by two networks where there can be only one.
    """
    found: list[RunScores | BoundScores] = []
    first: dict[tuple[str, str], tuple[Path, Any]] = {}
    for path in map(Path, paths):
        scores = read_scores(path)
        dataset = scores.details.run.dataset if isinstance(scores, RunScores) else scores.details.dataset
        for condition, value in _conditions(path, scores):
            other, asked = first.setdefault((dataset, condition), (path, value))
            if value != asked:
                raise UserError(
                    f"{path}: cannot be compared with {other}, because {condition} differs. One of the two is of "
                    "another configuration or of other images. Make it again, or copy it from where it was made."
                )
        found.append(scores)
    return found


def _conditions(path: Path, scores: RunScores | BoundScores) -> Iterator[tuple[str, Any]]:
    """What has to be the same for all scores on a data set, as far as the files tell it: its name, and its value."""
    training, extractor = run_folder(path) / TRAINING, scores.details.extractor
    if isinstance(scores, RunScores) and training.exists():
        if "arrays" in (images := read_record(training).get("data", {})):
            yield "the content of the images", images_trained_on(images)
    drawn = scores.details.sampling.model_dump() if scores.details.sampling else {}
    yield from ((f"`{name}` of the sampling", drawn[name]) for name in SAME_DRAWS if name in drawn)
    if extractor is not None:
        # There is a network for each data set, further ones in folders of their own, and the Inception of 2015.
        which = path.parent.name if is_further(path) else "2015" if extractor.settings is None else "the data set"
        yield f"the network of {which} behind the FIDs", extractor.sha256


def read_run_scores(path: str | Path) -> RunScores:
    """The scores of a run, compared with the files that they were made from.

    Raises:
        UserError: As `read_scores`; or they are the scores of no run.
    """
    return of_run(Path(path), read_scores(path))


def of_run(path: Path, scores: RunScores | BoundScores) -> RunScores:
    """Scores that have to be those of a run.

    Raises:
        UserError: They are the scores of real images or of noise.
    """
    if not isinstance(scores, RunScores):
        raise UserError(f"{path}: holds the scores of {scores.details.bound}, not those of a run. Name scores of runs.")
    return scores


def run_folder(scores: Path) -> Path:
    """The folder of the run that a file of scores belongs to, whichever extractor they are by."""
    return scores.parent.parent if is_further(scores) else scores.parent


def has_enough_means(details: RunDetails) -> bool:
    """Whether the mixture of a run had enough posterior means, as far as its scores tell their number."""
    sampling, run = details.sampling, details.run
    if sampling is None or sampling.gmm_means is None:
        return True
    size = getattr(run, run.definition.size_key)
    return are_enough(sampling.gmm_means, sampling.gmm_components, size)


def is_further(scores: Path) -> bool:
    """Whether a file of scores is by a further extractor of its data set."""
    return seed_of(scores.parent) is not None


def read_history(folder: Path, *columns: str) -> pd.DataFrame:
    """Some columns of the history of the training in a folder, which has a row per epoch.

    Raises:
        UserError: It is damaged, or is the history of another training than run.json beside it.
    """
    file, training = folder / HISTORY, folder / TRAINING
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
