"""The saved states of a training: Equinox' serialisation behind a line that tells how far it is."""

import io
import json
from typing import Any, NamedTuple

import equinox as eqx

from vrrae_bench.checkpoints import CheckpointFolder


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

    def save(self, state: Any, progress: Progress) -> None:
        """Write a state, then forget all but the newest two."""
        payload = io.BytesIO()
        payload.write(json.dumps(progress._asdict()).encode() + b"\n")
        eqx.tree_serialise_leaves(payload, state)
        self.write(progress.step, payload.getbuffer())

    def load(self, like: Any) -> tuple[Any, Progress] | None:
        """The newest intact state, in the shape of `like`, and how far it is; none if there is none."""
        content = self.newest()
        if content is None:
            return None
        progress, _, leaves = content.partition(b"\n")
        return eqx.tree_deserialise_leaves(io.BytesIO(leaves), like), Progress(**json.loads(progress))
