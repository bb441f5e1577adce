"""Noticing that the process was asked to end."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def termination() -> Generator[Callable[[], bool]]:
    """A context in which SIGTERM does not end the process, with a function that says whether SIGTERM has come.

    Batch systems send this signal before a time limit.
    """
    received = []
    previous = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        yield lambda: bool(received)
    finally:
        signal.signal(signal.SIGTERM, previous)
