"""What a run would cost, told before anything is submitted."""

import math
import re
from pathlib import Path

import jax
import numpy as np
import pytest
from commands import ROOT, python, rules
from configurations import load_settings

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.datasets.made_from import MadeFrom, write_made_from
from vrrae_bench.datasets.store import write_dataset
from vrrae_bench.extractor import inception
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottleneck import Sizes
from vrrae_bench.models.serialisation import ModelHeader, save_model
from vrrae_bench.scoring import fidelity
from vrrae_bench.scoring.frechet import Moments
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.scoring.scores import OTHER_SAMPLERS, feature_scores
from vrrae_bench.study import costs
from vrrae_bench.study.estimates import COSTS, minutes_allowed

SETTINGS = load_settings(ROOT / "config.yaml")
PERFORMANCE, REPRODUCE, DATA_SETS = (
    (ROOT / f"docs/{page}.md").read_text() for page in ("performance", "reproduce", "data-sets")
)


def told(pattern, text):
    """The numbers that a document says were measured, in whatever lines its words stand."""
    [found] = re.findall(pattern.replace(" ", r"\s+"), text, re.DOTALL)
    return [float(number) for number in ([found] if isinstance(found, str) else found)]


def seconds(dataset, accelerator="cpu"):
    return costs.training_seconds(SETTINGS.datasets[dataset], accelerator)


def per_second_and_core(network):
    """Images at 299 pixels, of which two cores have the features in float32."""
    usual, ours = told(r"7 turns of 32 images \| ([\d.]+) \| ([\d.]+) \(", PERFORMANCE)
    return {"usual": usual, "ours": ours}[network] / 2


@pytest.mark.parametrize(
    ("dataset", "steps"), [("mnist", 20 * 60_000 / 576), ("cifar10", 5 * 50_000 / 64), ("synthetic", 2000)]
)
def test_a_training_takes_the_steps_that_the_documentation_says_were_measured(dataset, steps):
    columns = told(
        r"These are the times of a step.*?\| Zen 4 \| MNIST \| (\d+) .*?\| CIFAR-10 \| (\d+) .*?\| synthetic \| (\d+) ",
        PERFORMANCE,
    )
    milliseconds = dict(zip(("mnist", "cifar10", "synthetic"), columns, strict=True))[dataset]
    assert seconds(dataset) == pytest.approx(steps * milliseconds / 1000)


def test_a_training_on_celeba_takes_a_time_within_the_measured_range():
    least, most = told(r"a step of VRRAE ([\d.]+) to ([\d.]+) s", PERFORMANCE)
    assert least <= seconds("celeba") / (8 * 162_770 / 576) <= most


def test_a_training_on_tpus_takes_what_the_paper_prints_in_total():
    """Table A.4-1 prints seconds per step and minutes in all; our epochs are its steps, but for a rounding."""
    assert seconds("mnist", "tpu") / 60 == pytest.approx(97.7, rel=0.01)
    assert seconds("cifar10", "tpu") / 60 == pytest.approx(20.74, rel=0.01)
    assert seconds("celeba", "tpu") / 60 == pytest.approx(124.3, rel=0.04)
    assert seconds("synthetic", "tpu") is None


def test_scoring_takes_its_features_and_distances_at_the_speeds_that_the_documentation_has(monkeypatch, rng):
    """The images and distances of one run of MNIST are counted while they are scored.

    Each image has two bytes, which are also its features.
    """
    images, of_distance, of_jackknife = [], [], []

    class Network:
        def features(self, some):
            images.append(len(some))
            return some.reshape(len(some), 2).astype(np.float32)

    real = rng.normal(size=(100, 2)).astype(np.float32)
    reference = Reference.of(Moments.from_features(real), real, rng)
    monkeypatch.setattr(Reference, "beside", lambda *files: reference)
    monkeypatch.setattr(inception, "load_extractor", lambda path, device: Network())
    monkeypatch.setattr(inception, "extractor_record", lambda path, arrays: {})

    def distances(moments, parts):
        of_jackknife.append(sum(map(len, parts)))
        return 1.0, np.ones(len(parts))

    monkeypatch.setattr(fidelity, "frechet_distance", lambda moments, some: of_distance.append(len(some)) or 1.0)
    monkeypatch.setattr(fidelity, "frechet_distances", distances)
    draws = [rng.integers(256, size=(1250, 1, 1, 2), dtype=np.uint8) for _ in range(8)]
    interpolated = rng.integers(256, size=(2000 * 5, 1, 1, 2), dtype=np.uint8)
    others = dict.fromkeys(OTHER_SAMPLERS, draws[0])
    feature_scores(Path("extractor.json"), {}, draws, interpolated, 5, others, "cpu")

    single, small, large = told(
        r"\| one distance of 1250 images \| [\d.]+ \| ([\d.]+) \|.*?\| nine of 1250 images \| [\d.]+ \| ([\d.]+) \|.*?"
        r"\| nine of 10,000 images \| [\d.]+ \| ([\d.]+) \|",
        PERFORMANCE,
    )
    assert set(of_distance) == {1250}
    distances = len(of_distance) * single + sum({1250: small, 10_000: large}[size] for size in of_jackknife)
    expected = sum(images) / per_second_and_core("ours") + distances
    assert costs.scoring_seconds(SETTINGS.datasets["mnist"]) == pytest.approx(expected, rel=1e-3)


def test_the_features_of_all_real_images_take_what_the_documentation_says_of_either_network():
    mnist = SETTINGS.datasets["mnist"]
    assert costs.reference_seconds(mnist) == pytest.approx(60_000 / per_second_and_core("ours"))
    # The other one sees the test images too.
    assert costs.reference_2015_seconds(mnist) == pytest.approx(70_000 / per_second_and_core("usual"))


def test_the_example_report_takes_what_the_documentation_says():
    example = load_settings(ROOT / "config.yaml", ROOT / "docs/example-report/experiment.yaml").datasets["mnist"]
    tuning, reference, sampling, scoring = told(
        r"\| tuning the Inception-v3 \|[^|]*\| [^|]*`make plan` counts (\d+)\. \|.*"
        r"\| computing its features of the training images \| (\d+) \|.*"
        r"\| sampling a model \| ([\d.]+) \|.*\| scoring a model \|[^|]*\| [^|]*`make plan` counts ([\d.]+)\. ",
        REPRODUCE,
    )
    assert costs.tuning_seconds(example) == pytest.approx(60 * tuning)
    assert costs.reference_seconds(example) == pytest.approx(60 * reference)
    assert costs.sampling_seconds(example) == pytest.approx(60 * sampling)
    assert costs.scoring_seconds(example) == pytest.approx(60 * scoring, rel=0.1)


@pytest.mark.parametrize("dataset", SETTINGS.datasets)
def test_a_data_set_is_stored_in_what_the_documentation_says(dataset):
    [(size, unit)] = re.findall(rf"^\| `{dataset}` \|.*?, ([\d.]+) (MB|GB) \|", DATA_SETS, re.MULTILINE)
    expected = float(size) * {"MB": 1, "GB": 1000}[unit]
    assert costs.dataset_size(SETTINGS.datasets[dataset]).stored_mb == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(("dataset", "method"), [("mnist", "ae"), ("mnist", "vrrae"), ("synthetic", "rrae")])
def test_the_size_of_a_model_is_that_of_its_file(dataset, method, tmp_path):
    run, side = SETTINGS.run(dataset, method, seed=0), costs.dataset_size(SETTINGS.datasets[dataset]).side
    header = ModelHeader(run=run, image_shape=(side, side, 1), normalisation=Normalisation(shift=0, scale=1))
    model = Autoencoder(
        run.definition, header.image_shape, Sizes(run.latent_size, run.bottleneck), key=jax.random.key(0)
    )
    save_model(tmp_path / "model.eqx", model, header)
    size = (tmp_path / "model.eqx").stat().st_size / 1e6
    assert costs.model_mb(SETTINGS.datasets[dataset], method) == pytest.approx(size, rel=0.02)


def test_time_limits_have_a_margin_and_a_floor():
    assert costs.minutes_with_margin(10, margin=4, least=60, otherwise=720) == 60
    assert costs.minutes_with_margin(7200, margin=2, least=60, otherwise=720) == 240
    assert costs.minutes_with_margin(None, margin=2, least=60, otherwise=720) == 720


def minutes(rule, dataset="mnist", attempt=1, **changes):
    settings = SETTINGS.model_copy(update=changes)
    return minutes_allowed(rule, settings.datasets[dataset], settings, attempt)


def test_a_time_limit_is_four_times_the_estimate_and_doubles_with_each_attempt():
    assert minutes("train", "celeba") == math.ceil(4 * seconds("celeba") / 60)
    assert minutes("train", "celeba", attempt=3) == 4 * minutes("train", "celeba")
    assert minutes("train", "celeba", attempt=3, longest_job_minutes=1440) == 1440
    assert minutes("train", "synthetic", accelerator="tpu") == 720  # the paper did not time it


def test_on_a_gpu_a_job_gets_less_time_unless_its_work_is_on_the_cpu_or_was_timed_on_tpus():
    for rule, share in (("reference", 0.1), ("sample", 1), ("train", 1), ("time_steps", 1)):
        estimate = COSTS[rule].seconds(SETTINGS.datasets["celeba"], SETTINGS)
        expected = max(COSTS[rule].least_minutes, math.ceil(estimate * share / 60))
        assert minutes(rule, "celeba", accelerator="cuda") == expected


def test_every_rule_with_a_time_limit_of_its_own_is_planned_with_the_same_estimate():
    """A rule names its costs by its own name; the estimate of another rule would be as wrong as none."""
    limited = {name: re.findall(r'time_limit\("(\w+)"\)', body) for name, body in rules().items()}
    assert {name: found for name, found in limited.items() if found} == {
        name: [name] for name in COSTS if not name.startswith(("download", "make_synthetic"))
    }
    assert set(COSTS) <= set(rules())


def plan(*arguments, folder):
    return python(ROOT / "workflow/scripts/plan.py", *arguments, cwd=folder)


def row(outcome, rule, dataset):
    (line,) = (line for line in outcome.stdout.splitlines() if re.match(rf"{dataset} +{rule} ", line))
    return re.split(r"  +", line)


def test_the_plan_counts_jobs_hours_disk_and_what_is_done(tmp_path):
    images, labels = np.full((2, 28, 28, 1), 255, np.uint8), np.arange(2)
    stored = {"train": images, "test": images, "train_labels": labels, "test_labels": labels}
    write_dataset(tmp_path / "results/data/mnist", "mnist", stored, n_classes=2)
    write_made_from(tmp_path / "results/data/mnist", MadeFrom(source="mnist"))
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
    # The paper did not time the bumps on TPUs, and nobody has timed anything on a GPU.
    hours = r"\?" if profile.startswith("tpu") else "-" if "gpu" in profile else r"[\d.,]+"
    assert re.fullmatch(hours, train[6])
    assert ("no GPU was measured" in outcome.stdout) == ("gpu" in profile)
    assert "Planning: " in outcome.stderr


def test_an_unknown_target_is_told_with_where_all_are_listed(tmp_path):
    outcome = plan("tabel_1", folder=tmp_path)
    assert outcome.returncode == 1 and "`make targets` lists all targets" in outcome.stderr


def test_an_unknown_profile_is_told(tmp_path):
    outcome = plan("--profile", "workflow/profiles/slurm", folder=tmp_path)
    assert outcome.returncode == 1
    assert "there is no such profile" in outcome.stderr and "slurm-gpu" in outcome.stderr
    assert "Name one of these, as workflow/profiles/NAME, or the folder of a profile of your own." in outcome.stderr


def test_a_mistake_in_the_configuration_is_told_as_everywhere(tmp_path):
    (tmp_path / "mine.yaml").write_text("acelerator: cuda\n")
    outcome = plan("--configfile", "mine.yaml", folder=tmp_path)
    assert outcome.returncode == 1 and "Did you mean 'accelerator'?" in outcome.stderr
