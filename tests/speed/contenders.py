"""Processes whose training steps are timed against each other.

Each is a process of its own that waits while another one runs. They take turns, a few steps each, so that whatever else
the machine does falls on all alike; what counts are ratios of medians.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from tqdm import tqdm

WORKER = Path(__file__).with_name("worker.py")


class Contender:
    """A worker process. What its packages say goes to this terminal."""

    def __init__(self, python: str, module: str, shape: str, n_steps: int, *options: str):
        command = [python, WORKER, module, shape, str(n_steps), *options]
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.times: list[float] = []

    def ready(self) -> int:
        """Wait until the worker is ready, which then tells how many parameters its model has."""
        return self._answer()["parameters"]

    def take_turn(self) -> None:
        """Run a few steps, and note the time of one."""
        self.begin_turn()
        self.end_turn()

    def begin_turn(self) -> None:
        """Let it run, and come back at once."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end_turn(self) -> None:
        """Wait until it is done, and note the time of a step."""
        self.times.append(self._answer()["seconds"])

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"error: {' '.join(self._process.args)} ended; what it said stands above.")
        return json.loads(line)


def median_seconds(
    contenders: Mapping[str, Contender],
    turns: int,
    title: str,
    check: Callable[[Mapping[str, int]], None] = lambda parameters: None,
) -> dict[str, float]:
    """Median seconds of a step of each contender, which are ended afterwards.

    Args:
        check: Is given the numbers of parameters before the first turn, and ends the program if they do not fit.
    """
    try:
        check({name: contender.ready() for name, contender in contenders.items()})
        time.sleep(1)
        for _ in tqdm(range(turns), desc=title, leave=False):
            for contender in contenders.values():
                contender.take_turn()
                time.sleep(0.05)  # a pool of threads spins for a while after its work
        return {name: median(contender.times) for name, contender in contenders.items()}
    finally:
        for contender in contenders.values():
            contender.end()
