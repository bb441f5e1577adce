"""The parser of all commands, and options that several commands have."""

import argparse
from collections.abc import Callable
from pathlib import Path
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


def folder_path(text: str) -> Path:
    """The `type` of an option that names a folder: `~` at its beginning is replaced by the user's home folder.

    Most often the shell has replaced it. Not every shell does so within `make FROM=~/folder`.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        told = f"{text!r} begins with `~`, and the home folder that it stands for is unknown; write the path in full"
        raise argparse.ArgumentTypeError(told) from None


def add_device_options(parser: argparse.ArgumentParser, threads: int | None = 1) -> None:
    """Add the options that say on which device and with how many threads a command computes.

    Args:
        threads: The default number of threads.
    """
    parser.add_argument("--accelerator", choices=["cpu", "cuda", "tpu"], default="cpu", help="default: cpu")
    parser.add_argument("--threads", type=at_least_one, default=threads, help="CPU threads (default: %(default)s)")


def add_checkpoint_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command whose work is continued after it was killed, or after its workflow manager died."""
    parser.add_argument(
        "--checkpoints", type=Path, required=True, help="folder of checkpoints, the same for all processes of the work"
    )
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=60, help="seconds between two checkpoints (default: %(default)s)"
    )
    parser.add_argument(
        "--keep-finished",
        action="store_true",
        help="keep the outputs with the checkpoints too, until a workflow manager has accepted them",
    )
