"""The files in the folder of a run, which are compared with the run that is asked for before they are used."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vrrae_bench.artefacts.manifest import Manifest
from vrrae_bench.artefacts.records import FILES, read_record, reading, refuse_others
from vrrae_bench.artefacts.run import RunSpec

MODEL, TRAINING, HISTORY = "model.eqx", "run.json", "history.csv"
SAMPLE, LATENTS, SCORES = "sample.json", "latents.npz", "scores.json"
SCORES_2015 = "scores_2015.json"  # by the Inception of 2015
# Generated images, each in a file of this name: those of the mixture, of the other samplers, and interpolated images.
OTHER_SAMPLERS = ("random_gaussian", "random_prior")
DRAWN = ("random", *OTHER_SAMPLERS, "interpolation")


def results_of(folder: Path, run: RunSpec) -> Path | None:
    """The folder of results in which the folder of a run lies; None if it was copied to a folder of another name."""
    return Path(folder.as_posix().removesuffix(run.folder)) if folder.as_posix().endswith(run.folder) else None


def check_training(folder: Path, run: RunSpec, manifest: Manifest | None, *files: str) -> dict[str, Any]:
    """Check run.json of a run, and the files of its training that are about to be read.

    Args:
        manifest: The data set as it is now, or none if it no longer exists.
        files: Names of files of the training.

    Raises:
        UserError: The folder holds another run, or a run on other data; or a file in it is damaged.
    """
    path = folder / TRAINING
    record = read_record(path, *files)
    refuse_others(path, "training", spec_of(path, record).model_dump(), run.model_dump())
    if manifest is not None:
        with reading(path):
            images = images_trained_on(record["data"])
        refuse_others(path, "training", images, images_trained_on(manifest.model_dump(mode="json")))
    return record


def check_sample(folder: Path, run: RunSpec, manifest: Manifest | None, *files: str) -> dict[str, Any]:
    """Check sample.json of a run, and the files of sampling that are about to be read.

    A sample.json of an earlier version does not tell its run. It is taken to belong to the training beside it.

    Raises:
        UserError: As `check_training`; or the files are samples of another model.
    """
    path = folder / SAMPLE
    check_training(folder, run, manifest)
    record = read_record(path, *files, holds=["sampling"])
    if "run" in record:
        refuse_others(path, "sample", spec_of(path, record).model_dump(), run.model_dump())
    check_model_of_sample(path, record)
    return record


def check_model_of_sample(path: Path, sample: Mapping[str, Any]) -> None:
    """Check that sample.json of a run is of the model beside it, as far as it and run.json tell their model.

    Args:
        path: sample.json.
        sample: Its content.

    Raises:
        UserError: The samples are of another model, or run.json is damaged.
    """
    if "model_sha256" in sample and (training := path.with_name(TRAINING)).exists():
        if model := read_record(training).get(FILES, {}).get(MODEL):
            refuse_others(path, "sample", {"model": sample["model_sha256"]}, {"model": model})


def spec_of(path: Path, record: dict[str, Any]) -> RunSpec:
    """The specification of the run in a record. Keys that are newer than the record have the values of its time.

    Args:
        path: The file of the record, for the message.

    Raises:
        UserError: The record has no run of this version.
    """
    with reading(path):
        return RunSpec.model_validate(record["run"])


def images_trained_on(manifest: dict[str, Any]) -> dict[str, Any]:
    """The parts of a manifest that decide a training: the arrays, and how models are given the images."""
    return {"data": manifest["arrays"], "normalisation": manifest["normalisation"]}
