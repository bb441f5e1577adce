"""The loss, and a training that is interrupted, resumed, diverging or doubled."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from commands import ROOT
from scipy.stats import norm

from train import checkpoint_identity
from vrrae_bench.datasets.store import DataSet, StoredArray, write_dataset
from vrrae_bench.models.bottleneck import Posterior
from vrrae_bench.models.serialisation import ModelHeader, Network
from vrrae_bench.models.truncation import truncated_coefficients
from vrrae_bench.system.errors import Interrupted, UserError
from vrrae_bench.system.files import sha256
from vrrae_bench.system.provenance import Stopwatch
from vrrae_bench.system.seeding import derived_seed
from vrrae_bench.training.batches import BatchFeed, BatchStream
from vrrae_bench.training.checkpoints import Checkpoints, Progress
from vrrae_bench.training.devices import shardings
from vrrae_bench.training.loop import StepSettings, run_steps, start_state
from vrrae_bench.training.losses import kl_divergence, relative_error
from vrrae_bench.training.progress import Losses, ProgressLine

SCRIPTS = ROOT / "workflow/scripts"


def test_the_reconstruction_loss_is_the_reported_error(rng):
    prediction, target = jnp.asarray(rng.normal(size=(2, 5, 8, 8, 1)), jnp.float32)
    expected = 100 * np.linalg.norm(prediction - target) / np.linalg.norm(target)
    assert relative_error(prediction, target) == pytest.approx(expected, rel=1e-5)


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


# A rate at which no weight of single precision moves.
STANDING = 1e-30


def arrays_of(model):
    return jax.tree.leaves(eqx.filter(model, eqx.is_array))


def test_training_lowers_the_error(tiny_images, trained, run_spec, tmp_path):
    _, _, history = trained(run_spec("vrrae", epochs=30), tiny_images, tmp_path)
    assert history[-1]["reconstruction_error"] < 0.7 * history[0]["reconstruction_error"]


def test_every_epochs_error_is_the_mean_over_its_own_steps(tiny_images, trained, run_spec, tmp_path):
    """Of a training that stands still, by numpy: batches in their order, bytes as numbers between 0 and 1."""
    spec = run_spec("ae", epochs=3, learning_rate=STANDING)
    model, _, history = trained(spec, tiny_images, tmp_path)
    predict = eqx.filter_jit(lambda model, batch: model(batch, jax.random.key(0))[0])
    errors = []
    for rows in BatchStream(48, 16, spec.seed).indices(0, 9):
        batch = np.asarray(tiny_images.array("train")[rows], np.float32) / 255
        prediction = predict(model, batch)
        errors.append(100 * np.linalg.norm(prediction - batch) / np.linalg.norm(batch))
    found = [row["reconstruction_error"] for row in history]
    np.testing.assert_allclose(found, np.reshape(errors, (3, 3)).mean(axis=1), rtol=1e-5)
    assert len(set(found)) == 3


@pytest.fixture
def one_image(tiny_images, tmp_path):
    """Sixteen times the same image: whatever the order, only the noise can tell one batch from another."""
    image = np.asarray(tiny_images.array("train")[:1])
    write_dataset(tmp_path / "one_image", "digits", {"train": np.repeat(image, 16, axis=0), "test": image})
    return DataSet(tmp_path / "one_image/manifest.json")


def test_the_noise_of_every_step_is_its_own(one_image, trained, run_spec, tmp_path):
    _, _, history = trained(run_spec("vae", epochs=3, learning_rate=STANDING), one_image, tmp_path)
    errors = [row["reconstruction_error"] for row in history]
    assert len(errors) == 3 and np.diff(np.sort(errors)).min() > 1e-4


def test_another_seed_has_other_weights_batches_and_noise(
    tiny_images, one_image, trained, run_spec, tmp_path, monkeypatch
):
    models = [trained(run_spec("ae", seed=seed, epochs=1 / 3), tiny_images, tmp_path)[0] for seed in (0, 1)]
    first, second = (np.asarray(model.encoder.linear.weight) for model in models)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05
    assert not np.array_equal(*(BatchStream(48, 16, seed).indices(0, 3) for seed in (0, 1)))

    build = Network.build  # with the same weights, the noise alone is left
    monkeypatch.setattr(Network, "build", lambda network, key: build(network, jax.random.key(0)))
    jax.clear_caches()  # programs that were compiled with the other weights, and below those with these
    specs = [run_spec("vae", seed=seed, epochs=1, learning_rate=STANDING) for seed in (0, 1)]
    errors = [trained(spec, one_image, tmp_path)[2][0]["reconstruction_error"] for spec in specs]
    jax.clear_caches()
    assert abs(errors[0] - errors[1]) > 1e-4


def test_a_training_that_was_terminated_and_resumed_is_the_same(tiny_images, trained, run_spec, tmp_path):
    spec = run_spec("vrrae", epochs=6)
    undisturbed, _, history = trained(spec, tiny_images, tmp_path / "undisturbed")

    def terminate_once(line):
        os.kill(os.getpid(), signal.SIGTERM)

    spent = Stopwatch()
    spent.add(1000)
    with pytest.raises(Interrupted):
        trained(spec, tiny_images, tmp_path / "disturbed", terminate_once, stopwatch=spent)
    lines, stopwatch = [], Stopwatch()
    resumed, _, resumed_history = trained(spec, tiny_images, tmp_path / "disturbed", lines.append, stopwatch=stopwatch)
    assert lines[0].startswith("continuing from the checkpoint after step ")
    assert stopwatch.seconds() > 1000  # which were spent before
    assert resumed_history == history
    for found, expected in zip(arrays_of(resumed), arrays_of(undisturbed), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tiny_images, trained, run_spec, tmp_path):
    spec = run_spec("ae", epochs=4)
    undisturbed, _, _ = trained(spec, tiny_images, tmp_path, checkpoint_seconds=0)
    first, last = sorted(tmp_path.glob("*/step-*"))
    last.write_bytes(last.read_bytes()[:-100])
    lines = []
    with pytest.warns(UserWarning, match="damaged checkpoint is ignored"):
        resumed, _, _ = trained(spec, tiny_images, tmp_path, lines.append)
    assert lines[0] == f"continuing from the checkpoint after step {int(first.stem[5:])}"
    for found, expected in zip(arrays_of(resumed), arrays_of(undisturbed), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("nonsense", [b"", b"{}\n", b'{"step": 3, "seconds": 1, "history": [{}]}\nno numbers', "later"])
def test_a_checkpoint_whose_digest_is_right_and_whose_content_is_none_is_passed_over(
    nonsense, tiny_images, trained, run_spec, tmp_path
):
    """Of a later step than all that there is, even a whole state would end the training before it has begun."""
    spec, lines = run_spec("ae", epochs=1), []
    undisturbed, _, _ = trained(spec, tiny_images, tmp_path, checkpoint_seconds=0)
    checkpoints = Checkpoints(tmp_path, spec.model_dump_json())
    (last,) = checkpoints.folder.glob("step-*")
    whole = last.read_bytes()[32:]
    last.unlink()
    checkpoints.write(*(3, nonsense) if nonsense != "later" else (300, whole.replace(b'"step": 3', b'"step": 300')))
    with pytest.warns(UserWarning, match="damaged checkpoint is ignored"):
        resumed, _, _ = trained(spec, tiny_images, tmp_path, lines.append)
    assert not any("continuing" in line for line in lines)
    for found, expected in zip(arrays_of(resumed), arrays_of(undisturbed), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_changed_line_of_any_module_that_a_command_imports_is_another_program(tmp_path):
    shutil.copytree(SCRIPTS / "vrrae_bench", tmp_path / "vrrae_bench")
    command = tmp_path / "command.py"
    command.write_text("from vrrae_bench.system import seeding\n")
    script = "from vrrae_bench.system.dependencies import code_digest; print(code_digest('command.py'))"

    def digest():
        how = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(tmp_path)}}
        return subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, **how).stdout

    before = digest()
    (tmp_path / "vrrae_bench/study/costs.py").write_text("")  # which the command does not import
    assert digest() == before
    seeding = tmp_path / "vrrae_bench/system/seeding.py"
    seeding.write_text(seeding.read_text() + "\n")
    changed = digest()
    command.write_text("from vrrae_bench.system import seeding\n\n")
    assert len({before, changed, digest()}) == 3


def test_only_the_same_training_is_ever_continued(tiny_images, run_spec):
    """On another device or with other threads it would end as another model."""
    origin = {"processor": "a", "device": "cpu", "versions": {"jax": "1"}, "shell_settings": {}, "commit": "c0"}
    same = {"run": run_spec("ae"), "manifest": tiny_images.manifest, "origin": origin, "threads": 1, "processes": 1}
    others = [
        {"run": run_spec("ae", learning_rate=2e-3)},
        {"manifest": tiny_images.manifest.model_copy(update={"arrays": {}})},
        {"origin": origin | {"processor": "b"}},
        {"origin": origin | {"device": "cuda"}},
        {"origin": origin | {"versions": {"jax": "2"}}},
        {"origin": origin | {"shell_settings": {"OPENBLAS_CORETYPE": "Haswell"}}},
        {"threads": 2},
        {"processes": 2},
    ]
    identities = [checkpoint_identity(**same | other) for other in ({}, *others)]
    assert len(set(identities)) == len(identities)
    assert checkpoint_identity(**same | {"origin": origin | {"commit": "c1"}}) == identities[0]


def test_a_state_of_another_identity_is_not_seen(tmp_path):
    Checkpoints(tmp_path, "run").save({}, Progress(step=3, seconds=1.0, history=[]))
    assert Checkpoints(tmp_path, "run").load({}, [9]) and Checkpoints(tmp_path, "other run").load({}, [9]) is None


def test_the_command_that_was_asked_to_end_says_so_as_a_shell_does(tiny_images, run_spec, train_command, tmp_path):
    spec = run_spec("ae", epochs=2000)
    process = train_command(spec, tiny_images, tmp_path, "--checkpoint-seconds", "0", stderr=subprocess.PIPE)
    wait_for_checkpoint(tmp_path / "checkpoints", after=0, process=process)
    process.terminate()
    _, told = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert b"asked to end; saved after step" in told and b"Traceback" not in told


def test_batches_reach_the_devices_as_the_stream_orders_them(tiny_images):
    """Stretches end with each epoch, and go on from any step."""
    images, stream = tiny_images.array("train"), BatchStream(48, 32, seed=3)
    feed = BatchFeed(images, stream, shardings()[0])
    feed.longest = 2
    seen = {}
    for steps, batches in feed(1, [3, 6]):
        assert len(batches) == 2
        seen |= {step: np.asarray(batch) for step, batch in zip(steps, batches)}
    assert list(seen) == [1, 2, 3, 4, 5]
    for step, batch in seen.items():
        np.testing.assert_array_equal(batch, images[stream.indices(step, 1)[0]])


def test_long_trainings_on_large_images_read_few_of_them_ahead(tmp_path):
    """At most 64 MiB a stretch: a batch of CelebA alone has 42."""
    np.save(tmp_path / "train.npy", np.zeros((600, 160, 160, 3), np.uint8))
    feed = BatchFeed(StoredArray(tmp_path / "train.npy"), BatchStream(600, 576, seed=0), shardings()[0])
    assert feed.longest == 1


def test_training_in_bfloat16_is_near_and_keeps_weights_and_bottleneck_in_float32(
    tiny_images, trained, run_spec, tmp_path
):
    """Of encoder and decoder the operands of products are rounded (test_products.py), of the bottleneck nothing is."""
    model, header, history = trained(run_spec("vrrae", precision="bfloat16"), tiny_images, tmp_path / "coarse")
    *_, fine = trained(run_spec("vrrae"), tiny_images, tmp_path / "fine")
    ends = [rows[-1]["loss"] for rows in (history, fine)]
    assert ends[0] != ends[1] and ends[0] == pytest.approx(ends[1], rel=0.01)
    assert {leaf.dtype for leaf in arrays_of(model)} == {np.dtype(np.float32)}
    images, key = header.normalisation.apply(jnp.asarray(tiny_images.array("train")[:16])), jax.random.key(1)
    decoder_input, expected = model.bottleneck(model.encoder(images, "bfloat16"), key)
    prediction, posterior = model(images, key, "bfloat16")
    np.testing.assert_allclose(posterior.mean, expected.mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(prediction, model.decoder(decoder_input, "bfloat16"))
    assert not np.array_equal(prediction, model(images, key)[0])


def test_trainings_of_one_network_in_one_process_are_one_program(tiny_images, trained, run_spec, tmp_path, caplog):
    """Whatever their seed, beta and length. The second gives what it gives in a process of its own."""
    first, second = run_spec("vae"), run_spec("vae", seed=1, beta=1e-2, epochs=3)
    alone, _, _ = trained(second, tiny_images, tmp_path / "alone")
    jax.clear_caches()
    with jax.log_compiles(), caplog.at_level("WARNING", "jax"):
        trained(first, tiny_images, tmp_path / "first")
        assert sum("Compiling jit(run_steps)" in line for line in caplog.messages) == 1
        caplog.clear()
        again, _, _ = trained(second, tiny_images, tmp_path / "again")
        assert not [line for line in caplog.messages if line.startswith("Compiling")]
    for found, expected in zip(arrays_of(again), arrays_of(alone), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_another_learning_rate_is_another_program(tiny_images, trained, run_spec, tmp_path):
    """Settings that are compiled in: a program of other settings would train another model without a word."""
    ends = [
        arrays_of(trained(run_spec("vae", learning_rate=rate), tiny_images, tmp_path / str(rate))[0])[0]
        for rate in (1e-3, 1e-2)
    ]
    assert not np.array_equal(*ends)


def test_no_step_changes_the_type_of_the_state(tiny_images, run_spec):
    """Or the program of the first stretch would be another than that of all others, and of a resumed training."""
    spec = run_spec("vrrae")
    header = ModelHeader(run=spec, image_shape=(28, 28, 1), normalisation=tiny_images.manifest.normalisation)
    state, batches = start_state(header), jnp.zeros((1, 16, 28, 28, 1), jnp.uint8)
    settings, weights = StepSettings.of(header), np.zeros(2, np.float32)
    after = run_steps(settings, state, batches, np.array([0, 1]), jax.random.key(0), weights)
    before, after = ([(leaf.shape, leaf.dtype, leaf.weak_type) for leaf in arrays_of(s)] for s in (state, after))
    assert after == before


@pytest.mark.parametrize("method", ["vae", "sparse_ae"])
def test_one_step_is_adabeliefs_on_the_loss_of_the_method(method, tiny_images, trained, run_spec, tmp_path):
    """The first step of AdaBelief (Zhuang et al. 2020, Algorithm 2), written out for one layer in double precision.

    The loss is written out too, with weights large enough for the KL divergence and the penalty to turn the gradient.
    """
    weights = {"vae": {"beta": 5.0}, "sparse_ae": {"penalty_weight": 50.0}}.get(method, {})
    spec = run_spec(method, epochs=1 / 3, **weights)  # one step
    model, header, _ = trained(spec, tiny_images, tmp_path)
    start = eqx.filter_jit(header.build)(jax.random.key(derived_seed(spec.seed, "initialisation")))
    rows = BatchStream(48, 16, spec.seed).indices(0, 1)[0]
    batch = jnp.asarray(header.normalisation.apply(tiny_images.array("train")[rows]))
    noise, _ = jax.random.split(jax.random.fold_in(jax.random.key(derived_seed(spec.seed, "noise")), 0))

    def loss(model):
        prediction, (mean, log_variance, _) = model(batch, noise)
        error = 100 * jnp.sqrt(jnp.sum((prediction - batch) ** 2) / jnp.sum(batch**2))
        if method == "vae":
            return error + 5 / 2 * jnp.sum(mean**2 + jnp.exp(log_variance) - log_variance)
        if method == "sparse_ae":
            active = mean.mean(axis=0)
            return error - 50 * jnp.sum(0.05 * jnp.log(active) + 0.95 * jnp.log(1 - active))
        return error

    gradient = eqx.filter_jit(eqx.filter_grad(loss))(start)

    g = np.asarray(gradient.encoder.linear.bias, np.float64)
    momentum, belief = 0.1 * g, 0.001 * (0.9 * g) ** 2 + 1e-16
    update = spec.learning_rate * (momentum / 0.1) / (np.sqrt(belief / 0.001) + 1e-16)
    expected = np.asarray(start.encoder.linear.bias, np.float64) - update
    np.testing.assert_allclose(model.encoder.linear.bias, expected, atol=1e-6)


def test_a_second_process_of_the_same_run_is_refused(tmp_path):
    with Checkpoints(tmp_path, "run").locked():
        with pytest.raises(UserError, match=f"process {os.getpid()} on .* is training this very network"):
            with Checkpoints(tmp_path, "run").locked():
                pass
        with Checkpoints(tmp_path, "another run").locked():
            pass


def test_a_loss_that_is_not_finite_ends_the_run_with_all_that_helps(tiny_images, trained, run_spec, tmp_path):
    with pytest.raises(UserError) as caught:
        trained(run_spec("ae", learning_rate=1e30, seed=5), tiny_images, tmp_path)
    told = str(caught.value)
    assert "loss of ae on tiny, seed 5, is not finite at step" in told
    assert "learning rate 1e+30; last finite loss" in told


def test_black_images_are_not_blamed_on_the_learning_rate(trained, run_spec, tmp_path):
    """No error can be relative to them: the loss is not finite from the first step on."""
    black = np.zeros((32, 28, 28, 1), np.uint8)
    write_dataset(tmp_path, "digits", {"train": black, "test": black[:8]})
    with pytest.raises(UserError, match="all 16 images of tiny in the batch of step 1, seed 0, are black") as caught:
        trained(run_spec("ae"), DataSet(tmp_path / "manifest.json"), tmp_path / "checkpoints")
    assert "learning_rate" not in str(caught.value)


def test_a_first_loss_that_is_not_finite_has_no_finite_loss_before_it(tiny_images, trained, run_spec, tmp_path):
    with pytest.raises(UserError, match=r"not finite at step 1 \(learning rate 0.001; no loss was finite before\)"):
        trained(run_spec("vae", beta=3e38), tiny_images, tmp_path)


@pytest.mark.parametrize(
    ("method", "learning_rate", "told"),
    [
        ("ae", 1e39, "weights of ae on tiny, seed 0, are not finite after the last step (1), although the loss was."),
        ("rrae", 1e30, "the trained rrae encodes images of tiny as NaN or infinity."),
    ],
)
def test_a_last_step_that_ruins_the_model_is_told_too(
    tiny_images, trained, run_spec, tmp_path, method, learning_rate, told
):
    """Whose weights are not finite, or its latents, which the basis is found from."""
    with pytest.raises(UserError, match=re.escape(f"{told} Lower datasets.tiny.learning_rate.")):
        trained(run_spec(method, learning_rate=learning_rate, epochs=1 / 3), tiny_images, tmp_path)


def test_less_than_half_a_step_is_refused(tiny_images, trained, run_spec, tmp_path):
    with pytest.raises(UserError, match="0.1 epochs of 48 images in batches of 16 are less than half a step"):
        trained(run_spec("ae", epochs=0.1), tiny_images, tmp_path)


def test_a_batch_larger_than_the_data_is_refused(tiny_images, trained, run_spec, tmp_path):
    where = re.escape("Set datasets.tiny.batch_size (or its entry in batch_sizes) to at most 48.")
    with pytest.raises(UserError, match=f"48 training images are fewer than a batch of 64. {where}"):
        trained(run_spec("ae", batch_size=64), tiny_images, tmp_path)


def test_a_log_has_few_lines_and_a_terminal_one(capsys):
    losses, lines = Losses(30.5, 30.0, 500.0, 0.0), []
    log = ProgressLine(1000, 0, 64, lines.append, terminal=False)
    bar = ProgressLine(1000, 0, 64, lines.append, terminal=True)
    for step in range(1, 1001):
        log.show(step, 1, losses)
        bar.show(step, 1, losses)
    bar.close()
    assert len(lines) == 20
    assert lines[0].startswith("epoch 1, step 50 of 1000: loss 30.500 (reconstruction 30.000 %, KL 500), ")
    assert "images/s" in lines[0] and lines[0].endswith(" s left")
    shown = capsys.readouterr().err
    assert "\n" not in shown.rstrip("\n") and "reconstruction 30.000 %" in shown and "64.0k/64.0k" in shown


@pytest.mark.slow
def test_killed_three_times_the_command_ends_with_the_same_model(tiny_images, run_spec, train_command, tmp_path):
    """kill -9 at moments of its own choosing, then once to the end: the file is the same to the byte."""
    spec = run_spec("vrrae", epochs=40)

    def start(name):
        return train_command(spec, tiny_images, tmp_path / name, "--checkpoint-seconds", "0")

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
    seen = max((path.name for path in folder.glob("*/step-*")), default="")
    while process.poll() is None:
        newest = max((path.name for path in folder.glob("*/step-*")), default="")
        if newest > seen:
            return
        time.sleep(0.01)
    raise AssertionError(f"the run ended before kill {after + 1}")
