"""What a run came to, kept without what it was made from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vrrae_bench.study.reading import load_settings

COMMAND = Path(__file__).parents[2] / "workflow/scripts/keep.py"
RUN = "runs/mnist/vrrae/beta=1e-6__batch=576/seed=0"


def keep(*folders):
    return subprocess.run([sys.executable, COMMAND, *map(str, folders)], capture_output=True, text=True)


@pytest.fixture
def results(tmp_path):
    """A folder of results with a configuration, and nothing else."""
    study = load_settings(Path(__file__).parents[2] / "config.yaml").study
    path = tmp_path / "results/settings.json"
    path.parent.mkdir()
    path.write_text(study.model_dump_json())
    return path.parent


def kept_of(results, names):
    """What is kept of such files, and what is printed."""
    for name in names:
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(name)
    folder = results.with_name("kept")
    outcome = keep(results, folder)
    assert outcome.returncode == 0, outcome.stderr
    assert all((folder / name).read_text() == name for name in names if (folder / name).exists())
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}, outcome.stdout


def test_scores_and_pages_are_kept_and_data_models_and_images_are_not(results):
    kept = {"report.html", "claims.csv", "claims.json", "claims.md", "timings/mnist.json"}
    kept |= {"tables/table_2.md", "tables/table_2.csv", "figures/figure_5.png", "figures/figure_5.txt"}
    kept |= {f"{RUN}/{name}" for name in ("scores.json", "scores_2015.json", "run.json", "history.csv")}
    kept |= {f"{RUN}/extractor_seed=1/scores.json", "extractor/mnist/floor.json"}
    left = {f"{RUN}/model.eqx", f"{RUN}/random.npy", "data/mnist/train.npy", "extractor/mnist/inception.pt"}
    left |= {"figures/figure_5.pdf", "logs/train/mnist.log"}
    found, printed = kept_of(results, kept | left)
    assert found == kept | {"settings.json"} and "left out" not in printed


def test_of_images_and_points_those_are_kept_that_figures_show(results):
    """Figure 5 shows the first seed alone, and Figure 2 the points of every seed."""
    other, bumps = RUN.replace("seed=0", "seed=1"), "runs/synthetic/vae/beta=1e-3__batch=64/seed=1"
    kept = {f"{RUN}/{name}" for name in ("shown_images.npz", "shown_means.npz", "sample.json", "scores.json")}
    kept |= {f"{bumps}/shown_means.npz", "data/mnist/manifest.json"}
    left = {f"{other}/shown_images.npz", f"{bumps}/shown_images.npz", "data/synthetic/manifest.json"}
    found, _ = kept_of(results, kept | left)
    assert found == kept | {"settings.json"}


def test_what_an_earlier_configuration_left_is_not_kept(results):
    """config.yaml has no Fashion-MNIST, nor that seed, and so neither has its report."""
    others = {"tables/table_9.md", "extractor/fashion_mnist/floor.json", "timings/fashion_mnist.json"}
    others |= {RUN.replace("seed=0", "seed=77") + "/scores.json", RUN.replace("mnist", "fashion_mnist") + "/run.json"}
    others |= {f"{RUN}/extractor_seed=99/scores.json", "extractor/mnist/extractor_seed=99/floor.json"}
    others |= {"extractor/synthetic/floor.json"}  # bumps have no FID
    found, printed = kept_of(results, others | {f"{RUN}/scores.json"})
    assert found == {"settings.json", f"{RUN}/scores.json"}
    assert printed.endswith(f"{len(others)} files left out, because settings.json does not ask for them\n")


def test_the_fid_of_most_papers_is_kept_only_while_it_is_asked_for(results):
    study = json.loads((results / "settings.json").read_text())
    study["datasets"]["mnist"]["inception_2015"] = False
    (results / "settings.json").write_text(json.dumps(study))
    found, _ = kept_of(results, {f"{RUN}/scores_2015.json", "extractor/mnist/floor_2015.json", f"{RUN}/scores.json"})
    assert found == {"settings.json", f"{RUN}/scores.json"}


@pytest.mark.parametrize("content", ["no JSON", "{}"])
def test_a_configuration_that_is_none_is_told(results, content):
    (results / "report.html").touch()
    (results / "settings.json").write_text(content)
    outcome = keep(results, results.with_name("kept"))
    assert outcome.returncode == 1 and outcome.stderr.startswith("error: ")
    assert "settings.json: is no configuration of this version. Make it again" in outcome.stderr


def test_results_that_do_not_tell_their_configuration_are_not_kept(results):
    (results / "settings.json").rename(results / "report.html")
    outcome = keep(results, results.with_name("kept"))
    assert outcome.returncode == 1 and "settings.json: is missing" in outcome.stderr
    assert not results.with_name("kept").exists()


def test_a_folder_without_results_is_told(tmp_path):
    outcome = keep(tmp_path, tmp_path / "kept")
    assert outcome.returncode == 1 and "Name a folder of results" in outcome.stderr
    assert not (tmp_path / "kept").exists()
