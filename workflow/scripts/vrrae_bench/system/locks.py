"""Lock files for work that only one process at a time may do. The content of a lock file names the process.

The kernel releases a lock when its process ends, in whatever way it ends.
"""

import fcntl
import os
import platform
import stat
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vrrae_bench.system.errors import UserError


@contextmanager
def locked(path: Path, refusal: Callable[[str], str]) -> Generator[None]:
    """A context in which this process holds a lock. The lock file is removed at the end.

    If the file system has no locks, a warning says so, and the work is done without a lock.

    Args:
        refusal: A function that makes the message if another process holds the lock. It gets a description of the
            process.

    Raises:
        UserError: Another process holds the lock, for instance a process that outlived its workflow manager.
    """
    with _held(path, refusal) as lock:
        lock.truncate(0)
        lock.write(_this_process())
        lock.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _held(path: Path, refusal: Callable[[str], str]) -> IO[str]:
    """The lock file, open and locked. A file that was removed from this path while it was opened does not count."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.fdopen(opened_lock(path, os.O_RDWR | os.O_CREAT), "r+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with lock:
                lock.seek(0)
                raise UserError(refusal(lock.read().strip() or "another process")) from None
        except OSError as error:
            warnings.warn(f"{path}: this file system has no locks ({error.strerror})", stacklevel=4)
            return lock
        if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
            return lock
        lock.close()


def opened_lock(path: Path, flags: int) -> int:
    """Open a lock file, which is created if it is missing.

    It is created before it is opened, and not in one step. Otherwise, in a folder that all users may write to, Linux
    may refuse to open a file of another user with the flag O_CREAT.

    Raises:
        UserError: The file cannot be opened, or is not an ordinary file. Opening a pipe, for example, might never end.
    """
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o666))
        lock = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as error:
        raise UserError(
            f"{path}: this lock cannot be opened ({error.strerror}). Make it readable and writable to all who need it, "
            "or delete it while no job runs."
        ) from None
    if not stat.S_ISREG(os.fstat(lock).st_mode):
        os.close(lock)
        raise UserError(f"{path}: this lock is no ordinary file. Delete it while no job runs.")
    return lock


def _this_process() -> str:
    """A description of this process for a person who has to end it, perhaps from another machine."""
    job = os.environ.get("SLURM_JOB_ID")
    return f"process {os.getpid()} on {platform.node()}" + (f" (scancel {job})" if job else "")
