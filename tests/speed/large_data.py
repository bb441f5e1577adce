"""Training on data larger than memory: the step and the memory, against the same steps on data in memory.

    python tests/speed/large_data.py --folder FOLDER

Makes a set of CelebA's size and shape (12.5 GB, deleted afterwards), and takes steps of VRRAE on batches
from it, then on batches of a set of two batches that stays in memory; each in a process of its own, in turns.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.store import StoredArray
from vrrae_bench.system.provenance import peak_memory_mib
from vrrae_bench.training.devices import configure_jax

SHAPE = (160, 160, 3)
N_IMAGES, BATCH, CHUNK = 162_770, 576, 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where 12.5 GB can lie for a while")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--measure", type=Path, help="used by itself: train on this file and print what it took")
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.steps, arguments.threads)))
        return
    arguments.folder.mkdir(parents=True)
    try:
        files = {"disk": arguments.folder / "all.npy", "memory": arguments.folder / "few.npy"}
        make(files["disk"], N_IMAGES)
        make(files["memory"], 2 * BATCH)
        print(f"made {files['disk'].stat().st_size / 1e9:.1f} GB", flush=True)
        for _ in range(arguments.turns):
            for name, file in files.items():
                print(name, again(file, arguments), flush=True)
    finally:
        shutil.rmtree(arguments.folder)


def make(path: Path, n_images: int) -> None:
    """Random images, another stretch of noise each."""
    noise = np.random.default_rng(0).integers(0, 256, np.prod(SHAPE) + CHUNK * 977, np.uint8)
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(n_images, *SHAPE))
    for index in range(n_images):
        start = index % CHUNK * 977
        images[index] = np.roll(noise[start : start + np.prod(SHAPE)], index).reshape(SHAPE)
    images.flush()


def again(file: Path, arguments: argparse.Namespace) -> str:
    command = [sys.executable, __file__, "--folder", arguments.folder, "--measure", file]
    command += ["--steps", arguments.steps, "--threads", arguments.threads]
    return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def measure(file: Path, steps: int, threads: int) -> dict[str, float]:
    """Seconds per step, after the first two, and the peak memory of this process."""
    configure_jax("cpu", threads)
    import equinox as eqx
    import jax

    from vrrae_bench.artefacts.manifest import Normalisation
    from vrrae_bench.models.serialisation import ModelHeader
    from vrrae_bench.training.batches import BatchFeed, BatchStream
    from vrrae_bench.training.devices import shardings
    from vrrae_bench.training.loop import StepSettings, run_steps, start_state

    spec = RunSpec(
        **dict(dataset="made", method="vrrae", beta=1e-6, latent_size=512, bottleneck=186, epochs=1, batch_size=BATCH),
        **dict(learning_rate=1e-3, seed=0, variant=""),
    )
    header = ModelHeader(run=spec, image_shape=SHAPE, normalisation=Normalisation(shift=0, scale=255))
    over_devices, on_each = shardings()
    state, key = eqx.filter_shard((start_state(header), jax.random.key(0)), on_each)
    images = StoredArray(file)
    feed, moments = BatchFeed(images, BatchStream(len(images), BATCH, seed=0), over_devices), []
    for span, batches in feed(0, [steps + 2]):
        span = np.array([span.start, span.stop])
        state = run_steps(StepSettings.of(header), state, batches, span, key, np.zeros(2, np.float32))
        state.sums.loss.block_until_ready()
        moments.append(time.perf_counter())
    return {"seconds_per_step": (moments[-1] - moments[1]) / steps, "peak_memory_mib": peak_memory_mib()}


if __name__ == "__main__":
    main()
