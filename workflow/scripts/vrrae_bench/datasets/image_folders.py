"""The folders in which a user's image files are looked for."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

SPLITS = ("train", "test")


def is_divided(root: Path) -> bool:
    """Whether the user has divided the images into training and test images."""
    return all((root / split).is_dir() for split in SPLITS)


def class_folders(root: Path) -> list[Path]:
    """The folders that stand for classes, links to folders among them."""
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def files_below(folder: Path, unreadable: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """All that is no folder below a folder, but for what is hidden and what lies in hidden folders.

    Args:
        unreadable: What to do about a folder that cannot be read; none leaves it out.
    """
    for place, names in _below(folder, unreadable):
        yield from (place / name for name in names)


def folders_read(root: Path) -> list[Path]:
    """Every folder that makes another data set when an image in it comes, goes or is renamed.

    Folders that cannot be read are left out, but for the first, of which there may be nothing else.
    """
    named = []
    with suppress(OSError):
        parents = [root / split for split in SPLITS] if is_divided(root) else [root]
        named += parents
        for parent in parents:
            named += class_folders(parent)
    # Each folder is walked once: those that are no links are below the root.
    starts = [root, *(folder for folder in named if folder.is_symlink() and folder != root)]
    return sorted({root, *(place for start in starts for place, _ in _below(start))})


def _below(folder: Path, unreadable: Callable[[OSError], None] | None = None) -> Iterator[tuple[Path, list[str]]]:
    """A folder and those below it that are neither hidden nor links, with their files that are not hidden."""
    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield Path(place), [name for name in names if not name.startswith(".")]
