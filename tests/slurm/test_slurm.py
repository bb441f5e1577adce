"""The workflow on a real Slurm cluster, through the shipped slurm-gpu profile.

`make test-slurm`: as root, on Debian. The cluster has five nodes on this machine and made-up accelerators; trainings
compute on the CPU. What Slurm said of every job is kept in results/slurm-test.log.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from commands import ROOT, activated, copy_of_project

CLUSTER = Path(__file__).with_name("cluster.sh")
PROFILE = ROOT / "workflow/profiles/slurm-gpu/config.yaml"
LOG = ROOT / "results/slurm-test.log"
# A training of some minutes; each image is seen often, so that the first epochs take no longer than the last.
LONG = {"experiment": {"datasets": ["synthetic"], "methods": ["vrrae"]}, "checkpoint_seconds": 5}
LONG |= {"datasets": {"synthetic": {"epochs": 40_000}}}
LONG_RUN = "results/runs/synthetic/vrrae/beta=1e-3__batch=32/seed=0"


def slurm(*command) -> str:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


def jobs() -> list[dict[str, str]]:
    """What Slurm knows of every job since its start, in the order of their ids."""
    lines = slurm("scontrol", "--details", "--oneliner", "show", "jobs").splitlines()
    known = [dict(re.findall(r"(\w[\w/:]*)=(.*?)(?= \w[\w/:]*=|$)", line)) for line in lines if "JobId=" in line]
    return sorted(known, key=lambda job: int(job["JobId"]))


def jobs_of(rule: str, after: int = 0) -> list[dict[str, str]]:
    return [job for job in jobs() if job.get("Comment", "").startswith(f"rule_{rule}") and int(job["JobId"]) > after]


def last_job() -> int:
    return max((int(job["JobId"]) for job in jobs()), default=0)


def wait_until(condition, seconds=180):
    for _ in range(seconds * 2):
        if found := condition():
            return found
        time.sleep(0.5)
    pytest.fail(f"not within {seconds} seconds")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """The cluster, stopped again at the end; what it said of all jobs is kept."""
    started = subprocess.run([CLUSTER, "start"], capture_output=True, text=True)
    if started.returncode:
        pytest.exit(started.stderr, returncode=1)
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text(started.stdout)
    try:
        yield
    finally:
        with LOG.open("a") as log:
            log.write(slurm("scontrol", "--details", "--oneliner", "show", "jobs"))
        slurm(CLUSTER, "stop")


STARTED: list[subprocess.Popen] = []


@pytest.fixture(autouse=True)
def noted(request):
    """What Slurm says after each test; and no Snakemake outlives its test."""
    with LOG.open("a") as log:
        log.write(f"\n== {request.node.name}\n")
    yield
    for process in STARTED:
        process.kill()
    with LOG.open("a") as log:
        log.write(slurm("squeue", "--states", "all", "--format", "%i %T %P %R %b %l %M %k"))


def project(folder: Path, overlay: dict | None = None, **rules: dict) -> Path:
    """A copy of the project with the shipped profile, filled in as a user does, and a small configuration.

    Args:
        overlay: Over tests/smallest.yaml.
        rules: Over the resources of the profile.
    """
    copy_of_project(folder)
    shutil.copy(ROOT / "tests/smallest.yaml", folder)
    (folder / "overlay.yaml").write_text(yaml.safe_dump({"accelerator": "cpu", **(overlay or {})}))
    profile = yaml.safe_load(PROFILE.read_text())
    # As the profile says, of a cluster without accounting.
    del profile["default-resources"]["slurm_account"]
    profile["slurm-status-command"] = "squeue"
    profile["configfile"] += ["smallest.yaml", "overlay.yaml"]
    profile["set-resources"]["time_steps"] = {"slurm_partition": "tpu", "gres": "tpu:v4:4"}
    profile["set-resources"] |= rules
    # The accelerators are made up: what asks for them says that it computes on the CPU, else it would be refused.
    for asked in profile["set-resources"].values():
        asked.setdefault("accelerator", "cpu")
    # Only to see sooner what happens.
    profile |= {"slurm-init-seconds-before-status-checks": 3, "seconds-between-status-checks": 3, "latency-wait": 20}
    (folder / PROFILE.relative_to(ROOT)).write_text(yaml.safe_dump(profile, sort_keys=False))
    return folder


def start(folder: Path, *targets: str) -> subprocess.Popen:
    environment = activated(VRRAE_COORDINATOR_HOST="127.0.0.1")
    command = [sys.executable, "-m", "snakemake", *targets, "--profile", "workflow/profiles/slurm-gpu"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    STARTED.append(subprocess.Popen(command, cwd=folder, env=environment, **pipes))
    return STARTED[-1]


def finish(process: subprocess.Popen) -> str:
    told, _ = process.communicate(timeout=900)
    assert process.returncode == 0, told
    return told


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The whole workflow, during which node gpu1 is drained as soon as a job runs there.

    Returns:
        Its folder, and the ids of the jobs that had started on gpu1 before.
    """
    folder = project(tmp_path_factory.mktemp("whole"))
    running = []

    def drain():
        while not running and process.poll() is None:
            running.extend(job["JobId"] for job in jobs() if job["NodeList"] == "gpu1" and job["JobState"] == "RUNNING")
            time.sleep(0.3)
        slurm("scontrol", "update", "NodeName=gpu1", "State=DRAIN", "Reason=test")

    process = start(folder)
    watcher = threading.Thread(target=drain)
    watcher.start()
    try:
        finish(process)
    finally:
        watcher.join()
        slurm("scontrol", "update", "NodeName=gpu1", "State=RESUME")
    return folder, running


def test_the_whole_workflow_runs(finished):
    folder, _ = finished
    assert (folder / "results/report.html").is_file()
    assert all(job["JobState"] == "COMPLETED" for job in jobs())


def test_jobs_land_on_nodes_that_have_what_they_asked_for(finished):
    trainings = jobs_of("train")
    assert len(trainings) == 4
    for job in [*trainings, *jobs_of("tune_extractor")]:
        assert job["Partition"] == "gpu" and job["NodeList"] in ("gpu1", "gpu2")
        assert "gpu:a100:1" in " ".join(job.values())
    timings = jobs_of("time_steps")
    assert len(timings) == 2
    for job in timings:
        assert job["NodeList"] == "tpu1" and "tpu:v4:4" in " ".join(job.values())


def test_short_jobs_are_grouped_and_light_ones_are_no_jobs_at_all(finished):
    grouped = jobs_of("evaluate")
    assert len(grouped) == 4  # sampling and scoring of a run
    assert all("gpu:a100:1" in " ".join(job.values()) for job in grouped)
    assert not [rule for rule in ("download", "make_table", "draw_figure", "write_report") if jobs_of(rule)]


def test_a_node_drained_in_the_middle_finishes_its_job_and_gets_no_other(finished):
    _, before = finished
    assert before
    assert {job["JobId"] for job in jobs() if job["NodeList"] == "gpu1"} == set(before)


def test_a_second_run_submits_nothing(finished):
    folder, _ = finished
    before = last_job()
    assert "Nothing to be done" in finish(start(folder))
    assert last_job() == before


def test_two_nodes_train_the_model_of_one(finished, tmp_path):
    alone, _ = finished
    before = last_job()
    together = {"slurm_partition": "cpu", "nodes": 2, "tasks": 2, "mpi": "srun", "accelerator": "cpu $TOGETHER"}
    together |= {"shell_exec": "workflow/scripts/shells/every_node"}
    folder = project(tmp_path / "two", train=together)
    run = "results/runs/digits/vrrae/beta=1e-6__batch=64/seed=0"
    finish(start(folder, f"{run}/model.eqx"))
    (job,) = jobs_of("train", before)
    assert job["NumNodes"] == "2" and job["NodeList"] == "cpu[1-2]"
    record = json.loads((folder / run / "run.json").read_text())
    assert record["processes"] == 2 and record["device"].endswith("x 2")
    one, both = (pd.read_csv(root / run / "history.csv") for root in (alone, folder))
    # Rounding grows from step to step, most in the KL divergence: tests/unit/test_devices.py.
    np.testing.assert_allclose(both.pop("kl_divergence"), one.pop("kl_divergence"), rtol=1e-2)
    np.testing.assert_allclose(both, one, rtol=1e-4)


def test_a_training_ended_by_its_time_limit_gets_more_and_continues(tmp_path):
    before = last_job()
    gpu = yaml.safe_load(PROFILE.read_text())["set-resources"]["train"]
    short = gpu | {"runtime": "1 if attempt == 1 else 60"}
    folder = project(tmp_path / "limit", LONG, train=short)
    process = start(folder, f"{LONG_RUN}/model.eqx")
    first, second = wait_until(lambda: (found := jobs_of("train", before))[1:] and found, seconds=400)
    assert first["JobState"] == "TIMEOUT" and first["TimeLimit"] == "00:01:00" and second["TimeLimit"] == "01:00:00"
    memory = [int(re.search(r"mem=(\d+)", job["TRES"])[1]) for job in (first, second)]
    assert memory[1] == 2 * memory[0]
    (log,) = [folder / f"results/logs/train/{LONG_RUN.split('runs/')[1]}.log"]
    wait_until(lambda: log.exists() and "continuing from the checkpoint after step" in log.read_text())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=900)


def test_cancelling_snakemake_cancels_its_jobs(tmp_path):
    before = last_job()
    folder = project(tmp_path / "cancel", LONG)
    process = start(folder, f"{LONG_RUN}/model.eqx")
    wait_until(lambda: [job for job in jobs_of("train", before) if job["JobState"] == "RUNNING"])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=900)
    wait_until(lambda: slurm("squeue", "--noheader") == "", seconds=60)
    assert [job["JobState"] for job in jobs_of("train", before)] == ["CANCELLED"]


def test_a_failing_job_shows_its_log_and_its_id_and_is_tried_as_often_as_the_profile_says(tmp_path):
    folder = project(tmp_path / "fail")
    finish(start(folder, "data_digits"))
    (folder / "results/data/digits/train.npy").write_bytes(b"not an array")
    before = last_job()
    process = start(folder, "results/runs/digits/ae/batch=64/seed=0/model.eqx")
    told, _ = process.communicate(timeout=900)
    assert process.returncode == 1
    tried = jobs_of("train", before)
    assert [job["JobState"] for job in tried] == ["FAILED"] * (1 + yaml.safe_load(PROFILE.read_text())["retries"])
    assert all(f"SLURM-job '{job['JobId']}' failed" in told for job in tried)
    end = (folder / "results/logs/train/digits/ae/batch=64/seed=0.log").read_text().strip().splitlines()[-1]
    assert end in told
