"""Errors that are meant for the person who runs the benchmark, and how a command ends if one is raised."""

import errno
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

# The environment variable with the file descriptor of the screen. A command needs it if its output and errors go to a
# log. The rules set it in `shell.prefix`.
SCREEN = "VRRAE_SCREEN"
FULL_DISK = {
    errno.ENOSPC: "the disk is full. Make room there",
    errno.EDQUOT: "your share of this disk (its quota) is used up. Make room there",
    errno.EFBIG: "a file may not become so large here (ulimit -f). Raise that limit, or use another disk",
}
# Failures of the machine that a command can explain, and what to do about them.
FAILURES = FULL_DISK | {
    errno.EACCES: "you may not read or write this. Let its owner change that (chmod, chown)",
    errno.EPERM: "you may not change this. Let its owner change that (chmod, chown)",
    errno.EROFS: "this disk can only be read. Write the results to another disk",
    errno.EIO: "the disk does not answer as it should (input/output error). Ask its administrator, or use another disk",
    errno.ESTALE: "the server of this disk has lost the file. Wait until the disk is back",
    errno.EMFILE: "this process has too many open files. Raise `ulimit -n`",
    errno.ENFILE: "this machine has too many open files. End other programs",
}
OUT_OF_MEMORY = (
    "memory ran out. Run fewer jobs at a time (a smaller --cores, or --resources mem_mb=MEGABYTES), end other "
    "programs, or use a machine with more memory; then run again: a training continues from its last checkpoint."
)


class UserError(Exception):
    """A foreseeable mistake. Its message says what is wrong, where it is wrong, and what to do.

    A command shows the message without a traceback. Passwords and keys in quoted addresses are masked.
    """

    def __init__(self, message: object) -> None:
        super().__init__(masked(str(message)))


class Interrupted(Exception):
    """The process was asked to end, and has saved its state."""


def masked(text: str) -> str:
    """A text in which parts of addresses that may be secret are replaced by `***`.

    These parts are everything before the last @ of the line, and the query of an address.


    >>> masked("https://me:pass/word@example.org/data?key=secret is no folder")
    'https://***@example.org/data?*** is no folder'
    """
    text = re.sub(r"((?:https?:/|://)/*).*@", r"\1***@", text, flags=re.IGNORECASE)
    return re.sub(r"((?:https?:/|://)[^\s?#]*[?#])[^\s'\"]+", r"\1***", text, flags=re.IGNORECASE)


def numbered(items: Iterable[object]) -> str:
    """A numbered line for each item of a message.

    >>> print(numbered(["no such file", "no such key"]))
      1. no such file
      2. no such key
    """
    return "\n".join(f"  {number}. {item}" for number, item in enumerate(items, 1))


def run_command(main: Callable[[], None]) -> None:
    """Run the `main` of a command, and end the process with a message if it raises an error.

    The message goes to stderr. If stderr cannot be written, it goes to the screen. The exit status is 1 after a
    `UserError` and after a foreseeable failure of the machine. After `Interrupted`, it is the status that a shell
    reports for a process that SIGTERM has ended. SIGTERM ends a command as Ctrl-C does, so that unfinished files are
    removed.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
        sys.stdout.flush()  # flushed here, so that a message says if the log cannot be written
    except Interrupted as interrupted:
        _end(str(interrupted), 128 + signal.SIGTERM)
    except Exception as error:
        told = in_words(error)
        _end(f"error: {told}" if told else traceback.format_exc())


def in_words(error: Exception) -> str | None:
    """The message of a `UserError`, or an explanation if the disk or the memory of the machine has failed.

    For any other exception it is None. Such an exception is a mistake in the program, and a traceback says more.
    """
    if isinstance(error, UserError):
        return str(error)
    if is_out_of_memory(error):
        return f"{OUT_OF_MEMORY} ({str(error).splitlines()[0]})" if str(error) else OUT_OF_MEMORY
    if not isinstance(error, OSError) or error.errno not in FAILURES:
        return None
    # Only the log is written to without a name.
    where = error.filename if isinstance(error.filename, str) else "the log"
    return f"{where}: {FAILURES[error.errno]}, then run again: what is finished is kept."


def is_out_of_memory(error: Exception) -> bool:
    """Whether numpy, JAX or torch, none of which this module imports, or Python itself got no memory.

    It may be told by the exception that another one was raised from: Equinox puts the place in the model around it.
    """
    told = r"RESOURCE_EXHAUSTED|out of memory|can't allocate memory|not enough memory"
    return any(
        isinstance(one, MemoryError) or (isinstance(one, RuntimeError) and re.search(told, str(one), re.IGNORECASE))
        for one in causes(error)
    )


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, the one that it was raised from, and so on to the first."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__


def warn(message: str) -> None:
    """Show a warning that a result is spoilt, and go on.

    It goes to stderr, which a workflow sends to a log, and to the screen. If the screen is gone, nothing is lost.
    """
    text = f"warning: {message.rstrip()}\n".encode(errors="backslashreplace")
    _written(sys.stderr.fileno(), text)
    _written_on_screen(text)


def _end(message: str, status: int = 1) -> None:
    """Exit with a message: to stderr, which a workflow sends to a log, else to the screen."""
    with suppress(OSError):
        sys.stdout.flush()
    text = f"{message.rstrip()}\n".encode(errors="backslashreplace")
    if not _written(sys.stderr.fileno(), text):
        _written_on_screen(text)
    sys.exit(status)


def _written_on_screen(text: bytes) -> bool:
    screen = os.environ.get(SCREEN, "")
    if not screen.isdecimal():
        return False
    # In a terminal, in the place of the line that says how far the run is.
    return _written(int(screen), b"\r\x1b[K" + text if os.isatty(int(screen)) else text)


def _written(descriptor: int, text: bytes) -> bool:
    try:
        while text:
            text = text[os.write(descriptor, text) :]
    except OSError:
        return False
    return True
