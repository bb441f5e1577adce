"""A training that outlives the Snakemake which started it."""

import subprocess
import sys
import time

from commands import ROOT, activated

from vrrae_bench.system.checkpoints import FINISHED
from vrrae_bench.system.files import sha256

RUN = "results/runs/synthetic/ae/batch=32/seed=0"


def start(folder, *options) -> subprocess.Popen:
    """Snakemake as a user starts it, for one training."""
    command = [sys.executable, "-m", "snakemake", f"{RUN}/model.eqx", "--snakefile", ROOT / "Snakefile"]
    command += ["--cores", "1", "--directory", folder, *options, "--configfile", ROOT / "tests/smallest.yaml"]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(list(map(str, command)), env=activated(), **how)


def wait_for(folder, pattern) -> None:
    """Wait for a file, two minutes at most."""
    for _ in range(1200):
        if any(folder.glob(pattern)):
            return
        time.sleep(0.1)
    raise AssertionError(f"{pattern} has not come")


def test_what_an_orphan_has_trained_is_taken_over_and_then_no_longer_kept(tmp_path):
    snakemake = start(tmp_path)
    wait_for(tmp_path, "results/checkpoints/*/lock")
    snakemake.kill()
    wait_for(tmp_path, f"results/checkpoints/*/{FINISHED}")
    trained = {name: sha256(tmp_path / RUN / name) for name in ("model.eqx", "history.csv", "run.json")}
    snakemake.communicate()  # until the orphan has ended too
    start(tmp_path, "--unlock").communicate()

    again = start(tmp_path, "--rerun-incomplete")
    told, _ = again.communicate()
    assert again.returncode == 0, told
    assert "Train ae on synthetic" in told
    (log,) = (tmp_path / "results/logs/train").rglob("*.log")
    assert "this training was finished before" in log.read_text()
    assert {name: sha256(tmp_path / RUN / name) for name in trained} == trained
    assert not list((tmp_path / "results/checkpoints").iterdir())
