"""The interpreter that rules call as `python`."""

import os
import shutil
import sys
from pathlib import Path

from vrrae_bench.system.errors import UserError


def use_this_interpreter(*, needed: bool) -> None:
    """Make the interpreter that runs Snakemake the `python` that rules call, even if its environment is not active.

    If Snakemake sets up a conda environment or a container for a job, the `python` of that environment comes first.

    Args:
        needed: Whether jobs have no environment of their own.

    Raises:
        UserError: It is needed, and there is no `python` beside this interpreter.
    """
    folder = str(Path(sys.executable).parent)
    if needed and not shutil.which("python", path=folder):
        raise UserError(
            f"rules call `python`, and there is no `python` beside {sys.executable}, which runs Snakemake. Run it in a "
            "virtual environment: make environment, then .venv/bin/snakemake."
        )
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join([folder, *(other for other in folders if other != folder)])
