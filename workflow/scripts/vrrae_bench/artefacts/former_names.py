"""Folders of runs as versions before 0.2 named them: with a comma between the settings of a variant."""

import shlex
from pathlib import Path

from vrrae_bench.artefacts.run import SEPARATOR
from vrrae_bench.system.errors import UserError

FORMER_SEPARATOR = ","


def renamed(variant: str) -> str:
    """The name that a variant has today."""
    return variant.replace(FORMER_SEPARATOR, SEPARATOR)


def folders_to_rename(results: Path) -> list[Path]:
    """The folders of variants that have a former name, in a folder of results."""
    return sorted(results.glob(f"runs/*/*/*{FORMER_SEPARATOR}*/"))


def refuse_former_names(results: Path) -> None:
    """Refuse a folder of results in which runs have former names, since they would be taken for missing.

    Raises:
        UserError: There are such runs. Names the command that renames them.
    """
    if folders := folders_to_rename(results):
        raise UserError(
            f"{folders[0]}: {len(folders)} folder(s) of runs have a comma in their name, as versions before 0.2 wrote "
            "it, and would be taken for missing. Nothing was done. To rename them, which trains nothing, type: "
            f"make rename FROM={shlex.quote(str(results))}"
        )
