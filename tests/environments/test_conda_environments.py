"""Every rule in an environment of its own: the workflow, really run with --sdm conda, through a stand-in for conda.

`make test-envs`. The environments are built in .conda-stand-in, some 8 GB and minutes the first time.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT, activated, copy_of_project

PREFIX = ROOT / ".conda-stand-in"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """The finished run, and its folder."""
    root = copy_of_project(tmp_path_factory.mktemp("project"))
    shutil.copy(ROOT / "tests/smallest.yaml", root)
    path = f"{Path(__file__).parent}{os.pathsep}{activated()['PATH']}"
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--show-failed-logs", "--sdm", "conda"]
    command += ["--conda-prefix", str(PREFIX), "--configfile", "smallest.yaml"]
    environment = activated(PATH=path)
    finished = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr, root


def packages(environment: Path) -> set[str]:
    found = environment.glob("lib/python*/site-packages/*.dist-info")
    return {re.split(r"-\d", path.name)[0].lower() for path in found}


def test_every_environment_suffices_for_its_rules(outcome):
    told, root = outcome
    assert (root / "results/report.html").is_file()
    used = set(re.findall(r"Activating conda environment: (\S+)", told))
    assert len(used) == 4  # downloads, training, scores, reports


def test_an_environment_holds_its_own_packages_and_not_those_of_others(outcome):
    told, root = outcome
    used = {(root / path).resolve() for path in re.findall(r"Activating conda environment: (\S+)", told)}
    held = [packages(path) for path in used]
    assert not [names for names in held if "snakemake" in names or "pytest" in names]
    assert not [names for names in held if "torch" in names and "jax" in names]
    assert sum("torch" in names for names in held) == 1 and sum("optax" in names for names in held) == 1


def test_results_record_the_versions_of_their_environment(outcome):
    _, root = outcome
    for record in root.glob("results/runs/*/*/*/*/run.json"):
        assert "torch" not in json.loads(record.read_text())["versions"]
