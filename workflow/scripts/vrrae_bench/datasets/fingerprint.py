"""A fingerprint of a user's own files, which is taken without reading their contents."""

import hashlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from vrrae_bench.datasets.image_folders import all_files
from vrrae_bench.datasets.settings import FileSettings


def fingerprint(files: FileSettings) -> str:
    """SHA-256 of an archive's table of contents, or of the names, sizes and times of change of a folder's files.

    It changes if files are replaced by newer or older ones. Nothing is refused here, not even missing files.
    """
    path = Path(files.path)
    if not path.is_dir():
        lines = _contents(path) or [_state(path)]
    else:
        # A CSV file may name any file below the folder.
        found = {file.relative_to(path): file for file in all_files(path, hidden=files.labels is not None)}
        if files.labels is not None:
            found[Path(files.labels)] = path / files.labels
        lines = [f"{name} {_state(file)}" for name, file in sorted(found.items())]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _contents(archive: Path) -> list[str]:
    """Name, size and CRC-32 of each member of a zip archive, which stand at its end; none for any other file."""
    try:
        with ZipFile(archive) as opened:
            return [f"{member.filename!r} {member.file_size} {member.CRC}" for member in opened.infolist()]
    except (OSError, BadZipFile, ValueError, NotImplementedError):
        return []


def _state(file: Path) -> str:
    try:
        state = file.stat()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return f"{state.st_size} {state.st_mtime_ns}"
