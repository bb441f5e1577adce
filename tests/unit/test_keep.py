"""What a run came to, kept without what it was made from."""

import json
from functools import partial
from pathlib import Path

import pytest
from commands import ROOT
from configurations import load_settings

import keep as keep_command
from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.reporting.configured import digest_of, read_study
from vrrae_bench.study.selection import all_runs

NO_CLAIMS = {"summary": [], "claims": [], "rules": {}, "conditions": [], "other_networks": [], "contradictions": []}
RUN = "runs/mnist/vrrae/beta=1e-6__batch=576/seed=0"


@pytest.fixture
def keep(run_main):
    return partial(run_main, keep_command)


@pytest.fixture
def results(tmp_path):
    """A folder of results with a configuration, and nothing else."""
    study = load_settings(ROOT / "config.yaml").study
    path = tmp_path / "results/settings.json"
    path.parent.mkdir()
    path.write_text(study.model_dump_json())
    return path.parent


def make(results, name):
    """A file as the stage leaves it that makes it, as far as its form matters here."""
    path, settings = results / name, digest_of(results / "settings.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == "run.json":
        runs = {run.folder: run for run in all_runs(read_study(results / "settings.json"))}
        run = runs.get(Path(name).parent.as_posix())
        write_record(path, {"run": run.model_dump()} if run else {})
    elif path.name == "claims.json":
        write_record(path, NO_CLAIMS | {"settings": settings})
    elif path.suffix == ".json":
        write_record(path, {"name": name})
    else:
        path.write_text(f'<meta name="vrrae-settings" content="{settings}">' if name == "report.html" else name)


@pytest.fixture
def kept_of(keep):
    """A factory: what is kept of such files, and what is printed."""

    def run(results, names):
        for name in names:
            make(results, name)
        folder = results.with_name("kept")
        outcome = keep(results, folder)
        assert outcome.returncode == 0, outcome.stderr
        kept = [name for name in names if (folder / name).exists()]
        assert all((folder / name).read_bytes() == (results / name).read_bytes() for name in kept)
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}, outcome.stdout

    return run


def test_scores_and_pages_are_kept_and_data_models_and_images_are_not(results, kept_of):
    kept = {"report.html", "claims.csv", "claims.json", "claims.md", "timings/mnist.json"}
    kept |= {f"tables/table_2.{ending}" for ending in ("md", "csv", "tex")}  # the report links to each
    kept |= {f"figures/figure_5.{ending}" for ending in ("png", "pdf", "txt")}
    kept |= {f"{RUN}/{name}" for name in ("scores.json", "scores_2015.json", "run.json", "history.csv")}
    kept |= {f"{RUN}/extractor_seed=1/scores.json", "extractor/mnist/floor.json"}
    left = {f"{RUN}/model.eqx", f"{RUN}/random.npy", "data/mnist/train.npy", "extractor/mnist/inception.pt"}
    left |= {"logs/train/mnist.log"}
    found, printed = kept_of(results, kept | left)
    assert found == kept | {"settings.json"} and "left out" not in printed


def test_of_images_and_points_those_are_kept_that_figures_show(results, kept_of):
    """Figure 5 shows the first seed alone, and Figure 2 the points of every seed."""
    other, bumps = RUN.replace("seed=0", "seed=1"), "runs/synthetic/vae/beta=1e-3__batch=64/seed=1"
    kept = {f"{RUN}/{name}" for name in ("shown_images.npz", "shown_means.npz", "sample.json", "scores.json")}
    kept |= {f"{bumps}/shown_means.npz", "data/mnist/manifest.json"}
    left = {f"{other}/shown_images.npz", f"{bumps}/shown_images.npz", "data/synthetic/manifest.json"}
    found, _ = kept_of(results, kept | left)
    assert found == kept | {"settings.json"}


def test_what_an_earlier_configuration_left_is_not_kept(results, kept_of):
    """config.yaml has no Fashion-MNIST, nor that seed, and so neither has its report."""
    others = {"tables/table_9.md", "extractor/fashion_mnist/floor.json", "timings/fashion_mnist.json"}
    others |= {RUN.replace("seed=0", "seed=77") + "/scores.json", RUN.replace("mnist", "fashion_mnist") + "/run.json"}
    others |= {f"{RUN}/extractor_seed=99/scores.json", "extractor/mnist/extractor_seed=99/floor.json"}
    others |= {"extractor/synthetic/floor.json"}  # bumps have no FID
    found, printed = kept_of(results, others | {f"{RUN}/scores.json"})
    assert found == {"settings.json", f"{RUN}/scores.json"}
    assert printed.endswith(f"{len(others)} files left out, because settings.json does not ask for them\n")


def test_nothing_is_kept_beside_files_of_other_results(results, kept_of, keep):
    """They would stay there, as if they were of the same configuration."""
    kept_of(results, ["report.html", f"{RUN}/run.json"])
    folder = results.with_name("kept")
    (results / "report.html").unlink()
    make(results, "tables/table_a3_1.md")
    outcome = keep(results, folder)
    assert outcome.returncode == 1
    assert f"{folder}: has 1 file that these results do not have, such as report.html." in outcome.stderr
    assert not (folder / "tables").exists() and (folder / "report.html").exists()


def test_the_fid_of_most_papers_is_kept_only_while_it_is_asked_for(results, kept_of):
    study = json.loads((results / "settings.json").read_text())
    study["datasets"]["mnist"]["inception_2015"] = False
    (results / "settings.json").write_text(json.dumps(study))
    found, _ = kept_of(results, {f"{RUN}/scores_2015.json", "extractor/mnist/floor_2015.json", f"{RUN}/scores.json"})
    assert found == {"settings.json", f"{RUN}/scores.json"}


def test_the_fid_of_most_papers_is_kept_where_there_is_no_other(results, kept_of):
    study = json.loads((results / "settings.json").read_text())
    study["datasets"]["mnist"] |= {"extractor": None, "extractor_seeds": []}
    (results / "settings.json").write_text(json.dumps(study))
    kept = {f"{RUN}/scores_2015.json", "extractor/mnist/floor_2015.json"}
    found, _ = kept_of(results, kept | {"extractor/mnist/floor.json", "extractor/mnist/extractor.json"})
    assert found == kept | {"settings.json"}


@pytest.mark.parametrize("content", ["no JSON", "{}"])
def test_a_configuration_that_is_none_is_told(results, keep, content):
    (results / "report.html").touch()
    (results / "settings.json").write_text(content)
    outcome = keep(results, results.with_name("kept"))
    assert outcome.returncode == 1 and outcome.stderr.startswith("error: ")
    assert "settings.json: is no configuration of this version." in outcome.stderr
    assert outcome.stderr.rstrip().endswith(f" --forcerun {results}/settings.json")


def test_results_that_do_not_tell_their_configuration_are_not_kept(results, keep):
    (results / "settings.json").rename(results / "report.html")
    outcome = keep(results, results.with_name("kept"))
    assert outcome.returncode == 1 and "settings.json: is missing" in outcome.stderr
    assert not results.with_name("kept").exists()


def test_a_folder_without_results_is_told(tmp_path, keep):
    outcome = keep(tmp_path, tmp_path / "kept")
    assert outcome.returncode == 1 and "Name a folder of results" in outcome.stderr
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("name", "damage", "told"),
    [
        (
            "report.html",
            lambda path: path.write_text(path.read_text().replace('content="', 'content="0')),
            "another con",
        ),
        ("report.html", lambda path: path.write_text("<html>"), "does not tell its configuration: an earlier version"),
        ("claims.json", lambda path: write_record(path, NO_CLAIMS | {"settings": "ab"}), "another configuration than"),
        ("claims.json", lambda path: write_record(path, NO_CLAIMS), "does not tell its configuration: an earlier"),
        ("claims.json", lambda path: path.write_text("{}"), "is no file of decided claims"),
        (
            f"{RUN}/run.json",
            lambda path: change_run(path, epochs=1),
            "is not the result that is asked for: epochs is 1",
        ),
        (f"{RUN}/run.json", lambda path: path.write_text("{"), "is damaged"),
        (f"{RUN}/scores.json", lambda path: path.write_text(path.read_text().replace("scores", "other")), "is damaged"),
        (
            "figures/figure_5.png",
            lambda path: path.write_text("another one"),
            "is damaged, or is not the file for which",
        ),
    ],
)
def test_nothing_is_kept_of_results_that_are_damaged_or_of_another_configuration(results, keep, name, damage, told):
    """As when settings.json was made anew, and the report not yet; what is kept would contradict its configuration."""
    for each in ("report.html", "claims.json", f"{RUN}/run.json", f"{RUN}/scores.json", "figures/figure_5.png"):
        make(results, each)
    write_record(results / "figures/figure_5.json", {}, ["figure_5.png"])
    damage(results / name)
    outcome = keep(results, results.with_name("kept"))
    assert outcome.returncode == 1 and outcome.stderr.startswith(f"error: {results / name}: ")
    assert told in outcome.stderr and "--forcerun" in outcome.stderr and "Traceback" not in outcome.stderr
    assert not results.with_name("kept").exists()


def change_run(path, **changes):
    record = read_record(path)
    write_record(path, {"run": record["run"] | changes})
