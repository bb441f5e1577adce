"""Checkpoints of long work. If the work is killed, a few minutes of it are lost, and the result stays the same.

Checkpoints are not among the outputs that the workflow manager knows, because it deletes these before it starts a job
again. The name of their folder is a digest of everything that decides the result. So after a change of settings, data,
code or versions, no state from before the change is resumed.
"""

import hashlib
import os
import shutil
import time
import warnings
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar, TypeVar

from vrrae_bench.system.errors import Interrupted, is_out_of_memory
from vrrae_bench.system.files import atomic_path, read_json, sha256, write_json
from vrrae_bench.system.locks import locked

KEPT = 2  # if the newest checkpoint is damaged, work continues from the checkpoint before it
FINISHED = "finished.json"

State = TypeVar("State")


class CheckpointFolder:
    """The saved states of one piece of work, as bytes.

    Args:
        root: The folder of all checkpoints.
        identity: A text with everything that decides the result of the work.

    Attributes:
        work: The kind of work, as messages call it.
    """

    work: ClassVar[str] = "work"

    def __init__(self, root: str | Path, identity: str):
        self.folder = Path(root) / hashlib.sha256(identity.encode()).hexdigest()[:24]

    def locked(self) -> AbstractContextManager[None]:
        """A context in which no other process does this work.

        Raises:
            UserError: Another process is doing it, for instance a process that outlived its workflow manager.
        """
        return locked(
            self.folder / "lock",
            lambda holder: (
                f"{self.folder}: {holder} is training this very network. Wait until it has ended, or end it; then run "
                "again: the finished network is taken over, or training goes on from the last checkpoint."
            ),
        )

    def write(self, step: int, content: bytes | memoryview) -> None:
        """Keep the state after a step and the newest state before it, and delete all others.

        Work continues from the newest intact state. So a state of a later step was found to be damaged, and is deleted
        too.
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
        """The newest intact state, as `read` returns it for the step and the bytes; None if there is no intact state.

        If a file is truncated or damaged, or `read` raises an error, a warning is shown and the next older state is
        tried. Only a lack of memory is raised, because it does not mean that the file is damaged.
        """
        for path in self._newest_first():
            with path.open("rb") as file:
                digest, content = file.read(hashlib.sha256().digest_size), file.read()
            reason = "its digest differs"
            if hashlib.sha256(content).digest() == digest:
                try:
                    return read(int(path.name.removeprefix("step-")), content)
                except Exception as error:  # bytes that are not a state may cause any error
                    if is_out_of_memory(error):
                        raise
                    reason = str(error).partition("\n")[0] or type(error).__name__
            warnings.warn(f"{path}: damaged checkpoint is ignored ({reason})", stacklevel=3)
        return None

    def conclude(self, outputs: Sequence[Path], *, keep: bool) -> None:
        """Delete the states of work whose outputs are written, and keep a copy of the outputs if `keep` is true.

        The copy is for the case that the workflow manager has died in the meantime. Then nobody notes that the outputs
        are complete, and the next workflow manager deletes them and starts the work again. `bring_back` then takes the
        outputs from the copy, without doing the work twice. `forget_finished` deletes copies that are not needed.

        Args:
            keep: Whether a workflow manager still has to accept the outputs.
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
        """Whether the work was finished before, and intact copies of all its outputs are kept.

        If a copy is damaged, a warning is shown and the answer is no.
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

    def bring_back(self, outputs: Sequence[Path], report: Callable[[str], None]) -> None:
        """Copy the kept outputs of finished work to their places.

        Args:
            report: Is called with a line that says so.
        """
        for output in outputs:
            with atomic_path(output) as temporary:
                shutil.copyfile(self.folder / output.name, temporary)
        report(f"this {self.work} was finished before: its results are taken from {self.folder}")

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-?????????"), reverse=True)


class Keeper:
    """Saves the state of long work now and then, and once more if the process is asked to end.

    Args:
        save: Saves the state that the work has at the moment of the call.
        reached: Says how far the work is, such as `step 20 of 300`. As long as it says the same, the state is not saved
            again.
        seconds: The time between two checkpoints.
        asked_to_end: Whether the process was asked to end.
    """

    def __init__(
        self,
        save: Callable[[], None],
        reached: Callable[[], str],
        seconds: float,
        asked_to_end: Callable[[], bool],
    ):
        self._save, self._reached, self._seconds, self._asked_to_end = save, reached, seconds, asked_to_end
        self._saved, self._saved_at = reached(), time.monotonic()

    def __call__(self, *, final: bool = False) -> None:
        """Save the state if it has changed, and if a checkpoint is due or the process was asked to end.

        Args:
            final: Whether a checkpoint is due in any case, because the state does not change any more.

        Raises:
            Interrupted: The process was asked to end, and the state is saved.
        """
        ending = self._asked_to_end()
        due = final or ending or time.monotonic() - self._saved_at > self._seconds
        if due and (reached := self._reached()) != self._saved:
            self._save()
            self._saved, self._saved_at = reached, time.monotonic()
        if ending:
            raise Interrupted(f"asked to end; saved after {self._saved}")


def forget_finished(root: str | Path, accepted: Collection[str]) -> None:
    """Delete the kept outputs of finished work, if the workflow manager has accepted the first of the outputs.

    Args:
        root: The folder of all checkpoints.
        accepted: Outputs that the workflow manager has accepted.
    """
    # Paths to the same file may differ: they may be relative or absolute, or go through a link.
    files = set(map(os.path.realpath, accepted))
    for finished in Path(root).glob(f"*/{FINISHED}"):
        try:
            seen = os.path.realpath(read_json(finished)["of"]) in files
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if seen:
            shutil.rmtree(finished.parent, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, as a hard link, which needs no space. Without hard links, the file is copied."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
