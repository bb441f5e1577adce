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
from vrrae_bench.datasets.fingerprint import fingerprint
from vrrae_bench.datasets.made_from import MADE_FROM, MadeFrom
from vrrae_bench.datasets.sources import source_of
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.study.settings import DatasetSettings
from vrrae_bench.system.errors import UserError, numbered
from vrrae_bench.training.settings import BACKENDS, TimingSettings

# The settings of sampling that count when real images or noise are scored in place of generated images.
DRAWS = ("random_images", "random_draws")


@dataclass(frozen=True)
class Expected:
    """A record that may exist, and what it must say if it does.

    Attributes:
        path: The record.
        says: A function of the record. It gives those of its values that the configuration decides. A record
            of an earlier version may lack some.
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


def to_make_from(dataset: DatasetSettings) -> MadeFrom:
    """What a data set of the configuration is to be made from, with its files as they are now."""
    files, asked = dataset.files, dataset.model_dump(include={"source", "test_images", "files", "bumps"})
    return MadeFrom.model_validate(asked | {"fingerprint": files and fingerprint(files)})


def expected_data(manifest: Path, asked: MadeFrom, is_made_again: Callable[[], bool]) -> Expected:
    """What the record of a data set must say that it was made from.

    A data set of an earlier version has no such record. Only the part that its manifest tells is then compared.
    """
    record = manifest.with_name(MADE_FROM)
    if record.exists() or not manifest.exists():
        return Expected(record, _decides, asked.decides, is_made_again)
    known: dict[str, Any] = {"source": asked.source}
    if asked.bumps:
        known |= {"n_train": asked.bumps.grid**2, "n_test": asked.bumps.test_images}
    elif images := source_of(asked.source).images:
        known["n_test"] = asked.test_images or images.n_test
    return Expected(manifest, lambda found: found, known, is_made_again)


def sampling_of(sample: dict[str, Any], asked: SampleSpec) -> dict[str, Any]:
    """The settings that a sample.json was made with.

    A sample.json of an earlier version has only the number of components that were fitted, which may differ from the
    number that was asked for.
    """
    found = sample.get("settings") or sample["sampling"] | {"gmm_components": asked.gmm_components}
    return SampleSpec.model_validate({key: found[key] for key in SampleSpec.model_fields if key in found}).model_dump()


def draws_asked(sampling: SampleSpec, seed: int) -> dict[str, Any]:
    """The settings that decide the scores of real images and of noise."""
    return {"seed": seed} | sampling.model_dump(include=set(DRAWS))


def draws_of_bound(scores: dict[str, Any]) -> dict[str, Any]:
    """The values of `draws_asked` that a file with such scores has. floor_2015.json of an earlier version has none."""
    told = {"seed": scores["details"].get("seed")} | scores["details"].get("sampling", {})
    return {key: told[key] for key in ("seed", *DRAWS) if told.get(key) is not None}


def timing_asked(timing: TimingSettings, runs: Iterable[RunSpec], accelerator: str) -> dict[str, Any]:
    """The settings that decide how long steps take. The machine and the code decide it too, but are not compared."""
    runs = list(runs)
    found = timing.model_dump() | {"methods": sorted(run.method for run in runs), "accelerator": accelerator}
    return found | {f"{key} of {run.method}": value for run in runs for key, value in run.model_dump().items()}


def timing_of(record: dict[str, Any]) -> dict[str, Any]:
    """The values of `timing_asked` that a file with timings has.

    A file of an earlier version has only the batch size of its runs.
    """
    backend = record["device"].partition(":")[0]
    [accelerator] = [name for name, of_jax in BACKENDS.items() if of_jax == backend]
    if "runs" in record:
        runs = map(RunSpec.model_validate, record["runs"])
        return timing_asked(TimingSettings(**record["timing"]), runs, accelerator)
    told = record["timing"] | {"methods": sorted(record["methods"]), "accelerator": accelerator}
    return told | {f"batch_size of {method}": record["batch_size"] for method in record["methods"]}


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
            f"was started:\n{numbered(told)}\nIf the results are right, use the configuration that they were made "
            f"with. {remedy(*problems)}"
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


def refuse_older(file: Path, settings: Path) -> None:
    """Refuse a table or figure that was made before settings.json was written, so perhaps by another configuration.

    The remedy names rules. Of their files, Snakemake then makes those again that are asked for, and no others.

    Args:
        file: The table or figure.
        settings: settings.json.

    Raises:
        UserError: Always.
    """
    raise UserError(
        f"{file}: is older than {settings} of this configuration, and may be of another configuration; nothing was "
        "started. If the runs of tables and figures are there, making them again takes seconds. "
        f"{remedy('make_table', 'draw_figure')}"
    )


def _decides(record: dict[str, Any]) -> dict[str, Any]:
    return MadeFrom.model_validate(record["made_from"]).decides


def _problem(expected: Expected) -> str | None:
    try:
        record = read_record(expected.path)
        if changed := changed_files(expected.path, record):
            return f"{', '.join(changed)} beside it: damaged, or not written with it"
        said = expected.says(record)
        different = differences(said, {key: value for key, value in expected.asked.items() if key in said})
    except UserError:
        return "damaged"
    except (ValueError, KeyError, TypeError):
        return "is not a record of this version"
    return None if not different or expected.is_made_again() else "; ".join(different)
