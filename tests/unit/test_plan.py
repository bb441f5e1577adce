"""What a run would cost, told before anything is submitted."""

import re
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from vrrae_bench import costs
from vrrae_bench.config_reading import load_settings
from vrrae_bench.datasets.store import Normalisation
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottlenecks import Sizes
from vrrae_bench.models.serialisation import ModelHeader, save_model

ROOT = Path(__file__).parents[2]
SETTINGS = load_settings(ROOT / "config.yaml")


def seconds(dataset, accelerator="cpu", **changes):
    run = SETTINGS.run(dataset, "vrrae", 0, **changes)
    return costs.training_seconds(run, SETTINGS.datasets[dataset], accelerator)


@pytest.mark.parametrize(("dataset", "steps"), [("mnist", 20 * 60_000 / 576), ("synthetic", 2000)])
def test_a_training_takes_the_steps_that_the_documentation_says_were_measured(dataset, steps):
    measured = re.search(rf"^\| {dataset} \| (\d+) \|", (ROOT / "docs/performance.md").read_text(), re.MULTILINE)
    assert seconds(dataset) == pytest.approx(steps * int(measured[1]) / 1000)


def test_a_training_on_tpus_takes_what_the_paper_prints_in_total():
    """Table A.4-1 prints seconds per step and minutes in all; our epochs are its steps, but for a rounding."""
    assert seconds("mnist", "tpu") / 60 == pytest.approx(97.7, rel=0.01)
    assert seconds("cifar10", "tpu") / 60 == pytest.approx(20.74, rel=0.01)
    assert seconds("celeba", "tpu") / 60 == pytest.approx(124.3, rel=0.04)
    assert seconds("synthetic", "tpu") is None


def test_feature_maps_explain_what_was_measured_on_other_sizes():
    """MNIST scaled to 64 and to 160 pixels is what was measured there, so that other sizes may be estimated."""
    for dataset, side in (("synthetic", 4), ("celeba", 10)):
        scaled = costs.CPU_SECONDS_PER_IMAGE["mnist"] * (side / 2) ** 2
        assert scaled == pytest.approx(costs.CPU_SECONDS_PER_IMAGE[dataset], rel=0.6)


def test_large_images_cost_what_was_measured_of_large_images():
    mnist = SETTINGS.datasets["mnist"]
    small = mnist.model_copy(update={"extractor": mnist.extractor.model_copy(update={"image_size": 75})})
    images = 1250 * (8 + 2) + 2000 * 5
    # Two FIDs of 10,000 images and two of 1250 have an interval of the jackknife's, eight draws have one number each.
    distances = 2 * 9 * 5.4 + (8 + 2 * 9) * 0.9
    assert costs.scoring_seconds(small) == pytest.approx(images * 30 / 12_500 + distances)
    assert costs.scoring_seconds(mnist) == pytest.approx(images * 2 / 13.6 + distances)


def test_stored_sizes_are_those_of_the_readme():
    sizes = {name: costs.images_of(SETTINGS.datasets[name]).stored_mb for name in SETTINGS.datasets}
    assert sizes == pytest.approx(dict(synthetic=167, mnist=55, fashion_mnist=55, cifar10=184, celeba=14_034), rel=0.01)


@pytest.mark.parametrize(("dataset", "method"), [("mnist", "ae"), ("mnist", "vrrae"), ("synthetic", "rrae")])
def test_the_size_of_a_model_is_that_of_its_file(dataset, method, tmp_path):
    run, side = SETTINGS.run(dataset, method, seed=0), costs.images_of(SETTINGS.datasets[dataset]).side
    header = ModelHeader(run=run, image_shape=(side, side, 1), normalisation=Normalisation(shift=0, scale=1))
    model = Autoencoder(method, header.image_shape, Sizes(run.latent_size, run.bottleneck), key=jax.random.key(0))
    save_model(tmp_path / "model.eqx", model, header)
    size = (tmp_path / "model.eqx").stat().st_size / 1e6
    assert costs.model_mb(SETTINGS.datasets[dataset], method) == pytest.approx(size, rel=0.02)


def test_time_limits_have_a_margin_and_a_floor():
    assert costs.minutes_with_margin(10, margin=4, least=60, otherwise=720) == 60
    assert costs.minutes_with_margin(7200, margin=2, least=60, otherwise=720) == 240
    assert costs.minutes_with_margin(None, margin=2, least=60, otherwise=720) == 720


def plan(*arguments, folder):
    command = [sys.executable, ROOT / "workflow/scripts/plan.py", *arguments]
    return subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True)


def row(outcome, rule, dataset):
    (line,) = (line for line in outcome.stdout.splitlines() if re.match(rf"{dataset} +{rule} ", line))
    return re.split(r"  +", line)


def test_the_plan_counts_jobs_hours_disk_and_what_is_done(tmp_path):
    data = tmp_path / "results/data/mnist"
    data.mkdir(parents=True)
    for name in ("manifest.json", "train.npy", "test.npy"):
        (data / name).write_text("as if stored")
    outcome = plan("table_2", folder=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert row(outcome, "download", "mnist")[2:6] == ["login node", "1", "1", "0"]
    train = row(outcome, "train", "mnist")
    assert train[2:6] == ["job", "36", "0", "36"]  # four methods, three seeds; four more betas of two of them
    assert float(train[6]) == pytest.approx(36 * 20 * 60_000 * costs.CPU_SECONDS_PER_IMAGE["mnist"] / 3600, abs=0.06)
    assert "docs/performance.md" in outcome.stdout and "GB are free" in outcome.stdout
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != ".snakemake") == ["results"]


@pytest.mark.parametrize(
    "profile", ["workstation-gpu", "slurm-cpu", "slurm-gpu", "kubernetes-gpu", "tpu-vm", "tpu-slice"]
)
def test_every_profile_can_be_planned_whether_its_plug_in_is_there_or_not(profile, tmp_path):
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    outcome = plan("table_1", "--profile", f"workflow/profiles/{profile}", folder=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    train = row(outcome, "train", "synthetic")
    assert train[3:6] == ["40", "0", "40"]
    assert (train[6] == "?") == profile.startswith("tpu")


def test_an_unknown_profile_is_told(tmp_path):
    outcome = plan("--profile", "workflow/profiles/slurm", folder=tmp_path)
    assert outcome.returncode == 1
    assert "there is no such profile" in outcome.stderr and "slurm-gpu" in outcome.stderr


def test_a_mistake_in_the_configuration_is_told_as_everywhere(tmp_path):
    (tmp_path / "mine.yaml").write_text("acelerator: cuda\n")
    outcome = plan("--config", "mine.yaml", folder=tmp_path)
    assert outcome.returncode == 1 and "Did you mean 'accelerator'?" in outcome.stderr
