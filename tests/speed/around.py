"""What a training costs around its steps: the start of the process, and what an epoch takes beyond its steps.

    python tests/speed/around.py

Images of MNIST's shape, VRRAE with the paper's sizes. First the time from the start of the process to the line that
tells of the first step, and to the end of a training of one step: with an empty cache of compiled programs, then with a
full one. Then two epochs of 100 steps against the same steps alone, in one process, in turns.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
sys.path.insert(0, str(SCRIPTS))

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.store import DataSet, write_dataset
from vrrae_bench.system.provenance import Stopwatch, peak_memory_mib
from vrrae_bench.training.devices import configure_jax

BATCH = 576
FEW, MANY = 2 * BATCH, 100 * BATCH  # images; the basis of a model is found of all of them
THREADS = os.cpu_count() or 1
TURNS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = made_data(folder / "few", FEW), made_data(folder / "many", MANY)
        for cache in ("empty", "full", "full"):
            first, end = one_step(few, folder)
            print(f"cache {cache}: {first:.1f} s to the first step, {end:.1f} s to the end", flush=True)
        epochs_against_steps(many, folder)


def made_data(folder: Path, n_images: int) -> DataSet:
    images = np.random.default_rng(0).integers(0, 256, (n_images, 28, 28, 1), np.uint8)
    write_dataset(folder, "digits", {"train": images, "test": images[:10]})
    return DataSet(folder / "manifest.json")


def specification(epochs: float) -> RunSpec:
    sizes = dict(latent_size=100, bottleneck=16, batch_size=BATCH, epochs=epochs)
    return RunSpec(dataset="made", method="vrrae", beta=1e-6, learning_rate=1e-3, seed=0, variant="", **sizes)


def one_step(data: DataSet, folder: Path) -> tuple[float, float]:
    """Seconds from the start of a process to its first step, and to its end with basis and files."""
    run = specification(BATCH / FEW).model_dump_json()
    command = [sys.executable, SCRIPTS / "train.py", "--run", run, "--data", data.path, "--out", folder / "model.eqx"]
    command += ["--checkpoints", folder / "checkpoints", "--threads", THREADS]
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
    start = time.perf_counter()
    with subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        first = time.perf_counter() - start
    if process.returncode or not line.startswith("epoch 1, step 1 of 1"):
        sys.exit(f"error: the training ended with {process.returncode} and said: {line}")
    return first, time.perf_counter() - start


class Marks:
    """When each line of progress came, and after which step."""

    def __init__(self):
        self._seconds, self._steps = [], []

    def add(self, line: str) -> None:
        self._seconds.append(time.perf_counter())
        self._steps.append(int(line.split("step ")[1].split()[0]))

    def seconds_per_step(self) -> float:
        """From the first line, when all is compiled, to the last, the end of the last epoch."""
        return (self._seconds[-1] - self._seconds[0]) / (self._steps[-1] - self._steps[0])


def epochs_against_steps(data: DataSet, folder: Path) -> None:
    configure_jax("cpu", THREADS)
    from vrrae_bench.training.checkpoints import Checkpoints
    from vrrae_bench.training.loop import train
    from vrrae_bench.training.other_work import OtherWork
    from vrrae_bench.training.timing import step_seconds

    spec, ratios = specification(2), []
    for turn in range(TURNS):
        marks, checkpoints = Marks(), Checkpoints(folder / "checkpoints", f"turn {turn}")
        train(spec, data, checkpoints, stopwatch=Stopwatch(), checkpoint_seconds=60, report=marks.add)
        (alone,) = step_seconds([spec], data, turns=5, steps=20, others=OtherWork()).values()
        ratios.append(marks.seconds_per_step() / float(np.median(alone)))
        measured = {"seconds per step in epochs": marks.seconds_per_step(), "alone": alone, "ratio": ratios[-1]}
        print(json.dumps(measured), flush=True)
    print(f"an epoch costs {np.median(ratios):.3f} of its steps; peak memory {peak_memory_mib()} MiB")


if __name__ == "__main__":
    main()
