"""The loss, and a training that is interrupted, resumed, diverging or doubled."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from vrrae_bench.errors import UserError
from vrrae_bench.files import sha256
from vrrae_bench.models.bottlenecks import Posterior
from vrrae_bench.models.truncation import truncated_coefficients
from vrrae_bench.scoring.reconstruction import relative_error_percent
from vrrae_bench.training.checkpoints import Checkpoints
from vrrae_bench.training.loop import Interrupted, train
from vrrae_bench.training.losses import kl_divergence, relative_error

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


def test_the_reconstruction_loss_is_the_reported_error(rng):
    prediction, target = rng.normal(size=(2, 5, 8, 8, 1)).astype(np.float32)
    assert relative_error(prediction, target) == pytest.approx(relative_error_percent(prediction, target), rel=1e-5)


def test_kl_is_that_of_gaussians_by_quadrature(rng):
    mean, log_variance = rng.normal(size=(2, 4, 3)).astype(np.float32)
    points = np.linspace(-15, 15, 20_001)
    expected = 0.0
    for m, v in zip(mean.ravel(), np.exp(log_variance).ravel()):
        posterior = norm(m, np.sqrt(v))
        integrand = posterior.pdf(points) * (posterior.logpdf(points) - norm.logpdf(points))
        expected += np.trapezoid(integrand, points)
    assert float(kl_divergence(Posterior(mean, log_variance))) == pytest.approx(expected, rel=1e-4)


def test_the_kl_of_vrraes_means_is_half_the_squared_singular_values(rng):
    """Equation 7: with unit variances, only the singular values are left."""
    latent = jnp.asarray(rng.normal(size=(10, 40)), jnp.float32)
    _, coefficients = truncated_coefficients(latent, 4)
    values = np.linalg.svd(latent, compute_uv=False)[:4]
    divergence = kl_divergence(Posterior(coefficients.T, jnp.zeros((40, 4))))
    assert float(divergence) == pytest.approx(0.5 * (values**2).sum(), rel=1e-5)


def run(spec, data, folder, report=lambda line: None, seconds=1e9):
    checkpoints = Checkpoints(folder, spec.model_dump_json())
    return train(spec, data, checkpoints, checkpoint_seconds=seconds, report=report)


def arrays_of(model):
    return jax.tree.leaves(eqx.filter(model, eqx.is_array))


def test_training_lowers_the_error(tiny_images, run_spec, tmp_path):
    _, _, history = run(run_spec("vrrae", epochs=30), tiny_images, tmp_path)
    assert history[-1]["reconstruction_error"] < 0.7 * history[0]["reconstruction_error"]


def test_a_training_that_was_terminated_and_resumed_is_the_same(tiny_images, run_spec, tmp_path):
    spec = run_spec("vrrae", epochs=6)
    undisturbed, _, history = run(spec, tiny_images, tmp_path / "undisturbed")

    def terminate_once(line):
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted):
        run(spec, tiny_images, tmp_path / "disturbed", terminate_once)
    lines = []
    resumed, _, resumed_history = run(spec, tiny_images, tmp_path / "disturbed", lines.append)
    assert lines[0].startswith("continuing from the checkpoint after step ")
    assert resumed_history == history
    for found, expected in zip(arrays_of(resumed), arrays_of(undisturbed)):
        np.testing.assert_array_equal(found, expected)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tiny_images, run_spec, tmp_path):
    spec = run_spec("ae", epochs=4)
    undisturbed, _, _ = run(spec, tiny_images, tmp_path, seconds=0)
    first, last = sorted(tmp_path.glob("*/step-*.eqx"))
    last.write_bytes(last.read_bytes()[:-100])
    lines = []
    with pytest.warns(UserWarning, match="damaged checkpoint passed over"):
        resumed, _, _ = run(spec, tiny_images, tmp_path, lines.append)
    assert lines[0] == f"continuing from the checkpoint after step {int(first.stem[5:])}"
    for found, expected in zip(arrays_of(resumed), arrays_of(undisturbed)):
        np.testing.assert_array_equal(found, expected)


def test_another_run_never_resumes_a_stale_state(tiny_images, run_spec, tmp_path):
    run(run_spec("ae"), tiny_images, tmp_path, seconds=0)
    lines = []
    run(run_spec("ae", learning_rate=2e-3), tiny_images, tmp_path, lines.append)
    assert not lines[0].startswith("continuing")


def test_a_second_process_of_the_same_run_is_refused(tmp_path):
    with Checkpoints(tmp_path, "run").locked():
        with pytest.raises(UserError, match=f"process {os.getpid()} is training this very run"):
            with Checkpoints(tmp_path, "run").locked():
                pass
        with Checkpoints(tmp_path, "another run").locked():
            pass


def test_a_loss_that_is_not_finite_ends_the_run_with_all_that_helps(tiny_images, run_spec, tmp_path):
    with pytest.raises(UserError) as caught:
        run(run_spec("ae", learning_rate=1e30, seed=5), tiny_images, tmp_path)
    told = str(caught.value)
    assert "loss of ae on tiny, seed 5, is not finite at step" in told
    assert "learning rate 1e+30; last finite loss" in told


def test_a_batch_larger_than_the_data_is_refused(tiny_images, run_spec, tmp_path):
    with pytest.raises(UserError, match="48 training images are fewer than a batch of 64"):
        run(run_spec("ae", batch_size=64), tiny_images, tmp_path)


def test_killed_three_times_the_command_ends_with_the_same_model(tiny_images, run_spec, tmp_path):
    """kill -9 at moments of its own choosing, then once to the end: the file is the same to the byte."""
    spec = run_spec("vrrae", epochs=40)

    def start(name):
        command = [
            *(sys.executable, SCRIPTS / "train.py", "--run", spec.model_dump_json(), "--data", tiny_images.path),
            *("--out", tmp_path / name / "model.eqx", "--checkpoints", tmp_path / name / "checkpoints"),
            *("--checkpoint-seconds", "0"),
        ]
        return subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)

    assert start("undisturbed").wait() == 0
    for already in range(3):
        process = start("killed")
        wait_for_checkpoint(tmp_path / "killed/checkpoints", after=already, process=process)
        process.kill()
        process.wait()
        assert not (tmp_path / "killed/model.eqx").exists()
    assert start("killed").wait() == 0
    assert sha256(tmp_path / "killed/model.eqx") == sha256(tmp_path / "undisturbed/model.eqx")
    assert not list((tmp_path / "killed/checkpoints").iterdir())


def wait_for_checkpoint(folder, after, process):
    """Wait until the run has come further than at the kill before."""
    seen = max((path.name for path in folder.glob("*/step-*.eqx")), default="")
    while process.poll() is None:
        newest = max((path.name for path in folder.glob("*/step-*.eqx")), default="")
        if newest > seen:
            return
        time.sleep(0.01)
    raise AssertionError(f"the run ended before kill {after + 1}")
