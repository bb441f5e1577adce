"""Checks of the results that exist before a run begins: whether they are whole, and what the configuration asks for.

Snakemake deletes results before it makes them again. Only afterwards would a command find that its input is damaged.
Snakemake also does not know how results were made that were copied without the folder .snakemake.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrrae_bench.artefacts.records import changed_files, differences, read_record, remedy
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import images_trained_on, spec_of
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.system.errors import UserError, numbered


@dataclass(frozen=True)
class Expected:
    """A record that may exist, and what it must say if it does.

    Attributes:
        path: The record.
        says: A function of the record. It gives those of its values that the configuration decides.
        asked: The values of the configuration, by the same keys.
        is_made_again: Whether Snakemake is known to make the record again. It is then not compared.
    """

    path: Path
    says: Callable[[dict[str, Any]], Mapping[str, Any]]
    asked: Mapping[str, Any]
    is_made_again: Callable[[], bool] = lambda: False


def expected_training(path: Path, run: RunSpec, manifest: Path | None, is_made_again: Callable[[], bool]) -> Expected:
    """What run.json of a run must say.

    Args:
        manifest: The manifest of the data set, or none if changed images lead to a new training anyway.
    """
    asked = run.model_dump()
    images: dict[str, Any] = {}
    if manifest is not None and manifest.exists():
        images = images_trained_on(DataSet(manifest).manifest.model_dump(mode="json"))

    def says(record: dict[str, Any]) -> dict[str, Any]:
        return spec_of(path, record).model_dump() | (images_trained_on(record["data"]) if images else {})

    return Expected(path, says, asked | images, is_made_again)


def sampling_of(sample: dict[str, Any], asked: SampleSpec) -> dict[str, Any]:
    """The settings that a sample.json was made with.

    A sample.json of an earlier version has only the number of components that were fitted, which may differ from the
    number that was asked for.
    """
    found = sample.get("settings") or sample["sampling"] | {"gmm_components": asked.gmm_components}
    return SampleSpec.model_validate({key: found[key] for key in SampleSpec.model_fields if key in found}).model_dump()


def refuse_results(expected: Iterable[Expected]) -> None:
    """Refuse results that are damaged, or that are not what the configuration asks for.

    Raises:
        UserError: There are such results. The message says what is wrong with each, and how to make it again.
    """
    problems: dict[Path, str] = {}
    for one in expected:
        if one.path.exists() and (problem := _problem(one)):
            problems[one.path] = problem
    if problems:
        told = [f"{path}: {problem}" for path, problem in problems.items()]
        raise UserError(
            f"{len(told)} result(s) that are there are damaged, or are not what the configuration asks for; nothing "
            f"was started:\n{numbered(told)}\nIf they are right, take the configuration that they were made with. "
            f"{remedy(*problems)}"
        )


def refuse_data(manifest: Path) -> None:
    """Refuse a stored data set that is damaged, as far as that is visible without reading its images.

    Raises:
        UserError: A file is missing, is cut short or is no array.
    """
    if manifest.exists():
        data = DataSet(manifest)
        for name in data.manifest.arrays:
            data.extent(name)


def _problem(expected: Expected) -> str | None:
    try:
        record = read_record(expected.path)
        if changed := changed_files(expected.path, record):
            return f"{', '.join(changed)} beside it: damaged, or not written with it"
        different = differences(expected.says(record), expected.asked)
    except UserError:
        return "damaged"
    except (ValueError, KeyError, TypeError):
        return "is not a record of this version"
    return None if not different or expected.is_made_again() else "; ".join(different)
