"""What the commands have in common: their parser, and the options of those that compute."""

import argparse
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vrrae_bench.system.errors import numbered


def command_parser(description: str) -> argparse.ArgumentParser:
    """A parser that shows the description of a command, its docstring, as it is written."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def json_of(kind: Any) -> Callable[[str], Any]:
    """The `type` of an option that takes JSON: what a specification or another type has as such.

    All that is wrong with a value is told, key by key; argparse alone would name this function and no reason.
    """
    adapter = TypeAdapter(kind)

    def read(text: str) -> Any:
        try:
            return adapter.validate_json(text)
        except ValidationError as error:
            problems = [f"{_key(problem['loc'])}{problem['msg']}" for problem in error.errors()]
            told = f"{len(problems)} problem(s) with the JSON {text!r}:\n{numbered(problems)}"
            raise argparse.ArgumentTypeError(told) from None

    return read


def _key(location: tuple[str | int, ...]) -> str:
    return "".join(f"{part}." for part in location).removesuffix(".") + ": " if location else ""


def at_least_one(text: str) -> int:
    """The `type` of an option that counts."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def add_device_options(parser: argparse.ArgumentParser, threads: int | None = 1) -> None:
    """Options that tell where a command computes.

    Args:
        threads: The default.
    """
    parser.add_argument("--accelerator", choices=["cpu", "cuda", "tpu"], default="cpu", help="default: cpu")
    parser.add_argument("--threads", type=at_least_one, default=threads, help="CPU threads (default: %(default)s)")


def add_keep_finished(parser: argparse.ArgumentParser) -> None:
    """The option of commands whose finished work is not to be lost with the workflow manager that started them."""
    parser.add_argument(
        "--keep-finished",
        action="store_true",
        help="keep the outputs with the checkpoints too, until a workflow manager has accepted them",
    )
