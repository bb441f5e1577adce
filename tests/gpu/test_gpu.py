"""What a GPU computes, against the CPU: `make test-gpu`, which runs tests/unit/test_truncation.py on the GPU too.

Where there is no GPU, the CPU takes its place where that says something: it computes the convolutions of GPUs, resumes,
and is timed.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tabulate import tabulate

from vrrae_bench.artefacts.methods import methods

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SPEED = ROOT / "tests/speed"
WITHOUT_GPU = ("ae", "vrrae")  # of all methods, since each is compiled twice


def first_steps(method, accelerator, out, *forms) -> tuple[np.ndarray, list[np.ndarray]]:
    """The first losses, and the gradient of the first step, on a device."""
    command = [sys.executable, HERE / "first_steps.py", method, accelerator, out, *forms]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = np.load(out)
    return found["losses"], [found[name] for name in found.files if name != "losses"]


@pytest.mark.parametrize("method", methods())
def test_the_first_steps_of_each_method_are_the_cpus(method, accelerator, tmp_path):
    if accelerator == "cpu" and method not in WITHOUT_GPU:
        pytest.skip("no GPU was found: the convolutions of GPUs are checked with two methods")
    forms = ["as-on-gpus"] if accelerator == "cpu" else []
    expected_losses, expected = first_steps(method, "cpu", tmp_path / "cpu.npz")
    losses, found = first_steps(method, accelerator, tmp_path / "other.npz", *forms)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-3)
    assert len(found) == len(expected)
    for gradient, wanted in zip(found, expected):
        assert np.linalg.norm(gradient - wanted) <= 1e-2 * np.linalg.norm(wanted) + 1e-6


def test_a_training_that_was_terminated_and_resumed_is_the_same(
    accelerator, tiny_images, run_spec, train_command, tmp_path
):
    # Long enough that the training is still running when its first checkpoint is seen; a GPU's steps are shorter.
    spec = run_spec("vrrae", epochs=200 if accelerator == "cuda" else 60)

    def start(name):
        options = ["--checkpoint-seconds", "0", "--accelerator", accelerator]
        return train_command(spec, tiny_images, tmp_path / name, *options)

    assert start("undisturbed").wait() == 0
    process = start("terminated")
    while process.poll() is None and not list((tmp_path / "terminated/checkpoints").glob("*/step-*")):
        time.sleep(0.01)
    process.terminate()
    assert process.wait() == 128 + signal.SIGTERM
    assert start("terminated").wait() == 0
    undisturbed, resumed = (
        hashlib.sha256((tmp_path / name / "model.eqx").read_bytes()).hexdigest()
        for name in ("undisturbed", "terminated")
    )
    assert resumed == undisturbed


def test_features_and_the_frechet_distance_are_the_cpus(needs_gpu, tiny_images):
    from vrrae_bench.extractor.devices import configure_torch

    configure_torch("cuda", 1)
    import torch

    from vrrae_bench.extractor.inception import FeatureExtractor, build_network, prepare
    from vrrae_bench.extractor.settings import ExtractorSettings
    from vrrae_bench.scoring.frechet import Moments, frechet_distance

    settings = ExtractorSettings(
        **dict(start="random", image_size=75, epochs=1, batch_size=4, learning_rate=1e-3, precision="float32", seed=0)
    )
    torch.manual_seed(0)
    network = build_network(settings, n_classes=4)
    images = np.concatenate([tiny_images.array("train")[:], tiny_images.array("test")[:]])
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # statistics as after a training, of the images seen
    with torch.no_grad():
        network.train()(prepare(images, settings.image_size))
    expected, found = (
        FeatureExtractor.of(network, settings, device).features(images).astype(np.float64) for device in ("cpu", "cuda")
    )
    assert np.linalg.norm(found - expected) < 1e-3 * np.linalg.norm(expected)
    distances = [frechet_distance(Moments.from_features(f[:48]), f[48:]) for f in (expected, found)]
    assert distances[1] == pytest.approx(distances[0], rel=1e-2)


def test_the_quick_profile_runs_to_its_end(needs_gpu, tmp_path):
    command = ["snakemake", "--profile", "workflow/profiles/quick", "table_1", "table_2"]
    command += ["--config", "accelerator=cuda", f"results={tmp_path / 'quick'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (record, *_) = (tmp_path / "quick/runs").glob("*/vrrae/*/seed=*/run.json")
    assert json.loads(record.read_text())["device"].startswith("gpu")


def test_the_time_of_a_step_is_told_as_a_ratio(accelerator, capsys, monkeypatch):
    """Nothing is asserted of times: they are printed."""
    monkeypatch.syspath_prepend(str(SPEED))
    from compare import step_operations
    from contenders import Contender, median_seconds
    from shapes import SHAPES
    from step_product import SIZE

    monkeypatch.setenv("STEP_ACCELERATOR", accelerator)
    monkeypatch.setenv("JAX_PLATFORMS", {"cpu": "cpu", "cuda": "cuda,cpu"}[accelerator])
    rows = []
    for shape in SHAPES if accelerator == "cuda" else ["cifar10"]:
        pair = {name: Contender(sys.executable, name, shape, n) for name, n in (("step_ours", 20), ("step_product", 1))}
        step, product = median_seconds(pair, 5, shape).values()
        limit = step_operations(shape) * product / (2 * SIZE**3)
        rows.append((shape, 1e3 * step, SHAPES[shape].batch_size / step, 1e3 * limit, step / limit))
    headers = ("shape", "step, ms", "images/s", "its products, ms", "step/products")
    with capsys.disabled():
        print(f"\n{accelerator}, {os.cpu_count()} cores: a VRRAE step, and its products at the rate of a large product")
        print(tabulate(rows, headers, floatfmt=("", ".2f", ".0f", ".2f", ".2f")))
    assert rows
