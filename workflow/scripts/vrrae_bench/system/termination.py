"""Being asked to end."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def termination() -> Generator[Callable[[], bool]]:
    """Whether SIGTERM has come: batch systems send it before a time limit. Inside, it does not end the process."""
    received = []
    previous = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        yield lambda: bool(received)
    finally:
        signal.signal(signal.SIGTERM, previous)
