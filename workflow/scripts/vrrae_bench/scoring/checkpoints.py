"""Saving a fine-tuning as it goes, so that being killed costs minutes and changes nothing.

As for the trainings of autoencoders (`training.checkpoints`), but with torch alone, which is all that the environment
of this stage has: states lie outside the outputs that the workflow manager knows, in a folder whose name is a digest
of all that decides the outcome, so that changed settings, data, code or versions never resume a stale state.
"""

import fcntl
import hashlib
import io
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path

KEPT = 2  # the newest may turn out damaged, then the one before it serves


class Checkpoints:
    """The saved states of one fine-tuning.

    Args:
        root: Folder of all checkpoints.
        identity: All that decides the outcome, as text.
    """

    def __init__(self, root: str | Path, identity: str):
        self.folder = Path(root) / hashlib.sha256(identity.encode()).hexdigest()[:24]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the fine-tuning for this process alone.

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
                    f"{self.folder}: process {lock.read().strip() or 'unknown'} is fine-tuning this very network. "
                    "End it, then run again: fine-tuning goes on from its last checkpoint."
                ) from None
            except OSError as error:
                warnings.warn(f"{self.folder}: this file system has no locks ({error.strerror})", stacklevel=2)
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Write tensors and plain data as they are after a step, then forget all but the newest two."""
        payload = io.BytesIO()
        torch.save(state, payload)
        content = payload.getbuffer()
        with atomic_path(self.folder / f"step-{step:09d}.pt") as temporary, temporary.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        for outdated in self._newest_first()[KEPT:]:
            outdated.unlink(missing_ok=True)

    def load(self) -> dict[str, Any] | None:
        """The newest intact state; none if there is none. Nothing in a file is executed.

        A truncated or damaged file is passed over with a warning.
        """
        for path in self._newest_first():
            with path.open("rb") as file:
                digest, content = file.read(hashlib.sha256().digest_size), file.read()
            if hashlib.sha256(content).digest() == digest:
                return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            warnings.warn(f"{path}: damaged checkpoint passed over", stacklevel=2)
        return None

    def remove(self) -> None:
        """Delete the folder, once the outputs are written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.pt"), reverse=True)
