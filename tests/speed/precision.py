"""What `precision: bfloat16` brings on this processor: `make speed-precision`. Run it with nothing else running.

Images per second of VRRAE's training step in float32 and in bfloat16, in turns in one run, on the shapes of MNIST,
CIFAR-10 and the synthetic bumps. "products" is the ratio for a product of 2048 x 2048 matrices, which no step can
exceed.
With --errors, test errors on scikit-learn's digits after 20 epochs instead.

A processor without avx512_bf16 and amx_bf16 gains nothing, and trainings refuse bfloat16 there; here it is timed.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from statistics import mean

from contenders import Contender, median_seconds
from shapes import BETA, SHAPES
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.system.processor import OF_BFLOAT16, processor

PRECISIONS = ("float32", "bfloat16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--turns", type=int, default=8, help="turns of each precision (default: 8)")
    parser.add_argument("--steps", type=int, default=5, help="steps in a turn (default: 5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="default: all cores")
    parser.add_argument("--errors", action="store_true", help="test errors instead of times")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="of --errors (default: 0 1 2)")
    arguments = parser.parse_args()
    here = processor()
    vectors = sorted(flag for flag in here.flags if re.match("avx|amx", flag))
    print(f"{here.name}, {arguments.threads} threads; {' '.join(vectors) or 'instructions unknown'}")
    if here.without_bfloat16():
        print(f"This processor has neither {' nor '.join(OF_BFLOAT16)}: nothing is to be gained on it.")
    if arguments.errors:
        print_errors(arguments.seeds, arguments.threads)
    else:
        os.environ["STEP_THREADS"] = str(arguments.threads)
        print_speed(arguments.shapes, arguments.turns, arguments.steps)


def print_speed(shapes: list[str], turns: int, n_steps: int) -> None:
    rows = []
    for shape in shapes:
        ours = seconds("step_ours", shape, turns, n_steps, "vrrae", "1")
        products = seconds("step_product", shape, turns, 1)
        fine, coarse = (SHAPES[shape].batch_size / ours[precision] for precision in PRECISIONS)
        rows.append((shape, fine, coarse, coarse / fine, products["float32"] / products["bfloat16"]))
    headers = ("shape", "float32, images/s", "bfloat16, images/s", "bfloat16/float32", "products")
    print(tabulate(rows, headers, floatfmt=("", ".0f", ".0f", ".2f", ".2f")))
    print(f"Medians of {turns} turns of {n_steps} steps.")


def seconds(module: str, shape: str, turns: int, n_steps: int, *options: str) -> dict[str, float]:
    """Median seconds of a step in each precision."""
    contenders = {
        precision: Contender(sys.executable, module, shape, n_steps, *options, precision) for precision in PRECISIONS
    }
    return median_seconds(contenders, turns, f"{module}, {shape}")


def print_errors(seeds: list[int], threads: int) -> None:
    """Test errors in percent of VRRAE on scikit-learn's digits, with the sizes of the profile `quick`, 20 epochs."""
    from vrrae_bench.training.devices import configure_jax

    configure_jax("cpu", threads)

    from vrrae_bench.artefacts.run import RunSpec
    from vrrae_bench.datasets.source import Request
    from vrrae_bench.datasets.sources.digits import SOURCE
    from vrrae_bench.datasets.store import DataSet
    from vrrae_bench.scoring.model_scores import reconstruction_errors
    from vrrae_bench.system.provenance import Stopwatch
    from vrrae_bench.training.loop import train

    def error(data: DataSet, precision: str, seed: int) -> float:
        sizes = dict(latent_size=100, bottleneck=16, epochs=20, batch_size=64, learning_rate=1e-3)
        how = dict(precision=precision, seed=seed, beta=BETA, variant="", dataset="digits", method="vrrae")
        model, header, _ = train(
            RunSpec(**sizes, **how),
            data,
            None,
            stopwatch=Stopwatch(),
            checkpoint_seconds=60,
            report=lambda line: print(f"{precision}, seed {seed}: {line}", file=sys.stderr, flush=True),
        )
        return reconstruction_errors(model, header, data)["reconstruction_error"]

    with tempfile.TemporaryDirectory() as name:
        SOURCE.store(Path(name), Request(downloads=Path(name)))
        data = DataSet(Path(name) / "manifest.json")
        rows = [(precision, *(error(data, precision, seed) for seed in seeds)) for precision in PRECISIONS]
    headers = ("test error, %", *(f"seed {seed}" for seed in seeds), "mean")
    print(tabulate([(*row, mean(row[1:])) for row in rows], headers, floatfmt=".2f"))


if __name__ == "__main__":
    main()
