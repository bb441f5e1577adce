"""The configuration of some results, what of them it asks for, and checks that results were made by it."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any

from vrrae_bench.artefacts.extractor_folder import further
from vrrae_bench.artefacts.records import content_digest, read_record, reading, refuse_others, remedy
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import TRAINING
from vrrae_bench.reporting.made_from import reported, timings
from vrrae_bench.reporting.run_scores import run_folder
from vrrae_bench.study.catalogue import CATALOGUE
from vrrae_bench.study.comparisons import has_fid
from vrrae_bench.study.selection import all_runs, needed_weights
from vrrae_bench.study.settings import Study
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import read_json


def check_configured(runs: Mapping[Path, RunSpec], study: Study) -> None:
    """Refuse runs that were trained in another way than the configuration says.

    Args:
        runs: The specification that each file was written for, by the file, which lies in the folder of its run.

    Raises:
        UserError: A file is of another run than the one that the configuration has in that folder.
    """
    asked = {run.folder: run for run in all_runs(study)}
    for path, run in runs.items():
        if run.folder in asked:
            training = run_folder(path) / TRAINING
            refuse_others(path, "result", run.model_dump(), asked[run.folder].model_dump(), training)


def read_study(path: Path) -> Study:
    """The configuration of some results.

    Raises:
        UserError: It is missing, or is no configuration of this version.
    """
    if not path.exists():
        raise UserError(f"{path}: is missing. It says which runs belong to these results. {remedy(path)}")
    try:
        return Study.model_validate(_with_keys_of_today(read_json(path)))
    except ValueError as error:
        raise UserError(f"{path}: is no configuration of this version.\n{error}\n{remedy(path)}") from None


def _with_keys_of_today(found: Any) -> Any:
    """A configuration with the keys that versions before 0.2 had below `experiment` below each data set."""
    match found:
        case {"experiment": dict(experiment), "datasets": dict(datasets)}:
            moved = {key: experiment[key] for key in ("ablations", "baselines", "timed") if key in experiment}
            left = {key: value for key, value in experiment.items() if key not in moved}
            filled = {name: moved | own if isinstance(own, dict) else own for name, own in datasets.items()}
            return found | {"experiment": left, "datasets": filled}
    return found


def selected_by(study: Study) -> Callable[[PurePath], bool]:
    """Whether a configuration asks for a file, which is named as within the folder of results.

    Files of an earlier configuration, such as those of a data set that is no longer selected, stay in the folder.
    """
    places = {run.folder: run.dataset for run in all_runs(study)}
    places |= {f"extractor/{name}": name for name in study.experiment.datasets}
    # Beside each of these, what belongs to an extractor with another seed.
    places |= {
        f"{place}/{further(seed)}": name
        for place, name in places.items()
        for seed in study.datasets[name].extractor_seeds
    }
    shown, timed, weights = set(reported(study, CATALOGUE)), set(timings(study)), set(needed_weights(study))

    def belongs(file: PurePath) -> bool:
        match file.parts:
            case ("runs" | "extractor" as kind, *_):
                name = places.get(file.parent.as_posix())
                if name is None:
                    return False
                if file.stem.endswith("_2015"):
                    return study.datasets[name].inception_2015
                return kind == "runs" or has_fid(study.datasets[name])
            case ("tables" | "figures", *_):
                return file.stem in shown
            case ("timings", *_):
                return file.as_posix() in timed
            case ("data", name, *_):
                return name in study.experiment.datasets
            case ("downloads", name, *_):
                return name in weights
        return True

    return belongs


def digest_of(settings: Path) -> str:
    """What tells the configuration in settings.json from others, whatever version of this code reads it.

    Raises:
        UserError: The file cannot be read.
    """
    return content_digest(read_record(settings))


def settings_of(page: Path) -> str | None:
    """The configuration that a report is of, by its digest, as claims.json has it; None for an earlier version's.

    Raises:
        UserError: The page cannot be read.
    """
    with reading(page):
        found = re.search(r'<meta name="vrrae-settings" content="([0-9a-f]+)">', page.read_text(encoding="utf-8"))
    return found[1] if found else None


def check_made_by(path: Path, found: str | None, settings: Path) -> None:
    """Refuse a result that was made by another configuration than that in settings.json.

    Args:
        path: The result.
        found: What the result says of its configuration, by `digest_of`; None for one of an earlier version.

    Raises:
        UserError: The configuration is another one, or is not known.
    """
    if found is None:
        raise UserError(f"{path}: does not tell its configuration: an earlier version wrote it. {remedy(path)}")
    if found != digest_of(settings):
        raise UserError(f"{path}: was made by another configuration than that of {settings}. {remedy(path)}")
