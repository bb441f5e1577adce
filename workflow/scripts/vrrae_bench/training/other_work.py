"""How many cores of the machine other work keeps busy while something is timed."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from jaxtyping import Float

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.system.errors import warn

# The seconds of guests are among those of users.
NOT_BUSY = ("idle", "iowait", "guest", "guest_nice")
NOTICEABLE = 0.1  # cores


def read_clocks() -> Float[np.ndarray, "3"]:
    """Seconds so far: of wall time, of all cores of the machine at work, and of those at work for this process.

    Time that other virtual machines take from these cores ("steal") counts as work of the machine, because the timed
    process has to wait for it too.
    """
    cores = psutil.cpu_times()._asdict()
    busy = sum(seconds for state, seconds in cores.items() if state not in NOT_BUSY)
    return np.array([time.perf_counter(), busy, time.process_time()])


class OtherWork:
    """The cores that other work keeps busy during some spans of time, on average.

    Args:
        clocks: As `read_clocks`.
    """

    def __init__(self, clocks: Callable[[], Float[np.ndarray, "3"]] = read_clocks):
        self._clocks, self._seconds = clocks, np.zeros(3)

    @contextmanager
    def watched(self) -> Generator[None]:
        """Count the time within."""
        before = self._clocks()
        yield
        self._seconds += self._clocks() - before

    def cores(self) -> float:
        """How many cores were busy with other work."""
        wall, machine, own = self._seconds
        # The kernel counts the work of a core in ticks, that of a process exactly: the difference may be negative.
        return max(0.0, (machine - own) / wall)


def warn_of_other_work(cores: float, timings: Path) -> None:
    """Warn that times may be too long, if other work took a noticeable part of the machine."""
    if cores > NOTICEABLE:
        warn(
            f"{timings}: other work took {cores:.2f} cores while steps were timed, so they may have taken longer than "
            f"alone. Time them again while nothing else runs. {remedy(timings)}"
        )
