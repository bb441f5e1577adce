"""The saved states of a training: Equinox' serialisation behind a line that tells how far it is."""

import io
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx

from vrrae_bench.system.checkpoints import CheckpointFolder


class Progress(NamedTuple):
    """How far a training is.

    Attributes:
        seconds: Wall time spent so far.
        history: A row per finished epoch.
    """

    step: int
    seconds: float
    history: list[dict[str, float]]


class Checkpoints(CheckpointFolder):
    """The saved states of one run."""

    work = "training"

    def save(self, state: Any, progress: Progress) -> None:
        """Write a state, then forget all but the newest two."""
        payload = io.BytesIO()
        payload.write(json.dumps(progress._asdict()).encode() + b"\n")
        eqx.tree_serialise_leaves(payload, state)
        self.write(progress.step, payload.getbuffer())

    def load(self, like: Any, ends: Sequence[int]) -> tuple[Any, Progress] | None:
        """The newest intact state, in the shape of `like`, and how far it is; none if there is none.

        Args:
            ends: The step after which each epoch of the training ends.
        """

        def read(step: int, content: bytes) -> tuple[Any, Progress]:
            first_line, _, leaves = content.partition(b"\n")
            progress = Progress(**json.loads(first_line))
            n_finished = sum(end <= step for end in ends)
            if progress.step != step or not 0 < step <= ends[-1] or len(progress.history) != n_finished:
                raise ValueError(f"it tells of step {progress.step} and {len(progress.history)} epochs")
            return eqx.tree_deserialise_leaves(io.BytesIO(leaves), like), progress

        return self.newest(read)
