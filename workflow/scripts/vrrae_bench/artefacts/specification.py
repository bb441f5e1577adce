"""The base of specifications that stages are handed as JSON, and of the sections of a configuration."""

import typing
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError


class Specification(BaseModel):
    """Base of everything that is handed to a stage as JSON: immutable, and no key is silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# JAX cuts a wider seed to 32 bits when it starts a generator, so two such seeds could mean the same.
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Section(Specification):
    """A section of the configuration. Its numbers are finite, and `true` is no number.

    Each key gives its own limits, and always an upper limit.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_value(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse `true` and `false` for numbers, because Python and pydantic take them for 1 and 0."""
        entries = (
            value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else [value]
        )
        field = cls.model_fields[info.field_name or ""]
        if _of_numbers(field.annotation) and any(isinstance(entry, bool) for entry in entries):
            raise PydanticCustomError("truth_value", "Input should be a number, not true or false")
        return value


def _of_numbers(annotation: Any) -> bool:
    """Whether a type is a number, a choice of numbers, or a list or mapping of them."""
    parts = typing.get_args(annotation)
    return annotation in (int, float) or any(type(part) is int or _of_numbers(part) for part in parts)
