"""The one exception that is meant for the person who runs the benchmark."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """A foreseeable mistake, told in words: what is wrong, where, and what to do. Shown without a traceback."""


def run_command(main: Callable[[], None]) -> None:
    """Run the `main` of a command; a `UserError` becomes its message on stderr and exit status 1."""
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
