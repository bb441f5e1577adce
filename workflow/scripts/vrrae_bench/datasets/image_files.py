"""A user's image files."""

import os
from dataclasses import dataclass
from pathlib import Path

from vrrae_bench.system.errors import UserError


@dataclass(frozen=True)
class LabelledFile:
    """An image file and the name of its class."""

    path: Path
    label: str


def refuse_broken(path: Path) -> None:
    """Refuse a broken link, as git-annex and DVC leave them, and whatever is neither a regular file nor a folder."""
    if path.is_file() or path.is_dir():
        return
    if path.is_symlink():
        raise UserError(
            f"{path}: is a link to {os.readlink(path)}, which is not there. Fetch it (git annex get, dvc pull), or "
            "remove the link."
        )
    raise UserError(f"{path}: is no regular file. Remove it.")
