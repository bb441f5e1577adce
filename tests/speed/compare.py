"""Compare the time of a training step with the published packages', and the cost of the truncation: `make speed`.

Every contender is a process of its own that waits while another one runs. They take turns, a few steps each, so that
whatever else the machine does falls on all alike; what counts are ratios of medians. Run it with nothing else running.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from shapes import SHAPES
from step_product import SIZE
from tabulate import tabulate
from tqdm import tqdm

HERE = Path(__file__).parent
OURS, PRODUCT = "ours", "matrix product"


class Contender:
    """A worker process. What its packages say goes to this terminal."""

    def __init__(self, python: str, module: str, shape: str, n_steps: int, *options: str):
        command = [python, HERE / "worker.py", module, shape, str(n_steps), *options]
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.times = []

    def ready(self) -> dict:
        """Wait for the worker's first answer."""
        return self._answer()

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="Python of an environment with both published packages")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--turns", type=int, default=8, help="turns of each contender (default: 8)")
    parser.add_argument("--steps", type=int, default=5, help="steps in a turn (default: 5)")
    arguments = parser.parse_args()
    rows = []
    for shape in arguments.shapes:
        times = compare(shape, arguments.peers, arguments.turns, arguments.steps)
        limit = step_operations(shape) * times.pop(PRODUCT) / (2 * SIZE**3)
        ours = times.pop(OURS)
        for other, seconds in times.items():
            rows.append((shape, other, ours * 1e3, seconds * 1e3, ours / seconds, limit * 1e3, ours / limit))
    headers = ("shape", "other", "ours, ms", "other, ms", "ours/other", "limit, ms", "ours/limit")
    print(tabulate(rows, headers, floatfmt=("", "", ".0f", ".0f", ".3f", ".0f", ".2f")))
    print(
        f"Medians of {arguments.turns} turns of {arguments.steps} steps, on {os.cpu_count()} cores. The limit is the "
        "time of the step's matrix products alone, at the rate of a product of 2048 x 2048 matrices in the same run."
    )


def compare(shape: str, peers: str, turns: int, n_steps: int) -> dict[str, float]:
    """Median seconds of a step of each contender, and of an operation of a large matrix product."""
    contenders = {
        OURS: Contender(sys.executable, "step_ours", shape, n_steps),
        "rraes": Contender(peers, "step_rraes", shape, 1),
        "rraestorch": Contender(peers, "step_rraestorch", shape, n_steps),
        "without truncation": Contender(sys.executable, "step_ours", shape, n_steps, "untruncated"),
        "vae": Contender(sys.executable, "step_ours", shape, n_steps, "vae"),
        PRODUCT: Contender(sys.executable, "step_product", shape, 1),
    }
    try:
        parameters = {name: contender.ready()["parameters"] for name, contender in contenders.items()}
        check_same_network(shape, parameters)
        time.sleep(1)
        for _ in tqdm(range(turns), desc=shape, leave=False):
            for contender in contenders.values():
                contender.take_turn()
                time.sleep(0.05)  # a pool of threads spins for a while after its work
        return {name: median(contender.times) for name, contender in contenders.items()}
    finally:
        for contender in contenders.values():
            contender.end()


def check_same_network(shape: str, parameters: dict[str, int]) -> None:
    """The published models hold one linear layer more, a map to the mean that VRRAE does not use."""
    bottleneck = SHAPES[shape].bottleneck
    for peer in ("rraes", "rraestorch"):
        if parameters[peer] - parameters[OURS] != bottleneck * (bottleneck + 1):
            sys.exit(f"error: {peer} trains another network: {parameters[peer]} parameters, ours {parameters[OURS]}")


def step_operations(name: str) -> int:
    """Additions and multiplications of the matrix products of one step: forward, and two products backward."""
    shape = SHAPES[name]
    size, _, channels = shape.image
    half, quarter, smallest = -(-size // 2), -(-size // 4), -(-size // 16)
    first = half**2 * 9 * channels * 32
    encoder = [quarter**2 * 9 * 32 * 64, quarter**2 * 64 * shape.latent_size]
    widths = (32, 256, 128, 32, 8)
    decoder = [shape.latent_size * smallest**2 * 32]
    decoder += [(smallest << i) ** 2 * 9 * widths[i] * widths[i + 1] for i in range(4)]
    decoder += [size**2 * (1 + 16 * smallest - size) ** 2 * 8 * channels]
    # The gradient for the images themselves is never asked for.
    return 2 * shape.batch_size * (2 * first + 3 * sum(encoder + decoder))


if __name__ == "__main__":
    main()
