"""The saved states of a fine-tuning: torch's serialisation of tensors and plain data."""

import io
from typing import Any

import torch

from vrrae_bench.checkpoints import CheckpointFolder


class Checkpoints(CheckpointFolder):
    """The saved states of one fine-tuning."""

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Write tensors and plain data as they are after a step, then forget all but the newest two."""
        payload = io.BytesIO()
        torch.save(state, payload)
        self.write(step, payload.getbuffer())

    def load(self) -> dict[str, Any] | None:
        """The newest intact state; none if there is none. Nothing in a file is executed."""
        content = self.newest()
        return None if content is None else torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
