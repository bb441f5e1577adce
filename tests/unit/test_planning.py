"""The real workflow, planned for every profile and target, linted, and stopped before it begins."""

import os
import re

import pytest
import yaml
from commands import ROOT, activated, jobs_of, snakemake
from snakemake_interface_executor_plugins.utils import TargetSpec, encode_target_jobs_cli_args

from vrrae_bench.datasets.sources import mnist

# The others plan the paper in full, and may need plug-ins: test_plan.py.
PROFILES = ["laptop", "quick"]
TARGETS = ["table_1", "table_2", "table_a3_1", "figure_2", "figure_3", "figure_5", "figure_a5_4", "report", "all"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_target_of_every_profile_can_be_planned(profile, tmp_path):
    settings = yaml.safe_load((ROOT / "workflow/profiles" / profile / "experiment.yaml").read_text())
    has_synthetic = "synthetic" in settings["experiment"]["datasets"]
    targets = [name for name in TARGETS if has_synthetic or name not in ("table_1", "figure_2", "figure_3")]
    how = ("-n", "--profile", ROOT / "workflow/profiles" / profile, "--quiet", "rules", "--directory", tmp_path)
    outcome = snakemake(*targets, *how)
    assert outcome.returncode == 0, outcome.stderr
    jobs = jobs_of(outcome)
    assert jobs["train"] > 0 and all(jobs[target] == 1 for target in targets)


def test_a_table_of_the_configuration_trains_nothing(tmp_path):
    outcome = snakemake("table_a3_1", "-n", "--quiet", "rules", "--cores", "1", "--directory", tmp_path)
    assert jobs_of(outcome) == {"write_settings": 1, "make_table": 1, "table_a3_1": 1, "total": 3}


@pytest.mark.parametrize("option", ["--cores", "--jobs"])
def test_without_a_core_nothing_waits_for_ever(option, tmp_path):
    outcome = snakemake("table_a3_1", "--directory", tmp_path, option, "0", timeout=60)
    assert outcome.returncode == 1
    assert "--cores 0: no job could ever start" in outcome.stdout + outcome.stderr


def test_rules_run_by_the_interpreter_that_runs_snakemake(tmp_path):
    """Whatever `python` is elsewhere; and with the environment activated, nothing is made again."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").write_text("#!/bin/sh\necho another python >&2; exit 1\n")
    (tmp_path / "bin/python").chmod(0o755)
    how = ("table_a3_1", "--quiet", "rules", "--cores", "1", "--directory", tmp_path)
    made = snakemake(*how, env=os.environ | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}"})
    assert made.returncode == 0, made.stderr
    assert "Nothing to be done" in snakemake(*how, "-n").stdout


def test_another_copy_of_the_package_is_not_used(tmp_path):
    """Neither to plan a run nor by its jobs, wherever Python finds the copy, as after `pip install .`."""
    (tmp_path / "vrrae_bench").mkdir()
    (tmp_path / "vrrae_bench/__init__.py").write_text("raise ImportError('the copy is used')\n")
    shell = activated(PYTHONPATH=str(tmp_path), PYTHONSAFEPATH="1")
    how = ("table_a3_1", "--quiet", "rules", "--cores", "1", "--directory", tmp_path)
    made = snakemake(*how, cwd=tmp_path, env=shell)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Nothing to be done" in snakemake(*how, "-n").stdout


def test_the_paper_in_full_can_be_planned(tmp_path):
    outcome = snakemake("all", "-n", "--quiet", "rules", "--cores", "2", "--directory", tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    # Snakemake prints what goes wrong in rules that it then does not take, which looks like a failure.
    assert not re.search("Error|Exception", outcome.stdout + outcome.stderr)
    jobs = jobs_of(outcome)
    # Two more extractors for MNIST, by which three seeds of four methods and of three ablations are scored too.
    assert (jobs["train"], jobs["sample"], jobs["score"]) == (193, 193, 193 + 2 * 3 * (4 + 3))
    assert (jobs["tune_extractor"], jobs["download"], jobs["download_weights"]) == (3 + 2, 3, 2)
    assert (jobs["make_table"], jobs["draw_figure"], jobs["time_steps"]) == (15, 19, 4)
    assert (jobs["reference_2015"], jobs["score_2015"]) == (3, 36)


def test_a_figure_without_its_methods_is_left_out_of_the_report(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("experiment: {datasets: [synthetic], methods: [ae, rrae]}\n")
    outcome = snakemake("-n", "--quiet", "rules", "--cores", "2", "--configfile", overlay, "--directory", tmp_path)
    assert jobs_of(outcome)["draw_figure"] == 2  # Figure 3 and the verdicts; Figure 2 shows VAE and VRRAE


def test_lint(tmp_path):
    outcome = snakemake("--lint", "--directory", tmp_path)
    assert outcome.returncode == 0, outcome.stderr + outcome.stdout


def test_a_configuration_with_five_mistakes_stops_before_anything_is_planned(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(
        "acelerator: cuda\n"
        "experiment: {datasets: [mnits], methods: [ae, vrea]}\n"
        "datasets: {cifar10: {batch_size: 48}, mnist: {epochs: none}}\n"
    )
    outcome = snakemake("-n", "--cores", "1", "--configfile", overlay, "--directory", tmp_path)
    told = outcome.stdout + outcome.stderr
    assert outcome.returncode != 0
    assert "5 problem(s); nothing was started" in told
    for part in ("Did you mean 'accelerator'?", "Did you mean 'mnist'?", "Did you mean 'vrrae'?",
                 "datasets.cifar10.batch_size: 48", "datasets.mnist.epochs: 'none'"):  # fmt: skip
        assert part in told
    assert "Traceback" not in told


def test_a_mirror_with_a_damaged_file_stops_with_one_message_and_leaves_nothing(tmp_path):
    mirror = tmp_path / "mirror/mnist"
    mirror.mkdir(parents=True)
    for file in mnist.SOURCE.files:
        (mirror / file.name).write_bytes(bytes(file.size))
    outcome = snakemake(
        *("results/data/mnist/manifest.json", "--cores", "1", "--show-failed-logs", "--directory", tmp_path),
        *("--config", f"mirror={tmp_path / 'mirror'}", "offline=true"),
    )
    told = outcome.stdout + outcome.stderr
    assert outcome.returncode != 0
    assert "wrong checksum: expected sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609" in told
    assert "Traceback" not in told
    assert not [path for path in (tmp_path / "results/data").rglob("*") if path.is_file()]
    assert not [path for path in (tmp_path / "results/downloads").rglob("*") if path.is_file()]


def test_a_run_without_network_and_files_stops_before_any_job(tmp_path):
    outcome = snakemake("table_2", "--cores", "1", "--directory", tmp_path, "--config", "offline=true")
    told = outcome.stdout + outcome.stderr
    assert outcome.returncode != 0
    assert "10 published file(s) are missing; nothing was started" in told and "make fetch DEST=FOLDER" in told
    assert not (tmp_path / "results").exists()


def test_a_job_that_another_snakemake_runs_is_found_by_its_wildcards(tmp_path):
    """As an executor hands it over on a cluster."""
    wildcards = {"dataset": "mnist", "method": "vrrae", "variant": "beta=1e-6__batch=576", "seed": "0"}
    [target] = encode_target_jobs_cli_args([TargetSpec("train", wildcards)])
    outcome = snakemake("--target-jobs", target, "-n", "--cores", "1", "--directory", tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert "Train vrrae on mnist (beta=1e-6__batch=576, seed 0)" in outcome.stdout + outcome.stderr
