"""Several seeds: jobs side by side, one program for all by `vmap`, or one after the other in one process.

    python tests/speed/seeds.py

Seconds per step and seed on all cores, for as many seeds as there are cores, in turns. Nothing else should run.
"""

import argparse
import os
import sys
import time
from statistics import median

from contenders import Contender
from shapes import SHAPES

STEPS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["synthetic", "mnist"])
    parser.add_argument("--turns", type=int, default=6)
    arguments = parser.parse_args()
    for shape in arguments.shapes:
        measured = measure(shape, arguments.turns)
        side_by_side = median(measured["side by side"])
        for name, seconds in measured.items():
            print(f"{shape}, {name}: {1000 * median(seconds):.0f} ms, {median(seconds) / side_by_side:.2f}", flush=True)


def measure(shape: str, turns: int) -> dict[str, list[float]]:
    """Seconds per step and seed of each way, a number per turn."""
    n_seeds = os.cpu_count() or 1
    ways = {
        "side by side": contenders(n_seeds, shape, threads=1),
        "one after the other": contenders(1, shape, threads=n_seeds),
        "one program": contenders(1, shape, "vrrae", str(n_seeds), threads=n_seeds),
    }
    seeds_of_turn = {"side by side": n_seeds, "one after the other": 1, "one program": n_seeds}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, processes in ways.items():
            start = time.perf_counter()
            for process in processes:
                process.begin_turn()
            for process in processes:
                process.end_turn()
            seconds[name].append((time.perf_counter() - start) / STEPS / seeds_of_turn[name])
    for process in sum(ways.values(), []):
        process.end()
    return seconds


def contenders(count: int, shape: str, *options: str, threads: int) -> list[Contender]:
    os.environ["STEP_THREADS"] = str(threads)
    started = [Contender(sys.executable, "step_ours", shape, STEPS, *options) for _ in range(count)]
    for contender in started:
        contender.ready()
    return started


if __name__ == "__main__":
    main()
