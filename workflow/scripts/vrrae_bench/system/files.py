"""Writing files atomically: a reader finds either the old content or the new content, and never a part of it."""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vrrae_bench.system.errors import FULL_DISK

TEMPORARY = "unfinished-"  # part of the name of each file that is being written, and of no other file


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Generator[Path]:
    """A context with a temporary path in the folder of `path`.

    At the end, the temporary file is renamed to `path`. If the block raises an error, it is removed. Its name has the
    same suffix, because numpy and matplotlib choose the format by the suffix. Temporary files of processes that were
    killed are removed first.

    Raises:
        OSError: The file cannot be written. It has the path and the reason, which errors of numpy and torch lack.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path.parent)
    temporary, file = _locked_temporary(path)
    try:
        yield temporary
        _to_disk(temporary)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        if reason := _full_disk(error, temporary):
            raise OSError(reason.errno, reason.strerror, str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
        os.close(file)


def _locked_temporary(path: Path) -> tuple[Path, int]:
    """A new file, open and locked. The kernel releases the lock when the process ends, in whatever way it ends."""
    while True:
        temporary = path.with_name(f".{path.stem}.{TEMPORARY}{secrets.token_hex(4)}{path.suffix}")
        file = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        with suppress(OSError):  # without locks in the file system, no file is taken for abandoned either
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            return temporary, file
        os.close(file)  # another process removed it before it was locked


def _remove_abandoned(folder: Path) -> None:
    """Remove temporary files that no process has locked, because their process was killed."""
    for temporary in folder.glob(f".*.{TEMPORARY}*"):
        with suppress(OSError):
            file = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                temporary.unlink()
            finally:
                os.close(file)


def _full_disk(error: OSError | RuntimeError, path: Path) -> OSError | None:
    """The error of the disk if a file could not be written because the disk is full; otherwise None.

    On a full disk, errors of numpy and torch do not name the reason: they have the number of bytes written, or an
    unexpected position. In this case, more bytes are written to the file, which gives the error of the disk itself. The
    file is of no use afterwards.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error if error.errno in FULL_DISK else None
    try:
        with path.open("ab") as file:
            file.write(bytes(2**20))
            file.flush()
            os.fsync(file.fileno())
    except OSError as reason:
        return reason if reason.errno in FULL_DISK else None
    return None


def _to_disk(path: Path) -> None:
    """Wait until a file is on the disk. Otherwise, a machine that fails may have renamed it but not written it."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` in UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """The value of a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def sha256(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of the bytes of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
