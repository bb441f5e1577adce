"""Saving a training as it goes, so that being killed costs minutes and changes nothing.

Checkpoints lie outside the outputs that the workflow manager knows (it deletes those before it tries again), in a
folder whose name is a digest of all that decides the run: changed settings, data, code or versions never resume a
stale state.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx

from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path

KEPT = 2  # the newest may turn out damaged, then the one before it serves


class Progress(NamedTuple):
    """How far a training is.

    Attributes:
        seconds: Wall time spent so far.
        history: A row per finished epoch.
    """

    step: int
    seconds: float
    history: list[dict[str, float]]


class Checkpoints:
    """The saved states of one run.

    Args:
        root: Folder of all runs' checkpoints.
        identity: All that decides the outcome of the run, as text.
    """

    def __init__(self, root: str | Path, identity: str):
        self.folder = Path(root) / hashlib.sha256(identity.encode()).hexdigest()[:24]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process alone.

        Raises:
            UserError: Another process is training it, for instance one that outlived its workflow manager.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise UserError(
                    f"{self.folder}: process {lock.read().strip() or 'unknown'} is training this very run. "
                    "End it, then run again: training goes on from its last checkpoint. (Left to end by itself, its "
                    "outputs would count as those of a failed job, and be made again from the start.)"
                ) from None
            except OSError as error:
                warnings.warn(f"{self.folder}: this file system has no locks ({error.strerror})", stacklevel=2)
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def save(self, state: Any, progress: Progress) -> None:
        """Write a state, then forget all but the newest two."""
        payload = io.BytesIO()
        eqx.tree_serialise_leaves(payload, state)
        content = payload.getvalue()
        header = {"sha256": hashlib.sha256(content).hexdigest(), "progress": progress._asdict()}
        with atomic_path(self.folder / f"step-{progress.step:09d}.eqx") as temporary:
            temporary.write_bytes(json.dumps(header).encode() + b"\n" + content)
        for outdated in self._newest_first()[KEPT:]:
            outdated.unlink(missing_ok=True)

    def load(self, like: Any) -> tuple[Any, Progress] | None:
        """The newest intact state, in the shape of `like`, and how far it is; none if there is none.

        A truncated or damaged file is passed over with a warning.
        """
        for path in self._newest_first():
            line, _, content = path.read_bytes().partition(b"\n")
            try:
                header = json.loads(line)
                intact = hashlib.sha256(content).hexdigest() == header["sha256"]
            except (ValueError, TypeError, KeyError):
                intact = False
            if intact:
                return eqx.tree_deserialise_leaves(io.BytesIO(content), like), Progress(**header["progress"])
            warnings.warn(f"{path}: damaged checkpoint passed over", stacklevel=2)
        return None

    def remove(self) -> None:
        """Delete the folder, once the run's outputs are written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.eqx"), reverse=True)
