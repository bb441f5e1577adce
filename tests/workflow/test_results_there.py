"""Results that were copied, damaged or made with another configuration, before and after the remedy that is told."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.datasets.settings import BumpSettings
from vrrae_bench.datasets.synthetic import make_synthetic
from vrrae_bench.study.reading import BASE, load_settings
from vrrae_bench.study.selection import all_runs
from vrrae_bench.system.files import read_json

ROOT = Path(__file__).parents[2]
RUN = "results/runs/synthetic/ae/batch=32/seed=0"
TINY = """
offline: true
experiment: {datasets: [synthetic], methods: [ae], ablations: [], baselines: [], timed: []}
datasets:
  synthetic:
    bumps: {grid: 8, test_images: 20, diagonal_images: 10}
    epochs: 1
    batch_size: 32
    latent_size: 20
    other_learning_rates: []
    batch_sizes: [32]
    seeds: [0]
    sampling: {random_images: 24, interpolation_pairs: 4}
"""


def snakemake(root, *arguments):
    """The outcome, and what was told as one text."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "JAX_DISABLE_MOST_OPTIMIZATIONS": "0"}
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--quiet", "rules", "--cores", "1"]
    command += ["--directory", root, "--configfile", root / "mine.yaml", "--show-failed-logs", *arguments]
    outcome = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment)
    return outcome.returncode, outcome.stdout + outcome.stderr


def remedy_of(told):
    """What is to be added to the command, as the last message says it."""
    return re.findall(r"add this to the end of your snakemake command: (--forcerun .+)$", told, re.MULTILINE)[
        -1
    ].split()


def write_training(root, run):
    """What a training leaves, with a model that is none."""
    folder = root / "results" / run.folder
    folder.mkdir(parents=True)
    for name in ("model.eqx", "history.csv", "latents.npz", "random.npy"):
        (folder / name).write_bytes(name.encode())
    manifest = read_record(root / "results/data/synthetic/manifest.json")
    write_record(folder / "run.json", {"run": run.model_dump(), "data": manifest}, ["model.eqx", "history.csv"])
    return folder


@pytest.fixture
def copied(tmp_path):
    """Results of a training and its samples as they are copied, without the folder .snakemake."""
    (tmp_path / "mine.yaml").write_text(TINY)
    bumps = BumpSettings(grid=8, test_images=20, diagonal_images=10, seed=0)
    make_synthetic(tmp_path / "results/data/synthetic", bumps)
    settings = load_settings(BASE, tmp_path / "mine.yaml")
    [run] = [run for run in all_runs(settings) if RUN.endswith(run.folder)]
    write_training(tmp_path, run)
    return tmp_path


def test_copied_results_of_this_configuration_are_not_made_again(copied):
    code, told = snakemake(copied, f"{RUN}/run.json", "-n")
    assert code == 0 and "Nothing to be done" in told, told


def test_copied_results_of_another_configuration_are_refused_and_the_remedy_trains_anew(copied):
    (copied / "mine.yaml").write_text(TINY.replace("epochs: 1", "epochs: 2"))
    before = (copied / RUN / "model.eqx").read_bytes()
    code, told = snakemake(copied, f"{RUN}/model.eqx")
    assert code != 0 and f"{RUN}/run.json: epochs is 1.0 and not 2.0" in told and "Traceback" not in told
    assert (copied / RUN / "model.eqx").read_bytes() == before
    code, told = snakemake(copied, f"{RUN}/model.eqx", *remedy_of(told))
    assert code == 0, told
    assert read_json(copied / RUN / "run.json")["run"]["epochs"] == 2
    assert "Nothing to be done" in snakemake(copied, f"{RUN}/model.eqx")[1]
    # From here on Snakemake itself knows what it has made, and makes it again.
    (copied / "mine.yaml").write_text(TINY)
    code, told = snakemake(copied, f"{RUN}/model.eqx", "-n")
    assert code == 0 and re.search(r"train +1", told), told
    # But not if it is told to look at nothing but times.
    code, told = snakemake(copied, f"{RUN}/model.eqx", "-n", "--rerun-triggers", "mtime")
    assert code != 0 and "epochs is 2.0 and not 1.0" in told


def test_results_with_the_names_of_an_earlier_version_are_refused_and_the_remedies_keep_them(copied):
    (copied / "mine.yaml").write_text(TINY.replace("[ae]", "[vae]"))
    [run, *_] = [run for run in all_runs(load_settings(BASE, copied / "mine.yaml")) if run.method == "vae"]
    folder = write_training(copied, run.model_copy(update={"variant": run.variant.replace("__", ",")}))
    record, target = read_json(folder / "run.json"), f"results/{run.folder}/run.json"
    code, told = snakemake(copied, target)
    assert code != 0 and "1 folder(s) of runs have a comma in their name" in told and "Traceback" not in told, told
    [remedy] = re.findall(r"type: make (rename FROM=.+)$", told, re.MULTILINE)
    assert remedy == "rename FROM=results" and read_json(folder / "run.json") == record
    outcome = subprocess.run(
        [sys.executable, ROOT / "workflow/scripts/rename.py", "results"], cwd=copied, capture_output=True, text=True
    )
    assert outcome.returncode == 0 and "Left as it is" in outcome.stdout, outcome.stderr  # the model is none
    assert "command once with --touch at its end" in outcome.stdout
    # The code of this checkout is newer than these results, as it is after a version is replaced by the next.
    for path in (copied / "results").rglob("*.*"):
        os.utime(path, (1e9, 1e9))
    assert re.search(r"train +1", snakemake(copied, target, "-n")[1])
    code, told = snakemake(copied, target, "--touch")
    assert code == 0 and (copied / f"results/{run.folder}/model.eqx").read_bytes() == b"model.eqx", told
    assert "Nothing to be done" in snakemake(copied, target)[1]


def test_another_configuration_does_not_find_the_old_one_in_settings_json(copied):
    assert snakemake(copied, "table_a3_1")[0] == 0
    shutil.rmtree(copied / ".snakemake")
    assert "Nothing to be done" in snakemake(copied, "table_a3_1")[1]
    (copied / "mine.yaml").write_text(TINY.replace("epochs: 1", "epochs: 2"))
    code, told = snakemake(copied, "table_a3_1")
    assert code != 0 and "results/settings.json: content" in told, told
    code, told = snakemake(copied, "table_a3_1", *remedy_of(told))
    assert code == 0, told
    assert read_json(copied / "results/settings.json")["datasets"]["synthetic"]["epochs"] == 2


@pytest.mark.parametrize("suffix", [".csv", ".md", ".tex"])
def test_each_file_of_a_table_is_made_again_if_it_is_deleted(suffix, copied):
    assert snakemake(copied, "table_a3_1")[0] == 0
    deleted = copied / f"results/tables/table_a3_1{suffix}"
    deleted.unlink()
    assert snakemake(copied, "table_a3_1")[0] == 0 and deleted.exists()


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: cut(root / "results/data/synthetic/manifest.json"), r"manifest.json: is damaged"),
        (lambda root: cut(root / "results/data/synthetic/train.npy"), r"train.npy: cannot be read"),
        (lambda root: (root / "results/data/synthetic/test.npy").unlink(), r"test.npy: cannot be read"),
        (lambda root: cut(root / RUN / "run.json"), r"run.json: damaged"),
        (lambda root: cut(root / RUN / "model.eqx"), r"run.json: model.eqx beside it: damaged"),
    ],
)
def test_what_is_good_is_kept_when_something_beside_it_is_damaged(damage, message, copied):
    damage(copied)
    before = {path: path.read_bytes() for path in (copied / RUN).iterdir()}
    code, told = snakemake(copied, f"{RUN}/sample.json")
    assert code != 0 and re.search(message, told) and "Traceback" not in told, told
    assert {path: path.read_bytes() for path in (copied / RUN).iterdir()} == before
    code, told = snakemake(copied, f"{RUN}/sample.json", "-n", *remedy_of(told))
    assert code == 0 and re.search(r"(make_synthetic|train) +1", told), told
