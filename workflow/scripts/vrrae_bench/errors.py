"""The exceptions that are meant for the person who runs the benchmark, and how a command ends with them."""

import signal
import sys
from collections.abc import Callable, Iterable


class UserError(Exception):
    """A foreseeable mistake, told in words: what is wrong, where, and what to do. Shown without a traceback."""


class Interrupted(Exception):
    """The process was asked to end; its state is saved."""


def numbered(items: Iterable[object]) -> str:
    """A line for each item of a message that tells several at once.

    >>> print(numbered(["no such file", "no such key"]))
      1. no such file
      2. no such key
    """
    return "\n".join(f"  {number}. {item}" for number, item in enumerate(items, 1))


def run_command(main: Callable[[], None]) -> None:
    """Run the `main` of a command; its message goes to stderr.

    The exit status is 1 after a `UserError`; after `Interrupted`, what a shell reports of a process that SIGTERM ended.
    SIGTERM ends a command as Ctrl-C does, so that what it has begun to write is removed.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except Interrupted as interrupted:
        print(interrupted, file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)
