"""Compare the time of a training step with the published packages', and the cost of the truncation: `make speed`.

Run it with nothing else running.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from functools import partial

from contenders import Contender, median_seconds
from shapes import SHAPES
from step_product import SIZE
from tabulate import tabulate

OURS, PRODUCT = "ours", "matrix product"


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
    return median_seconds(contenders, turns, shape, partial(check_same_network, shape))


def check_same_network(shape: str, parameters: Mapping[str, int]) -> None:
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
