"""The exceptions that are meant for the person who runs the benchmark, and how a command ends with them."""

import re
import signal
import sys
from collections.abc import Callable, Iterable


class UserError(Exception):
    """A foreseeable mistake, told in words: what is wrong, where, and what to do. Shown without a traceback.

    Passwords and keys in the addresses that it quotes are masked.
    """

    def __init__(self, message: object) -> None:
        super().__init__(masked(str(message)))


class Interrupted(Exception):
    """The process was asked to end; its state is saved."""


def masked(text: str) -> str:
    """A text with `***` for what may be secret in an address: all before the last @ of its line, and a query.

    >>> masked("https://me:pass/word@example.org/data?key=secret is no folder")
    'https://***@example.org/data?*** is no folder'
    """
    text = re.sub(r"((?:https?:/|://)/*).*@", r"\1***@", text, flags=re.IGNORECASE)
    return re.sub(r"((?:https?:/|://)[^\s?#]*[?#])[^\s'\"]+", r"\1***", text, flags=re.IGNORECASE)


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
