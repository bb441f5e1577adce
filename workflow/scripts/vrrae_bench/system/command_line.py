"""The parser of all commands, and options that several commands have."""

import argparse
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vrrae_bench.system.errors import numbered


def command_parser(description: str) -> argparse.ArgumentParser:
    """A parser whose help shows the description, which is the docstring of a command, as it is written."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def json_of(kind: Any) -> Callable[[str], Any]:
    """The `type` of an option whose value is JSON, for example a specification.

    If a value is wrong, the message lists all problems by their keys. The message of argparse alone would only name
    this function.

    Args:
        kind: The type that the JSON has to describe.
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
    """The `type` of an option whose value is a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def add_device_options(parser: argparse.ArgumentParser, threads: int | None = 1) -> None:
    """Add the options that say on which device and with how many threads a command computes.

    Args:
        threads: The default number of threads.
    """
    parser.add_argument("--accelerator", choices=["cpu", "cuda", "tpu"], default="cpu", help="default: cpu")
    parser.add_argument("--threads", type=at_least_one, default=threads, help="CPU threads (default: %(default)s)")


def add_keep_finished(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands whose finished work must not be lost if their workflow manager dies."""
    parser.add_argument(
        "--keep-finished",
        action="store_true",
        help="keep the outputs with the checkpoints too, until a workflow manager has accepted them",
    )
