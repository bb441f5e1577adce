"""The saved states of a fine-tuning: torch's serialisation of tensors and plain data."""

import io
from collections.abc import Callable
from typing import Any

import torch

from vrrae_bench.system.checkpoints import CheckpointFolder, State


class TuningCheckpoints(CheckpointFolder):
    """The saved states of one fine-tuning."""

    work = "fine-tuning"

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Write tensors and plain data as they are after a step. `CheckpointFolder.write` then deletes old states."""
        payload = io.BytesIO()
        torch.save(state, payload)
        self.write(step, payload.getbuffer())

    def load(self, restore: Callable[[dict[str, Any]], State]) -> State | None:
        """The newest intact state, as `restore` takes it over; none if there is no such state. No file is executed."""

        def read(step: int, content: bytes) -> State:
            state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            if state["step"] != step:
                raise ValueError(f"it tells of step {state['step']}")
            return restore(state)

        return self.newest(read)
