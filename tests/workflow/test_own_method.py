"""The worked example of docs/own-method.md, followed to the letter in a copy of the project."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from commands import ROOT, copy_of_project, python
from configurations import load_settings
from earlier_run import write_bumps, write_training

from vrrae_bench.study.reading import BASE
from vrrae_bench.study.selection import all_runs

PAGE = (ROOT / "docs/own-method.md").read_text()
METHODS = Path("workflow/scripts/vrrae_bench/models/methods")
# What is trained before the example is added.
TRAINED = ("ae", "vae")
TINY = """
offline: true
experiment: {datasets: [synthetic], methods: [METHODS]}
defaults: {timed: []}
datasets:
  synthetic:
    bumps: {grid: 8, test_images: 20, diagonal_images: 10}
    epochs: 1
    batch_size: 32
    other_learning_rates: []
    batch_sizes: []
    seeds: [0]
"""


@pytest.fixture
def project(tmp_path):
    """A copy of the project."""
    return copy_of_project(tmp_path)


def follow(project):
    """Take the steps of the page; returns the method's name, as the configuration of the page spells it."""
    [file] = re.findall(r"This is the whole of\s+`(\S+)`", PAGE)
    [content] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    [overlay] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    (project / file).write_text(content)
    (project / "my-method.yaml").write_text(overlay)
    return yaml.safe_load(overlay)["experiment"]["methods"][-1]


def trainings(project, *words):
    """The trainings that a dry run plans, each as method and data set."""
    plan = python("-m", *words, "--dry-run", cwd=project)
    assert plan.returncode == 0, plan.stdout + plan.stderr
    return set(re.findall(r"Train (\w+) on (\w+)", plan.stdout + plan.stderr))


def test_the_command_of_the_page_would_train_the_example_beside_the_others(project):
    method = follow(project)
    [command] = re.findall(r"^    (snakemake .*)$", PAGE, flags=re.MULTILINE)
    expected = {(name, "mnist") for name in ("ae", "vae", "rrae", "vrrae", method)}
    assert trainings(project, *command.split()) == expected


@pytest.fixture
def trained(project):
    """The project with the outputs of some trainings, as an earlier run of it would have left them, and their paths."""
    (project / "mine.yaml").write_text(TINY.replace("METHODS", ", ".join(TRAINED)))
    write_bumps(project)
    runs = all_runs(load_settings(BASE, project / "mine.yaml"))
    models = [str((write_training(project, run) / "model.eqx").relative_to(project)) for run in runs]
    return project, models


def test_the_example_is_trained_and_no_other_method_again_until_its_own_file_changes(trained):
    project, models = trained
    method = follow(project)
    (project / "mine.yaml").write_text(TINY.replace("METHODS", ", ".join((*TRAINED, method))))
    own = [path.replace("/ae/", f"/{method}/") for path in models if "/ae/" in path]
    command = ("snakemake", "--configfile", "mine.yaml", "--cores", "1", *models, *own)
    assert trainings(project, *command) == {(method, "synthetic")}
    os.utime(project / METHODS / "gaussian.py")
    assert trainings(project, *command) == {(method, "synthetic"), ("vae", "synthetic")}


def test_the_example_is_configured_trained_and_sampled(project, run_spec, tiny_images, sample_spec):
    method = follow(project)

    def run(stage, *arguments):
        command = [sys.executable, project / f"workflow/scripts/{stage}.py", *arguments]
        return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout

    assert method in run("config", "--configfile", project / "my-method.yaml")
    spec = json.dumps(run_spec("ae", epochs=2).model_dump(exclude={"definition"}) | {"method": method})
    given = ("--run", spec, "--data", tiny_images.path, "--checkpoints", project / "checkpoints")
    run("train", *given, "--out", project / "model.eqx")
    given = ("--run", spec, "--model", project / "model.eqx", "--data", tiny_images.path)
    given += ("--sampling", sample_spec.model_dump_json())
    run("sample", *given, "--out", project / "sample.json")
    means = np.load(project / "latents.npz")["train_mean"]
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 1, rtol=1e-5)
    assert 0 < json.loads((project / "sample.json").read_text())["scores"]["reconstruction_error"] < 100
