"""Runs that versions before 0.2 named with a comma, and the command that gives them the names of today."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

import jax
import pytest
from commands import ROOT

import keep
import redraw
import rename
from vrrae_bench.artefacts.former_names import refuse_former_names
from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.records import DIGEST, content_digest, details_of, read_record, write_record
from vrrae_bench.artefacts.run_folder import check_sample
from vrrae_bench.models.serialisation import ModelHeader, load_model, save_model
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import read_json, write_json

EXAMPLE = ROOT / "docs/example-report"
FORMER, TODAY = "beta=1e-3,batch=16", "beta=1e-3__batch=16"


@pytest.fixture
def command(monkeypatch, capsys):
    """A factory: what a command of the project prints, given a folder."""

    def run(module, *folders):
        monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, folders)])
        module.main()
        return capsys.readouterr().out

    return run


def content(folder):
    """All files of a folder by their names within it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def renew_digest(path):
    """Give a record that has a digest the one of what it holds now."""
    record = read_json(path)
    if details_of(record).pop(DIGEST, None):
        details_of(record)[DIGEST] = content_digest(record)
        write_json(path, record)


@pytest.fixture
def kept(tmp_path):
    """The example report as `make keep` of a version before 0.2 wrote it, and the files that it has today."""
    today = tmp_path / "today"
    shutil.copytree(EXAMPLE, today, ignore=shutil.ignore_patterns("*.png", "fashion-mnist", "fresh-seeds"))
    former = tmp_path / "kept"
    for name, bytes_today in content(today).items():
        if name.startswith("runs/"):
            bytes_today = bytes_today.replace(b"__batch=", b",batch=")
        elif name == "report.html":
            bytes_today = bytes_today.replace(b"__batch%3D", b"%2Cbatch%3D")
        path = former / name.replace("__batch=", ",batch=")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes_today)
        if name.startswith("runs/") and path.suffix == ".json":
            renew_digest(path)
    return former, today


def test_a_kept_folder_of_an_earlier_version_becomes_one_of_today(kept, command):
    former, today = kept
    assert content(former).keys() != content(today).keys()
    assert "folder(s) of runs renamed" in command(rename, former)
    assert content(former) == content(today)
    assert "\n" not in command(rename, former).strip()  # nothing is left to do
    assert content(former) == content(today)


@pytest.mark.parametrize("module", [keep, redraw])
def test_former_names_are_refused_with_the_command_that_renames(module, kept, command, tmp_path):
    former, _ = kept
    before = content(former)
    folders = [former, *([tmp_path / "copy"] if module is keep else [])]
    with pytest.raises(UserError, match=f"have a comma in their name.*type: make rename FROM={former}$"):
        command(module, *folders)
    assert content(former) == before and not (tmp_path / "copy").exists()


def records_of(folder, spec, header, model):
    """Files of a run as its stages write them, all with the same time but for the order of the stages."""
    save_model(folder / "model.eqx", model, header)
    (folder / "history.csv").write_text("step\n1\n")
    (folder / "random.npy").write_bytes(b"images")
    write_record(folder / "run.json", {"run": spec}, ["model.eqx", "history.csv"])
    write_record(folder / "sample.json", {"run": spec, "model_sha256": sha256(folder / "model.eqx")}, ["random.npy"])
    write_record(folder / "scores.json", {"fid_random": 1.5, "details": {"run": spec}})
    write_record(folder / "extractor_seed=1/scores.json", {"fid_random": 2.5, "details": {"run": spec}})
    for seconds, path in enumerate(sorted(folder.rglob("*.*"))):
        os.utime(path, (1e9 + seconds, 1e9 + seconds))


@pytest.fixture
def results(tmp_path, run_spec, untrained):
    """Results of a run with its former name, and the same with the name of today."""
    model = untrained("vrrae")
    model = model.with_bottleneck(model.bottleneck.like_trained())
    for root, variant in (("former", FORMER), ("today", TODAY)):
        spec = run_spec("vrrae", variant=variant)
        header = ModelHeader(run=spec, image_shape=(28, 28, 1), normalisation=Normalisation(shift=0, scale=255))
        records_of(tmp_path / root / spec.folder, spec.model_dump(), header, model)
    logs = tmp_path / f"former/logs/train/tiny/vrrae/{FORMER}/seed=0.log"
    logs.parent.mkdir(parents=True)
    logs.write_text("step 1")
    (tmp_path / "former/report.html").write_text(
        f'<a href="{quote(f"runs/tiny/vrrae/{FORMER}/seed=0/run.json")}">run</a>'
    )
    return tmp_path / "former", tmp_path / "today"


def times(folder):
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.is_file()
    }


def test_models_records_and_digests_become_those_that_a_training_writes_today(results, command):
    former, today = results
    assert "1 folder(s) of runs renamed" in (told := command(rename, former)) and "--touch" in told
    assert content(former / "runs") == content(today / "runs")
    assert times(former / "runs") == times(today / "runs")
    assert (former / f"logs/train/tiny/vrrae/{TODAY}/seed=0.log").exists()
    assert quote(f"runs/tiny/vrrae/{TODAY}/seed=0/run.json") in (former / "report.html").read_text()
    folder = next(former.glob("runs/*/*/*/*"))
    record = read_record(folder / "run.json", "model.eqx", "history.csv")
    assert load_model(folder / "model.eqx")[1].run.variant == record["run"]["variant"] == TODAY
    refuse_former_names(former)


@pytest.mark.parametrize("interrupted", ["run.json", "sample.json", "model.eqx", "folder"])
def test_a_command_that_was_interrupted_is_started_again(interrupted, results, command, monkeypatch):
    """Before a file was written, or before the folder was renamed."""
    former, today = results
    atomic_path = rename.atomic_path

    def fail(path, *rest):
        if path.name in (interrupted, FORMER):
            raise KeyboardInterrupt
        return atomic_path(path)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(rename, "atomic_path", fail)
        if interrupted == "folder":
            patch.setattr(Path, "rename", fail)
        command(rename, former)
    assert next(former.glob(f"runs/*/*/{FORMER}"))
    command(rename, former)
    assert content(former / "runs") == content(today / "runs")
    assert times(former / "runs") == times(today / "runs")


@pytest.mark.parametrize(
    ("name", "message"), [("model.eqx", "is not a model file"), ("sample.json", "does not have the digest")]
)
def test_a_damaged_file_stays_as_it_is_and_is_named(name, message, results, command):
    former, today = results
    path = next(former.glob(f"runs/**/{name}"))
    sound = path.read_bytes()
    path.write_bytes(damaged := sound[:-200] + sound[-199:])
    told = command(rename, former)
    # By the name of today, so that the remedy can be typed.
    assert f"Left as it is: {path}".replace(FORMER, TODAY) in told and message in told and FORMER not in told
    found, asked = content(former / "runs"), content(today / "runs")
    assert found.keys() == asked.keys()
    folder = f"tiny/vrrae/{TODAY}/seed=0"
    assert found[f"{folder}/{name}"] == damaged
    assert found[f"{folder}/scores.json"] == asked[f"{folder}/scores.json"]


def test_a_model_of_another_training_is_not_made_to_belong(results, command):
    """Its digest is not the one that run.json has, and stays so."""
    former, _ = results
    folder = next(former.glob("runs/*/*/*/*"))
    model, header = load_model(folder / "model.eqx")
    other = jax.tree.map(lambda leaf: leaf + 1 if hasattr(leaf, "shape") else leaf, model)
    save_model(folder / "model.eqx", other, header)
    command(rename, former)
    with pytest.raises(UserError, match="is not the file for which run.json beside it was written"):
        read_record(next(former.glob("runs/*/*/*/*/run.json")), "model.eqx")


def test_samples_that_were_kept_without_their_model_belong_to_their_training_as_before(results, command, run_spec):
    """What `make keep` leaves of a run: both records tell the digest of a model that nobody can rename."""
    former, _ = results
    folder = next(former.glob("runs/*/*/*/*"))
    digest = sha256(folder / "model.eqx")
    (folder / "model.eqx").unlink()
    command(rename, former)
    folder = next(former.glob("runs/*/*/*/*"))
    for name, entry in (("run.json", ("files", "model.eqx")), ("sample.json", ("model_sha256",))):
        found = read_record(folder / name)
        for key in entry:
            found = found[key]
        assert found == digest
    write_record(folder / "sample.json", read_record(folder / "sample.json") | {"sampling": {}})
    check_sample(folder, run_spec("vrrae", variant=TODAY), None)


def test_a_run_that_is_there_under_both_names_is_left_to_the_user(results, command):
    former, _ = results
    (former / f"runs/tiny/vrrae/{TODAY}").mkdir()
    before = content(former)
    with pytest.raises(UserError, match="are the same runs. Delete the one that is not wanted"):
        command(rename, former)
    assert content(former) == before


def test_a_folder_without_runs_is_told(tmp_path, command):
    with pytest.raises(UserError, match="Name a folder of results"):
        command(rename, tmp_path)


def test_records_of_versions_without_digests_get_none(results, command):
    """They would vouch for what nobody has compared."""
    former, _ = results
    path = next(former.glob("runs/*/*/*/*/run.json"))
    record = json.loads(path.read_text())
    del record["record_sha256"], record["files"]
    path.write_text(json.dumps(record, indent=2) + "\n")
    command(rename, former)
    record["run"]["variant"] = TODAY
    assert json.loads(next(former.glob("runs/*/*/*/*/run.json")).read_text()) == record
