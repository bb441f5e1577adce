"""Saving long work as it goes, so that being killed costs minutes and changes nothing.

Checkpoints lie outside the outputs that the workflow manager knows (it deletes those before it tries again), in a
folder whose name is a digest of all that decides the outcome: changed settings, data, code or versions never resume a
stale state.
"""

import hashlib
import os
import shutil
import warnings
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from vrrae_bench.system.errors import is_out_of_memory
from vrrae_bench.system.files import atomic_path, read_json, sha256, write_json
from vrrae_bench.system.locks import locked

KEPT = 2  # the newest may turn out damaged, then the one before it serves
FINISHED = "finished.json"

State = TypeVar("State")


class CheckpointFolder:
    """The saved states of one piece of work, as bytes.

    Args:
        root: Folder of all checkpoints.
        identity: All that decides the outcome, as text.
    """

    def __init__(self, root: str | Path, identity: str):
        self.folder = Path(root) / hashlib.sha256(identity.encode()).hexdigest()[:24]

    def locked(self) -> AbstractContextManager[None]:
        """Hold the work for this process alone.

        Raises:
            UserError: Another process is at it, for instance one that outlived its workflow manager.
        """
        return locked(
            self.folder / "lock",
            lambda holder: (
                f"{self.folder}: {holder} is training this very network. Wait until it has ended, or end it; then run "
                "again: the finished network is taken over, or training goes on from the last checkpoint."
            ),
        )

    def write(self, step: int, content: bytes | memoryview) -> None:
        """Keep the state after a step and the newest one before it, and forget all others.

        Work goes on from the newest state that is intact. A state of a later step is therefore one that `newest` has
        passed over.
        """
        written = self.folder / f"step-{step:09d}"
        with atomic_path(written) as temporary, temporary.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        later_first = self._newest_first()
        at = later_first.index(written)
        for forgotten in (*later_first[:at], *later_first[at + KEPT :]):
            forgotten.unlink(missing_ok=True)

    def newest(self, read: Callable[[int, bytes], State]) -> State | None:
        """What `read` makes of the newest state that is intact, given its step; none if there is none.

        A file that is truncated or damaged, or that `read` cannot make sense of, is passed over with a warning. That
        memory runs out while it is read says nothing of a file, and is raised.
        """
        for path in self._newest_first():
            with path.open("rb") as file:
                digest, content = file.read(hashlib.sha256().digest_size), file.read()
            reason = "its digest differs"
            if hashlib.sha256(content).digest() == digest:
                try:
                    return read(int(path.name.removeprefix("step-")), content)
                except Exception as error:  # whatever comes of bytes that are no state
                    if is_out_of_memory(error):
                        raise
                    reason = str(error).partition("\n")[0] or type(error).__name__
            warnings.warn(f"{path}: damaged checkpoint is ignored ({reason})", stacklevel=3)
        return None

    def conclude(self, outputs: Sequence[Path], *, keep: bool) -> None:
        """Delete the states of the work, whose outputs are written; keep the outputs in their place, or nothing.

        If the workflow manager has died meanwhile, nobody notes that the outputs are whole, and the next one deletes
        them before it starts the work again, which `bring_back` then spares. `forget_finished` ends that.

        Args:
            keep: Whether a workflow manager has yet to accept the outputs.
        """
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        for output in outputs:
            _link(output, self.folder / output.name)
        digests = {output.name: sha256(output) for output in outputs}
        write_json(self.folder / FINISHED, {"of": str(outputs[0]), "sha256": digests})
        for state in self._newest_first():
            state.unlink()

    def is_finished(self, outputs: Sequence[Path]) -> bool:
        """Whether the work was finished before, and all that it came to is kept.

        What is damaged is passed over with a warning.
        """
        if not (self.folder / FINISHED).exists():
            return False
        try:
            digests = read_json(self.folder / FINISHED)["sha256"]
            if all(sha256(self.folder / output.name) == digests[output.name] for output in outputs):
                return True
        except (OSError, ValueError, KeyError, TypeError):
            pass
        warnings.warn(f"{self.folder}: damaged outputs of finished work are ignored", stacklevel=2)
        return False

    def bring_back(self, outputs: Sequence[Path]) -> None:
        """Put the outputs of the finished work where they belong."""
        for output in outputs:
            with atomic_path(output) as temporary:
                shutil.copyfile(self.folder / output.name, temporary)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-?????????"), reverse=True)


def forget_finished(root: str | Path, accepted: Collection[str]) -> None:
    """Delete what was kept of finished works whose first output is among those that the workflow manager has accepted.

    Args:
        root: Folder of all checkpoints.
    """
    # The same file may be named in several ways: from here or from the root, or through a link.
    files = set(map(os.path.realpath, accepted))
    for finished in Path(root).glob(f"*/{FINISHED}"):
        try:
            seen = os.path.realpath(read_json(finished)["of"]) in files
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if seen:
            shutil.rmtree(finished.parent, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    """A second name of a file, which takes no room; a copy where the file system has no such names."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
