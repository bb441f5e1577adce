"""The real workflow: planned for every profile and target, linted, and run end to end."""

import base64
import json
import os
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote

import commands
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_digits
from snakemake_interface_executor_plugins.utils import TargetSpec, encode_target_jobs_cli_args

from vrrae_bench.datasets.sources import mnist
from vrrae_bench.models.serialisation import load_model
from vrrae_bench.study.catalogue import TABLES

ROOT = Path(__file__).parents[2]
# The others plan the paper in full, and may need plug-ins: test_plan.py.
PROFILES = ["laptop", "quick"]
TARGETS = ["table_1", "table_2", "table_a3_1", "figure_2", "figure_3", "figure_5", "figure_a5_4", "report", "all"]

# Each job imports for seconds, and each network compiles for half a minute: no more of them than tests look at.
TINY = """
results: results
banner: "A test run."
offline: true
experiment:
  datasets: [synthetic, own]
  methods: [vae, rrae, vrrae]
  timing: {turns: 2, steps: 1, training_steps: 1}
defaults:
  ablations: [rrae_vae]
  baselines: [sparse_ae]
datasets:
  synthetic:
    bumps: {grid: 8, test_images: 20, diagonal_images: 10}
    epochs: 2
    batch_size: 32
    latent_size: 20
    other_learning_rates: []
    batch_sizes: [32]
    timed: []
    seeds: [0, 1]
    sweep_seeds: [0]
    sampling: {random_images: 24, interpolation_pairs: 4}
  own:
    source: npz
    files: {path: own.npz}
    bottleneck: 4
    latent_size: 20
    epochs: 1
    batch_size: 64
    learning_rate: 1.0e-3
    beta: {vae: 1.0e-3, vrrae: 1.0e-3, rrae_vae: 1.0e-6}
    penalty: {sparse_ae: 1}
    betas: [0, 1.0e-3]
    seeds: [0]
    sampling: {gmm_components: 2, random_images: 24, random_draws: 2, interpolation_pairs: 4, interpolation_points: 5}
    extractor:
      {start: random, image_size: 75, epochs: 1, batch_size: 16, learning_rate: 1.0e-3, precision: float32, seed: 0}
    extractor_seeds: [1]
"""


def snakemake(*arguments, root=ROOT, path=None, **options):
    path = path or f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return commands.snakemake("--snakefile", root / "Snakefile", *arguments, env=os.environ | {"PATH": path}, **options)


def jobs_of(outcome) -> dict[str, int]:
    """Jobs per rule, from the statistics of a dry run."""
    found = re.findall(r"^(\w+) +(\d+)$", outcome.stdout + outcome.stderr, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in found}


@pytest.mark.parametrize("profile", PROFILES)
def test_every_target_of_every_profile_can_be_planned(profile, tmp_path):
    settings = yaml.safe_load((ROOT / "workflow/profiles" / profile / "experiment.yaml").read_text())
    has_synthetic = "synthetic" in settings["experiment"]["datasets"]
    targets = TARGETS if has_synthetic else set(TARGETS) - {"table_1", "figure_2", "figure_3"}
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
    made = snakemake(*how, path=f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}")
    assert made.returncode == 0, made.stderr
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
    assert (jobs["make_table"], jobs["draw_figure"], jobs["time_steps"]) == (14, 19, 4)
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


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy of the project in which a tiny configuration was run to its end."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "workflow", root / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "envs", root / "envs")
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, root)
    (root / "tiny.yaml").write_text(TINY)
    digits = load_digits()
    images = (np.kron(digits.images[:400], np.ones((4, 4))) * (255 / 16)).astype(np.uint8)
    labels = {"train_labels": digits.target[:320], "test_labels": digits.target[320:400]}
    np.savez(root / "own.npz", train=images[:320], test=images[320:], **labels)
    # Two networks side by side take less time than one after the other with two threads each.
    alone = ("--set-threads", "tune_extractor=1", "reference=1")
    outcome = run_tiny(root, "--cores", "2", "--show-failed-logs", *alone)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return root


def run_tiny(root, *arguments):
    return snakemake(*arguments, "--configfile", root / "tiny.yaml", root=root, cwd=root)


@pytest.mark.workflow
def test_the_whole_chain_runs(finished):
    results = finished / "results"
    table = pd.read_csv(results / "tables/table_1.csv")
    assert set(table.method) == {"vae", "rrae", "vrrae"}
    errors = table[table.metric == "reconstruction_error"]
    assert (errors.n_seeds == 2).all() and errors["std"].notna().all() and errors.paper_value.isna().all()
    # The Inception of 2015 is a download, for which this data set does not ask.
    assert {path.stem for path in (results / "tables").glob("*.csv")} == set(TABLES) - {"table_fid_2015"}
    table = pd.read_csv(results / "tables/table_2.csv")
    metrics = {"fid_interpolation", "fid_random", "reconstruction_error"}
    assert set(table.metric) == metrics | {f"{metric}_of_best_beta" for metric in metrics}
    assert len(table) == 3 * 3 + 2 * 3 and (table["mean"] > 0).all()
    table = pd.read_csv(results / "tables/table_scores.csv")
    assert set(table.method) == {"vae", "rrae", "vrrae", "floor", "copies", "ceiling"}
    fids = table[table.metric == "fid_random"].set_index("method")["mean"]
    assert min(fids["floor"], fids["copies"]) == fids.min()
    table = pd.read_csv(results / "tables/table_extractors.csv")
    assert set(table.method) == {"vae", "rrae", "vrrae", "floor"} and (table.n_seeds == 2).all()
    of_vrrae = table[(table.method == "vrrae") & (table.metric == "fid_random")].iloc[0]
    folder = results / "runs/own/vrrae/beta=1e-3__batch=64/seed=0"
    files = (folder / "scores.json", folder / "extractor_seed=1/scores.json")
    fids = [json.loads(file.read_text())["fid_random"] for file in files]
    assert of_vrrae["mean"] == pytest.approx(sum(fids) / 2) and of_vrrae["std"] > 0

    claims = pd.read_csv(results / "claims.csv")
    assert list(claims.columns) == ["id", "section", "statement", "verdict", "evidence"]
    assert set(claims.verdict) <= {"holds", "does_not_hold", "open"} and len(claims) > 30

    run = results / "runs/own/vrrae/beta=1e-3__batch=64/seed=0"
    names = {"model.eqx", "history.csv", "run.json", "latents.npz", "random.npy", "interpolation.npy", "scores.json"}
    names |= {"shown_images.npz", "shown_means.npz", "sample.json"}
    assert names <= {path.name for path in run.iterdir()}
    record = json.loads((run / "run.json").read_text())
    assert {"run", "data", "versions", "device", "commit", "wall_seconds", "peak_memory_mib"} <= set(record)
    scores = json.loads((run / "scores.json").read_text())
    assert all(isinstance(value, (int, float)) for name, value in scores.items() if name != "details")
    assert {"fid_random_other_draw", "sharpness_reconstruction", "mutual_information", "identity_energy"} <= set(scores)
    assert scores["details"]["fid_random_draws"] == [scores["fid_random"], scores["fid_random_other_draw"]]
    assert len(scores["details"]["singular_values"]) == 4
    # Against the training images (appendix A.7), which are 320 of the 400 digits.
    assert scores["details"]["counts"]["fid_random"]["real"] == 320
    extractor = scores["details"]["extractor"]
    assert extractor["sha256"] == json.loads((results / "extractor/own/extractor.json").read_text())["sha256"]


@pytest.mark.workflow
def test_the_numbers_of_tables_are_those_of_the_models_beside_them(finished):
    """Loaded as docs/reproduce.md shows, on the user's own images; and by the definition of the error."""
    results = finished / "results"
    images = np.load(finished / "own.npz")["test"][..., None]
    model, header = load_model(results / "runs/own/vrrae/beta=1e-3__batch=64/seed=0/model.eqx")
    targets = np.asarray(header.normalisation.apply(images))
    decoded = model.decode(model.posterior(targets).mean)
    error = 100 * np.linalg.norm(decoded - targets) / np.linalg.norm(targets)
    table = pd.read_csv(results / "tables/table_2.csv").query("method == 'vrrae' and metric == 'reconstruction_error'")
    assert table["mean"].item() == pytest.approx(error, rel=1e-4)

    table = pd.read_csv(results / "tables/table_1.csv").query("method == 'rrae' and metric == 'reconstruction_error'")
    files = (results / "runs/synthetic/rrae/batch=32").glob("seed=*/scores.json")
    errors = [json.loads(file.read_text())["reconstruction_error"] for file in files]
    assert len(errors) == 2
    assert table["mean"].item() == pytest.approx(np.mean(errors))
    assert table["std"].item() == pytest.approx(np.std(errors, ddof=1))


@pytest.mark.workflow
def test_the_report_stands_alone(finished):
    page = (finished / "results/report.html").read_text()
    assert "A test run." in page and "Table 1" in page and "Table 2" in page
    images = re.findall(r'src="data:image/webp;base64,([^"]+)"', page)
    # Figures 1, 2, 3, 5, A.2-1, A.2-2, A.5-4, A.5-7, collapse, verdicts, FID along the interpolation and by extractor,
    # and the training histories; two pictures of each run.
    assert len(images) == 13 + 2 * 13
    assert all(base64.b64decode(image)[8:12] == b"WEBP" for image in images)
    assert not re.search(r'src="(?!data:)', page)
    # Links to files beside it, which it does not need, are to files that are there.
    files = {unquote(address) for address in re.findall(r'href="([^#"][^"]*)"', page)}
    assert {"tables/table_2.csv", "figures/figure_5.pdf"} <= files
    assert all((finished / "results" / file).is_file() for file in files)
    places = re.findall(r'id="([^"]+)"', page)
    assert len(set(places)) == len(places) and set(re.findall(r'href="#([^"]+)"', page)) <= set(places)
    assert 'href="#lowest_test_error_synthetic"' in page and 'href="#figure_a2_1"' in page


@pytest.mark.workflow
def test_snakemakes_own_report_has_the_tables_figures_and_claims(finished):
    """`--report`, without network: its page needs no other."""
    outcome = run_tiny(finished, "--report", "own.html")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    [found] = re.findall(r"var results = (\{.*\});?$", (finished / "own.html").read_text(), re.MULTILINE)
    results = json.loads(found)
    tables, figures = (sorted(finished.glob(f"results/{kind}")) for kind in ("tables/*.csv", "figures/*.png"))
    shown = [*tables, *figures, finished / "results/claims.csv"]
    assert sorted(results) == sorted(path.relative_to(finished).as_posix() for path in shown)
    table = results["results/tables/table_1.csv"]
    assert table["labels"]["name"] == TABLES["table_1"].title and "results/tables/table_1.md" in table["caption"]


@pytest.mark.workflow
def test_a_second_run_does_nothing(finished):
    outcome = run_tiny(finished, "--cores", "2")
    assert "Nothing to be done" in outcome.stdout + outcome.stderr


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("reporting/figures/figure_3.py", {"draw_figure": 1, "write_report": 1}),
        (
            "training/losses.py",
            {"train": 13, "sample": 13, "score": 13 + 3, "time_steps": 1}
            | {"make_table": 11, "draw_figure": 11, "decide_claims": 1, "write_report": 1},
        ),
    ],
)
def test_one_changed_byte_reruns_what_it_decides_and_nothing_else(finished, file, rules):
    path = finished / "workflow/scripts/vrrae_bench" / file
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    try:
        jobs = jobs_of(run_tiny(finished, "-n", "--quiet", "rules", "--cores", "2"))
    finally:
        path.write_bytes(before)
    assert jobs == rules | {"all": 1, "total": sum(rules.values()) + 1}


@pytest.mark.workflow
def test_a_deleted_table_is_made_again_without_training(finished):
    table = finished / "results/tables/table_2.csv"
    table.unlink()
    outcome = run_tiny(finished, "table_2", "-n", "--quiet", "rules", "--cores", "2")
    assert jobs_of(outcome) == {"make_table": 1, "table_2": 1, "total": 2}
    assert run_tiny(finished, "table_2", "--cores", "2").returncode == 0
    assert table.is_file()
