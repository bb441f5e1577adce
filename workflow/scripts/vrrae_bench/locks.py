"""Work that one process at a time may do: a lock file that tells who is at it.

The lock is the kernel's: it is gone when its process is, however that ends.
"""

import fcntl
import os
import platform
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vrrae_bench.errors import UserError


@contextmanager
def locked(path: Path, refusal: Callable[[str], str]) -> Iterator[None]:
    """Hold a lock for this process alone, and remove its file at the end.

    Where the file system has no locks, a warning says so, and the work is done without one.

    Args:
        refusal: The message if another process holds the lock, given the words for that process.

    Raises:
        UserError: Another process holds the lock, for instance one that outlived its workflow manager.
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
    """The lock file, open and locked; that of this path, and not one that its holder has just removed."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = open(path, "a+")
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


def _this_process() -> str:
    """In the words of who has to end it, maybe from another machine."""
    job = os.environ.get("SLURM_JOB_ID")
    return f"process {os.getpid()} on {platform.node()}" + (f" (scancel {job})" if job else "")
