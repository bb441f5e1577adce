"""Reading the files of a configuration, and checking a configuration as a whole.

`config.yaml` is the paper in full. A smaller configuration is laid over it.
"""

import json
import re
import types
import typing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from snakemake.common.configfile import load_configfile

from vrrae_bench.study.checks import contradictions
from vrrae_bench.study.layers import DEFAULTS, is_default, with_defaults
from vrrae_bench.study.problems import Problem, suggestion
from vrrae_bench.study.settings import DatasetSettings, Settings
from vrrae_bench.system.errors import UserError, numbered

# Octal and sexagesimal numbers, as YAML 1.1 has them.
OTHER_NUMBER = re.compile(r"[-+]?(?:0[0-9_]+|[0-9][0-9_]*(?::[0-9_]+)+(?:\.[0-9_]*)?)")
NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
BASE = next(folder for folder in Path(__file__).parents if (folder / "Snakefile").is_file()) / "config.yaml"


def check_settings(values: Any, name: str = "configuration") -> Settings:
    """The typed configuration that a mapping of plain values describes. Defaults are filled into its data sets.

    Raises:
        UserError: The configuration has problems. The message has each problem with its key, value, reason and remedy.
    """
    problems = _malformed_defaults(values)
    settings = None
    try:
        settings = Settings.model_validate(with_defaults(values))
    except ValidationError as errors:
        problems += [_explain(error) for error in _causes(errors) if not _of_defaults(error, values)]
    problems += contradictions(values)
    if problems or settings is None:
        raise UserError(f"{name}: {len(problems)} problem(s); nothing was started.\n{numbered(problems)}")
    return settings


def json_schema() -> dict[str, Any]:
    """The JSON schema of `config.yaml`, for editors."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"][DEFAULTS] = {
        "$ref": "#/$defs/DatasetSettings",
        "description": "Values of every data set. The value of a data set itself counts more",
    }
    # Any key of a data set may be among the defaults, so no key is required below the data set itself.
    for model in ("DatasetSettings", *DatasetSettings.model_json_schema()["$defs"]):
        schema["$defs"][model].pop("required", None)
    return schema


def check_files(files: Iterable[str | Path]) -> None:
    """Refuse configuration files that cannot be read, before Snakemake reads them.

    Snakemake would not say in which file a mistake is, or in which line.

    Raises:
        UserError: As `read_file`.
    """
    for file in files:
        read_file(Path(file))


def read_file(path: Path) -> dict[str, Any]:
    """The values of a file, as Snakemake reads them. A problem is told with the file, the line and a remedy.

    Raises:
        UserError: It cannot be read, is not in UTF-8, not YAML or JSON, no set of keys, has a key twice, or has a
            number that YAML does not read as a decimal number.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(
            f"{path}: is not in UTF-8 ({error.reason}, line {line}, byte {error.start}). Save it in UTF-8."
        ) from None
    try:
        twice, numbers = _keys_twice(text), _other_numbers(text)
        values = load_configfile(path)
    except yaml.YAMLError as error:
        hint = "\nIndent with spaces: YAML does not take a tab for them." if "'\\t'" in str(error) else ""
        raise UserError(f"{path}: is not valid YAML. Correct this and try again:\n{_told(error)}{hint}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except Exception as error:  # an error of Snakemake, or of a template, which Snakemake allows in YAML
        raise UserError(f"{path}: cannot be read as a configuration: {error}") from None
    if twice:
        raise UserError(
            f"{path}: {len(twice)} key(s) stand twice in one place, of which YAML would silently use the last. "
            f"Keep one of each.\n{numbered(twice)}"
        )
    if numbers:
        raise UserError(
            f"{path}: {len(numbers)} number(s) are not read as they look, because YAML takes a leading 0 for base 8 "
            f"and a colon for base 60. Write them without these, or in quotes if they are text.\n{numbered(numbers)}"
        )
    return values


def _told(error: yaml.YAMLError) -> str:
    """Where YAML goes wrong and why. The text at that place is not quoted, since it may be a part of a password."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}: {error.problem}"
    return str(error)


def _keys_twice(text: str) -> list[str]:
    """Which keys stand twice in one mapping, and where.

    Raises:
        UserError: The text contains no keys.
    """
    twice: list[str] = []

    def of_json(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(name for name, _ in pairs)
        twice.extend(f"{name}: {count} times." for name, count in counts.items() if count > 1)
        return dict(pairs)

    try:
        holds_keys = isinstance(json.loads(text, object_pairs_hook=of_json), dict)
    except ValueError:  # Snakemake, too, reads a file as YAML if it is not JSON
        root = yaml.compose(text)
        holds_keys = isinstance(root, yaml.MappingNode)
        twice = list(_twice_below(root, "", set()))
    if not holds_keys:
        raise UserError("contains no keys. Write `key: value` lines, as in config.yaml.")
    return twice


def _twice_below(node: yaml.Node | None, place: str, seen: set[int]) -> Iterator[str]:
    """The keys that stand twice below a node of YAML. A node that aliases repeat is looked at once."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            yield from _twice_below(entry, f"{place}{number}.", seen)
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in lines:
            yield f"{place}{name}: in line {lines[name]} and in line {line}."
        lines[name] = line
        yield from _twice_below(value, f"{place}{name}.", seen)


def _other_numbers(text: str) -> list[str]:
    """The numbers of a YAML file that are not read as they look, and where they stand: 010 is 8, and 1:30 is 90."""
    with suppress(ValueError):
        json.loads(text)
        return []  # JSON has no such numbers
    numbers = [node for node in _scalars(yaml.compose(text), set()) if OTHER_NUMBER.fullmatch(node.value)]
    found = [(node, yaml.safe_load(node.value)) for node in numbers if node.tag in NUMBER_TAGS]
    return [
        f"{node.value} in line {node.start_mark.line + 1} is read as {value:g}."
        for node, value in found
        if ":" in node.value or value != int(node.value.replace("_", ""))
    ]


def _scalars(node: yaml.Node | None, seen: set[int]) -> Iterator[yaml.ScalarNode]:
    """The scalars of a node of YAML, each once, in their order."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _scalars(entry, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(key, seen)
            yield from _scalars(value, seen)


def _malformed_defaults(values: Any) -> list[Problem]:
    """Problems of the defaults by themselves. A key may be missing there, if each data set has it."""
    if not isinstance(values, Mapping) or DEFAULTS not in values:
        return []
    try:
        DatasetSettings.model_validate(values[DEFAULTS])
    except ValidationError as errors:
        return [
            _explain({**error, "loc": (DEFAULTS, *error["loc"])})
            for error in _causes(errors)
            if error["type"] != "missing"
        ]
    return []


def _of_defaults(error: Mapping[str, Any], values: Any) -> bool:
    """Whether an error of a data set lies in a default. It is then told once, and not for each data set."""
    match error["loc"]:
        case ("datasets", dataset, first, *further):
            return is_default(values, dataset, (first, *further))
    return False


def _causes(errors: ValidationError) -> Iterator[Mapping[str, Any]]:
    """Pydantic's errors without those of lists that are too short only because their entries were refused."""
    for error in errors.errors():
        if error["type"] != "too_short" or error["ctx"]["actual_length"] >= len(error["input"]):
            yield error


def _explain(error: Mapping[str, Any]) -> Problem:
    """The problem that one of pydantic's errors describes."""
    location = error["loc"]
    key, value = ".".join(map(str, location)).removesuffix(".[key]"), error["input"]
    match error["type"]:
        case "extra_forbidden":
            return Problem(key, f"unknown key (value {value!r}).", _instead_of_unknown(location))
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


def _instead_of_unknown(location: Sequence[str | int]) -> str:
    """The remedy for an unknown key: where it belongs, if it is a key of data sets, or else the most similar key."""
    name, above = str(location[-1]), location[:-1]
    if name in DatasetSettings.model_fields and above[:1] not in ((DEFAULTS,), ("datasets",)):
        return f"It is a key of data sets: write it below a data set or below `{DEFAULTS}`."
    return suggestion(name, sorted([*_model_at(above).model_fields, *([] if above else [DEFAULTS])]))


def _model_at(location: Sequence[str | int]) -> type[BaseModel]:
    """The model whose keys stand at a place of the configuration."""
    below_defaults = location[:1] == (DEFAULTS,)
    annotation: Any = DatasetSettings if below_defaults else Settings
    for step in location[1:] if below_defaults else location:
        annotation = _below(annotation, str(step))
    return annotation


def _below(annotation: Any, key: str) -> Any:
    """The type of the value at a key, for the type of a mapping or a model."""
    found: Any = (
        annotation.model_fields[key].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel)
        else typing.get_args(annotation)[1]  # dict[str, model]
    )
    if isinstance(found, types.UnionType):
        return next(part for part in typing.get_args(found) if part is not type(None))
    return found
