"""Tables, figures, claims and the report, made again from what is kept of results, without data and models."""

import json
import re
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from commands import ROOT
from configurations import load_settings

import keep as keep_command
from redraw import redraw
from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.artefacts.shown import GALLERIES, GALLERY, GALLERY_COLUMNS, SHOWN_IMAGES, SHOWN_MEANS, SHOWN_PAIRS
from vrrae_bench.reporting.configured import read_study
from vrrae_bench.study.catalogue import FIGURES, TABLES
from vrrae_bench.study.selection import all_runs, is_made
from vrrae_bench.system.errors import UserError

EXAMPLE = ROOT / "docs/example-report"
SMALL = """
banner: A small study.
experiment: {methods: [vae, vrrae]}
defaults: {ablations: [], baselines: [], timed: []}
datasets:
  synthetic: {seeds: [0, 1], batch_sizes: []}
  mnist: {seeds: [0], betas: [0, 1.0e-3], batch_sizes: [], extractor_seeds: []}
"""


def score_positions(scores):
    """Add what the version that scored the example did not write yet."""
    record = json.loads(scores.read_text())
    if "fid_interpolation" in record and "fid_interpolation_by_position" not in record["details"]:
        record["details"]["fid_interpolation_by_position"] = [60.0, 70.0, 80.0, 70.0, 60.0]
        record["details"]["counts"]["fid_interpolation_by_position"] = {"generated": 1250, "real": 60_000}
        scores.write_text(json.dumps(record))


@pytest.fixture
def results(few_runs, tmp_path):
    """A copy of the results of a few runs, to be changed."""
    return shutil.copytree(few_runs, tmp_path / "results")


@pytest.fixture(scope="module")
def few_runs(tmp_path_factory):
    """Results of a few runs: the scores that the example report has of them, with made images and points."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("few_runs")
    (folder / "small.yaml").write_text(SMALL)
    study = load_settings(ROOT / "config.yaml", EXAMPLE / "experiment.yaml", folder / "small.yaml").study
    (folder / "small.yaml").unlink()
    shutil.copytree(EXAMPLE / "extractor", folder / "extractor")
    (folder / "settings.json").write_text(study.model_dump_json())
    for run in all_runs(study):
        shutil.copytree(EXAMPLE / run.folder, folder / run.folder)
        score_positions(folder / run.folder / "scores.json")
        counts = {
            "random": (GALLERIES * GALLERY,),
            "nearest": (GALLERIES * GALLERY_COLUMNS,),
            "real": (GALLERIES * GALLERY_COLUMNS,),
        }
        counts |= {"transitions": (SHOWN_PAIRS, 9)}
        images = {name: rng.integers(0, 256, (*count, 8, 8, 1), np.uint8) for name, count in counts.items()}
        np.savez(folder / run.folder / SHOWN_IMAGES, **images, pairs=np.arange(2 * SHOWN_PAIRS).reshape(-1, 2))
        means = {"train": rng.normal(size=(40, 2)), "spread": np.ones(2), "labels": np.arange(40) % 10}
        np.savez(folder / run.folder / SHOWN_MEANS, **means, diagonal=rng.normal(size=(9, 2)))
        write_record(folder / run.folder / "sample.json", {"run": run.model_dump()}, [SHOWN_IMAGES, SHOWN_MEANS])
    data = read_record(folder / run.folder / "run.json")["data"]
    (folder / "data/mnist").mkdir(parents=True)
    write_record(folder / "data/mnist/manifest.json", data)
    return folder


def test_all_is_made_from_what_is_kept(results, tmp_path, monkeypatch):
    monkeypatch.setattr("vrrae_bench.reporting.figures.drawing.DOTS_PER_INCH", 40)
    monkeypatch.setattr(sys, "argv", ["keep.py", str(results), str(tmp_path / "kept")])
    keep_command.main()
    results.rename(tmp_path / "gone")
    kept = tmp_path / "kept"
    assert redraw(kept) == {}
    study = read_study(kept / "settings.json")
    figures, tables = ([name for name in kinds if is_made(study, name)] for kinds in (FIGURES, TABLES))
    made = {f"figures/{name}{suffix}" for name in figures for suffix in (".png", ".pdf", ".txt", ".json")}
    made |= {f"tables/{name}{suffix}" for name in tables for suffix in (".csv", ".md", ".tex", ".json")}
    assert len(figures) > 8 and len(tables) > 5
    assert all((kept / file).is_file() for file in made | {"claims.csv", "claims.md", "claims.json"})
    page = (kept / "report.html").read_text()
    of_runs = 2 * len(list(kept.glob(f"runs/**/{SHOWN_IMAGES}")))
    assert "A small study." in page and len(re.findall("data:image/webp", page)) == len(figures) + 1 + of_runs
    table = pd.read_csv(kept / "tables/table_2.csv").query(
        "dataset == 'mnist' and method == 'vae' and metric == 'fid_random'"
    )
    [scores] = kept.glob("runs/mnist/vae/beta=1e-3*/seed=0/scores.json")
    assert table["mean"].item() == json.loads(scores.read_text())["fid_random"]


@pytest.fixture
def drawn(monkeypatch):
    """The names of figures in the place of their pictures, which take seconds."""
    names = []
    monkeypatch.setattr("redraw.draw_figure", lambda name, *others: names.append(name))
    monkeypatch.setattr("redraw.make_report", lambda **arguments: None)
    monkeypatch.setattr("redraw.TABLES", ["table_1"])
    monkeypatch.setattr("redraw.FIGURES", {name: one for name, one in FIGURES.items() if not one.made})
    return names


@pytest.mark.parametrize(
    ("stale", "extractor_seeds"),
    [("tables/table_1.csv", []), ("claims.json", []), ("claims.json", [9])],
    ids=["table", "claims", "claims without the scores by a further extractor"],
)
def test_tables_and_claims_that_are_older_than_the_scores_are_not_kept(
    stale, extractor_seeds, results, drawn, monkeypatch, tmp_path
):
    """As when runs were scored again, and Snakemake was stopped before it made the tables."""
    study = json.loads((results / "settings.json").read_text())
    study["datasets"]["mnist"]["extractor_seeds"] = extractor_seeds
    (results / "settings.json").write_text(json.dumps(study))
    assert ("what further extractors say of the claims" in redraw(results)) == bool(extractor_seeds)
    [scores] = results.glob("runs/synthetic/vae/*/seed=0/scores.json")
    record = json.loads(scores.read_text())
    scores.write_text(json.dumps(record | {"reconstruction_error": 2 * record["reconstruction_error"]}))
    if stale == "claims.json":
        (results / "tables/table_1.csv").unlink()
    monkeypatch.setattr(sys, "argv", ["keep.py", str(results), str(tmp_path / "kept")])
    with pytest.raises(UserError, match=f"{stale}: is not what the results beside it give.*--forcerun"):
        keep_command.main()
    assert not (tmp_path / "kept").exists()


def test_a_figure_whose_images_are_not_kept_is_named_and_all_else_is_made(results, drawn):
    [images] = results.glob(f"runs/mnist/vae/beta=1e-3*/seed=0/{SHOWN_IMAGES}")
    images.unlink()
    lacking = redraw(results)
    assert set(lacking) == {"figure_5", "figure_a5_4", "figure_a5_7"}
    assert set(lacking.values()) == {images.relative_to(results).as_posix()}
    assert {"figure_1", "figure_2", "figure_3", "figure_collapse"} <= set(drawn) and not set(drawn) & set(lacking)


def test_a_figure_of_what_an_earlier_version_did_not_score_is_named(results, drawn):
    [scores] = results.glob("runs/mnist/vae/beta=1e-3*/seed=0/scores.json")
    shutil.copyfile(EXAMPLE / scores.relative_to(results), scores)
    missing = f"fid_interpolation_by_position in {scores.relative_to(results).as_posix()}"
    assert redraw(results) == {"figure_fid_along": missing} and "figure_fid_along" not in drawn


def test_the_report_shows_no_picture_of_an_earlier_version_which_has_no_record(results, drawn, monkeypatch):
    shown = []
    monkeypatch.setattr("redraw.make_report", lambda *, figures, **others: shown.extend(figures))
    (results / "figures").mkdir(exist_ok=True)
    for name in ("figure_1.png", "figure_1.json", "figure_2.png"):
        (results / "figures" / name).touch()
    redraw(results)
    assert shown == [results / "figures/figure_1.png"] and (results / "figures/figure_2.png").exists()


def test_nothing_is_decided_where_trainings_were_smaller_than_the_papers(results, drawn):
    study = json.loads((results / "settings.json").read_text()) | {"reduced": "few epochs"}
    (results / "settings.json").write_text(json.dumps(study))
    redraw(results)
    assert set(pd.read_csv(results / "claims.csv").verdict) == {"open"}


def test_a_configuration_of_an_earlier_version_is_read(results):
    """Until 0.2, the methods of Tables 3, A.4-1 and A.4-3 stood below `experiment`."""
    settings = results / "settings.json"
    study, written = read_study(settings), json.loads(settings.read_text())
    for key in ("ablations", "baselines", "timed"):
        written["experiment"][key] = [dataset.pop(key) for dataset in written["datasets"].values()][0]
    settings.write_text(json.dumps(written))
    assert read_study(settings) == study


def test_without_the_scores_of_a_run_nothing_is_made(results):
    [scores] = results.glob("runs/mnist/vae/beta=1e-3*/seed=0/scores.json")
    scores.unlink()
    with pytest.raises(UserError, match=r"seed=0/scores.json: is missing. Claims and report need"):
        redraw(results)
    assert not (results / "tables").exists()


def test_damaged_images_are_told(results, monkeypatch):
    monkeypatch.setattr("redraw.TABLES", [])
    monkeypatch.setattr("redraw.FIGURES", {"figure_5": FIGURES["figure_5"]})
    [images] = results.glob(f"runs/mnist/vae/beta=1e-3*/seed=0/{SHOWN_IMAGES}")
    images.write_bytes(images.read_bytes()[:-100])
    with pytest.raises(UserError, match=rf"{SHOWN_IMAGES}: is damaged, or is not the file for which sample.json"):
        redraw(results)
