"""The real workflow, run to its end with a tiny configuration."""

import base64
import json
import re
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from commands import copy_of_project, jobs_of, snakemake
from sklearn.datasets import load_digits

from vrrae_bench.models.serialisation import load_model
from vrrae_bench.study.catalogue import TABLES

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


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A copy of the project in which a tiny configuration was run to its end."""
    root = copy_of_project(tmp_path_factory.mktemp("project"))
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


def test_a_second_run_does_nothing(finished):
    outcome = run_tiny(finished, "--cores", "2")
    assert "Nothing to be done" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("reporting/figures/figure_3.py", {"draw_figure": 1, "write_report": 1}),
        (
            "training/losses.py",
            {"train": 13, "sample": 13, "score": 13 + 3, "time_steps": 1}
            | {"make_table": 12, "draw_figure": 11, "decide_claims": 1, "write_report": 1},
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


def test_a_deleted_table_is_made_again_without_training(finished):
    table = finished / "results/tables/table_2.csv"
    table.unlink()
    outcome = run_tiny(finished, "table_2", "-n", "--quiet", "rules", "--cores", "2")
    assert jobs_of(outcome) == {"make_table": 1, "table_2": 1, "total": 2}
    assert run_tiny(finished, "table_2", "--cores", "2").returncode == 0
    assert table.is_file()
