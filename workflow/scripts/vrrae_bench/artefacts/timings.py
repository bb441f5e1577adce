"""What a file of timings holds: how long the training steps of some methods take on a data set."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vrrae_bench.artefacts.records import read_record, reading

Seconds = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=1)]


class Steps(BaseModel):
    """The steps of one method.

    Attributes:
        step_seconds: Seconds of a step alone, by the turn in which it was timed.
        training_step_seconds: Seconds of a step within a training.
        steps: Number of the steps of a whole training.
    """

    model_config = ConfigDict(frozen=True)

    step_seconds: Seconds
    training_step_seconds: Seconds
    steps: int


class Timings(BaseModel):
    """The steps of all methods that were timed in turn. What else the file tells is not of interest here."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    batch_size: int
    device: str = Field(description="The device that computed, in words, by `training.devices.device_name`")
    methods: dict[str, Steps] = Field(min_length=1)


def read_timings(path: Path) -> Timings:
    """What a file of timings holds.

    Raises:
        UserError: It is missing or damaged, or is no such file of this version.
    """
    record = read_record(path)
    with reading(path):
        return Timings.model_validate(record)
