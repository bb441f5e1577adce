"""The worked example of docs/own-method.md, followed to the letter in a copy of the project."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture
def followed(tmp_path):
    """A copy of the project after the steps of the page, and the method's name as its configuration spells it."""
    page = (ROOT / "docs/own-method.md").read_text()
    class_code, line = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    (overlay,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    shutil.copytree(ROOT / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    models = tmp_path / "workflow/scripts/vrrae_bench/models"
    with open(models / "bottlenecks.py", "a") as bottlenecks:
        bottlenecks.write("\n\n" + class_code)
    registry = (models / "registry.py").read_text()
    assert registry.endswith("\n}\n")
    (models / "registry.py").write_text(registry[: -len("}\n")] + line + "}\n")
    for name in ("config.yaml", "Snakefile"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "my-method.yaml").write_text(overlay)
    return tmp_path, yaml.safe_load(overlay)["experiment"]["methods"][-1]


def test_the_command_of_the_page_would_train_the_example_beside_the_others(followed):
    root, method = followed
    (command,) = re.findall(r"^    (snakemake .*)$", (ROOT / "docs/own-method.md").read_text(), flags=re.MULTILINE)
    command = [sys.executable, "-m", *command.split(), "--dry-run"]
    plan = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    trained = set(re.findall(r"Train (\w+) on (\w+)", plan.stdout + plan.stderr))
    assert trained == {(name, "mnist") for name in ("ae", "vae", "rrae", "vrrae", method)}


def test_the_example_is_configured_trained_and_sampled(followed, run_spec, tiny_images, sample_spec):
    root, method = followed

    def run(stage, *arguments):
        command = [sys.executable, root / f"workflow/scripts/{stage}.py", *arguments]
        return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout

    assert method in run("config", "--configfile", root / "my-method.yaml")
    spec = run_spec("ae", epochs=2).model_copy(update={"method": method})
    given = ("--run", spec.model_dump_json(), "--data", tiny_images.path, "--checkpoints", root / "checkpoints")
    run("train", *given, "--out", root / "model.eqx")
    given = ("--run", spec.model_dump_json(), "--model", root / "model.eqx", "--data", tiny_images.path)
    given += ("--sampling", sample_spec.model_dump_json())
    run("sample", *given, "--out", root / "sample.json")
    means = np.load(root / "latents.npz")["train_mean"]
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 1, rtol=1e-5)
    assert 0 < json.loads((root / "sample.json").read_text())["scores"]["reconstruction_error"] < 100
