"""Saving long work as it goes, so that being killed costs minutes and changes nothing.

Checkpoints lie outside the outputs that the workflow manager knows (it deletes those before it tries again), in a
folder whose name is a digest of all that decides the outcome: changed settings, data, code or versions never resume a
stale state.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path

KEPT = 2  # the newest may turn out damaged, then the one before it serves


class CheckpointFolder:
    """The saved states of one piece of work, as bytes.

    Args:
        root: Folder of all checkpoints.
        identity: All that decides the outcome, as text.
    """

    def __init__(self, root: str | Path, identity: str):
        self.folder = Path(root) / hashlib.sha256(identity.encode()).hexdigest()[:24]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the work for this process alone.

        Raises:
            UserError: Another process is at it, for instance one that outlived its workflow manager.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise UserError(
                    f"{self.folder}: {lock.read().strip() or 'another process'} is training this very network. "
                    "End it, then run again: training goes on from its last checkpoint. (Left to end by itself, its "
                    "outputs would count as those of a failed job, and be made again from the start.)"
                ) from None
            except OSError as error:
                warnings.warn(f"{self.folder}: this file system has no locks ({error.strerror})", stacklevel=2)
            lock.truncate(0)
            lock.write(_this_process())
            lock.flush()
            yield

    def write(self, step: int, content: bytes | memoryview) -> None:
        """Keep the state after a step, and forget all but the newest two."""
        with atomic_path(self.folder / f"step-{step:09d}") as temporary, temporary.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        for outdated in self._newest_first()[KEPT:]:
            outdated.unlink(missing_ok=True)

    def newest(self) -> bytes | None:
        """The newest intact state; none if there is none.

        A truncated or damaged file is passed over with a warning.
        """
        for path in self._newest_first():
            with path.open("rb") as file:
                digest, content = file.read(hashlib.sha256().digest_size), file.read()
            if hashlib.sha256(content).digest() == digest:
                return content
            warnings.warn(f"{path}: damaged checkpoint passed over", stacklevel=3)
        return None

    def remove(self) -> None:
        """Delete the folder, once the outputs are written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-?????????"), reverse=True)


def _this_process() -> str:
    """In the words of who has to end it, maybe from another machine."""
    job = os.environ.get("SLURM_JOB_ID")
    return f"process {os.getpid()} on {platform.node()}" + (f" (scancel {job})" if job else "")
