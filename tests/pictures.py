"""Image files for tests of a user's own data."""

import os
from pathlib import Path

from PIL import Image


def picture(path: Path, shade: int = 100, size: tuple[int, int] = (16, 16), mode: str = "RGB") -> Path:
    """Write an image of one shade; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, shade if len(mode) == 1 or mode == "I;16" else (shade,) * len(mode)).save(path)
    return path


def of_last_year(path: Path) -> None:
    """Date a file back."""
    os.utime(path, (10**9, 10**9))
