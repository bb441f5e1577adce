"""The folders in which a user's image files are looked for."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from vrrae_bench.artefacts.manifest import SPLITS


def is_divided(root: Path) -> bool:
    """Whether the user has divided the images into training and test images."""
    return all((root / split).is_dir() for split in SPLITS)


def class_folders(root: Path) -> list[Path]:
    """The folders that stand for classes. Links to folders are among them."""
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def files_below(folder: Path, unreadable: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Everything below a folder that is no folder, except what is hidden or lies in hidden folders.

    Args:
        unreadable: What to do about a folder that cannot be read; none leaves it out.
    """
    for place, _, names in _below(folder, unreadable):
        yield from (place / name for name in names)


def links_below(folder: Path) -> Iterator[Path]:
    """The links to folders below a folder. They are not followed."""
    for place, folders, _ in _below(folder):
        yield from (place / name for name in folders if (place / name).is_symlink())


def all_files(root: Path, *, hidden: bool = False) -> Iterator[Path]:
    """All files below a folder and below class folders that are links. Folders that cannot be read are left out.

    Args:
        hidden: Whether to look at hidden files and into hidden folders.
    """
    starts = [root]
    with suppress(OSError):
        parents = [root / split for split in SPLITS] if is_divided(root) else [root]
        # Each folder is walked once, since class folders that are no links lie below the root.
        starts += [place for parent in parents for place in (parent, *class_folders(parent)) if place.is_symlink()]
    for start in dict.fromkeys(starts):
        for place, _, names in _below(start, hidden=hidden):
            yield from (place / name for name in names)


def _below(
    folder: Path, unreadable: Callable[[OSError], None] | None = None, *, hidden: bool = False
) -> Iterator[tuple[Path, list[str], list[str]]]:
    """A folder and those below it that are no links, each with its folders and files, hidden ones only if asked."""
    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if hidden or not name.startswith(".")]
        yield Path(place), folders, [name for name in names if hidden or not name.startswith(".")]
