"""Reading a configuration: YAML files, the later over the earlier, checked as a whole.

`config.yaml` is the paper in full; a smaller configuration overlays it.
"""

import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from vrrae_bench.config import Settings
from vrrae_bench.config_checks import Problem, contradictions, suggestion
from vrrae_bench.errors import UserError, numbered

BASE = Path(__file__).parents[3] / "config.yaml"


def load_settings(*files: str | Path) -> Settings:
    """Read YAML files, the later over the earlier, and check the outcome.

    Raises:
        UserError: A file cannot be read, or the configuration has problems; all of them are told at once.
    """
    return check_settings(merge(*(_read_yaml(Path(file)) for file in files)), " + ".join(map(str, files)))


def check_settings(values: Any, name: str = "configuration") -> Settings:
    """The typed configuration behind a mapping of plain values.

    Raises:
        UserError: With every problem: key, value, reason and remedy.
    """
    problems: list[Problem] = []
    settings = None
    try:
        settings = Settings.model_validate(values)
    except ValidationError as errors:
        problems += [_explain(error) for error in errors.errors() if not _follows(error)]
    problems += contradictions(values)
    if problems or settings is None:
        raise UserError(f"{name}: {len(problems)} problem(s); nothing was started.\n{numbered(problems)}")
    return settings


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merged deeply, as Snakemake does it: the later wins, a list is replaced as a whole."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
            merged[key] = merge(merged[key], value) if both else value
    return merged


def json_schema() -> dict[str, Any]:
    """The JSON schema of `config.yaml`, for editors."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not in UTF-8 ({error.reason}, byte {error.start}). Save it in UTF-8.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: is not valid YAML. Mend this and try again:\n{error}") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: holds no keys. Write `key: value` lines, as in config.yaml.")
    return values


def _follows(error: Mapping[str, Any]) -> bool:
    """Whether pydantic calls a list too short only because it has refused the entries."""
    return error["type"] == "too_short" and error["ctx"]["actual_length"] < len(error["input"])


def _explain(error: Mapping[str, Any]) -> Problem:
    """Words for one of pydantic's errors."""
    location = error["loc"]
    key, value = ".".join(map(str, location)).removesuffix(".[key]"), error["input"]
    match error["type"]:
        case "extra_forbidden":
            known = sorted(_model_at(location[:-1]).model_fields)
            return Problem(key, f"unknown key (value {value!r}).", suggestion(str(location[-1]), known))
        case "missing":
            return Problem(key, "is missing.", "Add it; config.yaml shows every key with its source.")
        case "literal_error":
            choices = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            return Problem(key, f"{value!r} is not known.", suggestion(str(value), choices))
        case "model_type" | "dict_type":
            return Problem(
                key, f"{value!r} is not a set of keys.", "Write `key: value` lines below it, as in config.yaml."
            )
        case "tuple_type":
            return Problem(key, f"{value!r} is not a list.", "Write it as a list, also with one entry: [a].")
        case "string_pattern_mismatch":
            return Problem(
                key,
                "is no name for a data set.",
                "Begin with one of a-z, A-Z, 0-9; go on with letters, digits, dots, dashes and underscores.",
            )
        case "string_type" if isinstance(value, int | float):
            return Problem(key, f"{value!r} is not text.", f"Put it in quotes, as it is meant: '{value}'.")
        case _:
            return Problem(key, f"{value!r} is not valid.", f"{error['msg']}.")


def _model_at(location: Sequence[str | int]) -> type[BaseModel]:
    """The model whose keys stand at a place of the configuration."""
    annotation: Any = Settings
    for step in location:
        annotation = (
            annotation.model_fields[step].annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel)
            else typing.get_args(annotation)[1]  # dict[str, model]
        )
        if isinstance(annotation, types.UnionType):
            annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    return annotation
