"""Whether runs that are about to be reported are those that the configuration asks for."""

from collections.abc import Mapping
from pathlib import Path

from vrrae_bench.config import Study
from vrrae_bench.experiment import all_runs
from vrrae_bench.records import refuse_others
from vrrae_bench.reporting.records import run_folder
from vrrae_bench.run_folders import TRAINING
from vrrae_bench.runs import RunSpec


def check_configured(runs: Mapping[Path, RunSpec], study: Study) -> None:
    """Refuse runs that were trained in another way than the configuration says.

    Args:
        runs: What each file says that it is of, by the file, which lies in the folder of its run.

    Raises:
        UserError: A file is of another run than the one that the configuration has in that folder.
    """
    asked = {run.folder: run for run in all_runs(study)}
    for path, run in runs.items():
        if run.folder in asked:
            training = run_folder(path) / TRAINING
            refuse_others(path, "result", run.model_dump(), asked[run.folder].model_dump(), training)
