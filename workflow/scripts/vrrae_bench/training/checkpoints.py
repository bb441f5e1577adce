"""Saving a training as it goes, so that being killed costs minutes and changes nothing.

Checkpoints lie outside the outputs that the workflow manager knows (it deletes those before it tries again), in a
folder whose name is a digest of all that decides the run: a changed hyper-parameter never resumes a stale state.
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
from typing import Any

import equinox as eqx

from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path

KEPT = 2  # the newest may turn out damaged, then the one before it serves


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
            except OSError:
                lock.seek(0)
                raise UserError(
                    f"{self.folder}: process {lock.read().strip() or 'unknown'} is training this very run. "
                    "Wait until it ends, or end it, then run again: training goes on from its last checkpoint."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def save(self, step: int, state: Any, history: list[dict[str, float]]) -> None:
        """Write the state after `step` steps, then forget all but the newest two."""
        payload = io.BytesIO()
        eqx.tree_serialise_leaves(payload, state)
        content = payload.getvalue()
        header = {"step": step, "sha256": hashlib.sha256(content).hexdigest(), "history": history}
        with atomic_path(self.folder / f"step-{step:09d}.eqx") as temporary:
            temporary.write_bytes(json.dumps(header).encode() + b"\n" + content)
        for outdated in self._newest_first()[KEPT:]:
            outdated.unlink(missing_ok=True)

    def load(self, like: Any) -> tuple[int, Any, list[dict[str, float]]] | None:
        """The newest intact state: its step, the state in the shape of `like`, the history; none if there is none.

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
                return header["step"], eqx.tree_deserialise_leaves(io.BytesIO(content), like), header["history"]
            warnings.warn(f"{path}: damaged checkpoint passed over", stacklevel=2)
        return None

    def remove(self) -> None:
        """Delete the folder, once the run's outputs are written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.eqx"), reverse=True)
