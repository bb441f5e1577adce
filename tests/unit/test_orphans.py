"""Work that outlives the workflow manager which started it is neither lost nor disturbed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT

from vrrae_bench.datasets.store import storing
from vrrae_bench.system.checkpoints import FINISHED, CheckpointFolder, forget_finished
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import sha256
from vrrae_bench.system.host_devices import claim
from vrrae_bench.system.locks import locked

SCRIPTS = ROOT / "workflow/scripts"
OUTPUTS = ("model.eqx", "history.csv", "run.json")


def test_a_finished_training_whose_outputs_were_deleted_is_taken_over(tiny_images, run_spec, train_command, tmp_path):
    """Snakemake deletes the outputs of a job whose end it has not seen, then starts it again."""
    spec = run_spec("ae")

    def train():
        process = train_command(spec, tiny_images, tmp_path, "--keep-finished", stdout=subprocess.PIPE, text=True)
        told, _ = process.communicate()
        assert process.returncode == 0
        digests = {name: sha256(tmp_path / name) for name in OUTPUTS}
        for name in OUTPUTS:
            (tmp_path / name).unlink()
        return told, digests

    _, first = train()
    (folder,) = (tmp_path / "checkpoints").iterdir()
    assert not list(folder.glob("step-*"))
    told, again = train()
    assert "this training was finished before" in told and "loss" not in told
    assert again == first  # run.json too, with the time that the training took

    (folder / "model.eqx").write_bytes(b"damaged")
    told, anew = train()
    assert "finished before" not in told and "loss" in told
    assert anew["model.eqx"] == first["model.eqx"]

    forget_finished(tmp_path / "checkpoints", {"another/model.eqx"})
    assert folder.exists()
    forget_finished(tmp_path / "checkpoints", {str(tmp_path / "model.eqx")})
    assert not folder.exists()


def finished_work(root, *names) -> tuple[CheckpointFolder, list[Path]]:
    """A work whose outputs are written and kept."""
    outputs = [root / name for name in names]
    for output in outputs:
        output.write_text(f"content of {output.name}")
    checkpoints = CheckpointFolder(root / "checkpoints", "the work")
    checkpoints.write(7, b"a state")
    checkpoints.conclude(outputs, keep=True)
    return checkpoints, outputs


def test_what_is_kept_takes_no_room_while_the_outputs_are_there(tmp_path):
    checkpoints, (output,) = finished_work(tmp_path, "network")
    assert os.path.samefile(checkpoints.folder / "network", output)


def test_a_file_system_without_links_gets_copies(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError("Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    checkpoints, outputs = finished_work(tmp_path, "network", "record")
    for output in outputs:
        output.unlink()
    assert checkpoints.is_finished(outputs)
    told = []
    checkpoints.bring_back(outputs, told.append)
    assert told == [f"this work was finished before: its results are taken from {checkpoints.folder}"]
    assert [output.read_text() for output in outputs] == ["content of network", "content of record"]


@pytest.mark.parametrize("damage", ["{", "[]", '{"sha256": {}}', "missing", "other"])
def test_damaged_leftovers_are_passed_over(tmp_path, damage):
    checkpoints, outputs = finished_work(tmp_path, "network", "record")
    match damage:
        case "missing":
            (checkpoints.folder / "record").unlink()
        case "other":
            (checkpoints.folder / "record").write_text("content of another")
        case text:
            (checkpoints.folder / FINISHED).write_text(text)
    with pytest.warns(UserWarning, match="are ignored"):
        assert not checkpoints.is_finished(outputs)
    forget_finished(tmp_path / "checkpoints", {"anything"})


@pytest.mark.parametrize("of_work", ["relative", "whole"])
def test_what_was_accepted_is_forgotten_however_its_file_is_named(tmp_path, monkeypatch, of_work):
    (tmp_path / "linked").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    names = {"relative": Path("results"), "whole": tmp_path / "results"}
    for accepted in ("results/network", "./results//network", f"{tmp_path}/results/network", "linked/results/network"):
        names[of_work].mkdir(exist_ok=True)
        checkpoints, _ = finished_work(names[of_work], "network")
        forget_finished(tmp_path / "results/checkpoints", {"results/another"})
        assert checkpoints.folder.exists()
        forget_finished(tmp_path / "results/checkpoints", {accepted})
        assert not checkpoints.folder.exists()


def test_the_work_of_another_identity_is_not_taken_over(tmp_path):
    _, outputs = finished_work(tmp_path, "network")
    assert not CheckpointFolder(tmp_path / "checkpoints", "other work").is_finished(outputs)


def test_storing_beside_an_orphan_is_refused_and_disturbs_nothing(tmp_path):
    folder = tmp_path / "data"
    command = [sys.executable, SCRIPTS / "download.py", "digits", "--out", folder / "manifest.json"]
    bumps = json.dumps({"grid": 4, "test_images": 2, "diagonal_images": 2, "seed": 0})
    others = [sys.executable, SCRIPTS / "synthetic.py", "--bumps", bumps, "--out", folder / "manifest.json"]
    with storing(folder):
        (folder / "train.partial.npy").write_text("half of the images")
        for beside in (command, others):
            outcome = subprocess.run(list(map(str, beside)), capture_output=True, text=True)
            assert outcome.returncode == 1
            assert f"process {os.getpid()} on " in outcome.stderr and "is storing this data set" in outcome.stderr
            assert "Traceback" not in outcome.stderr
        assert {path.name for path in folder.iterdir()} == {"lock", "train.partial.npy"}
    assert {path.name for path in folder.iterdir()} == {"train.partial.npy"}
    subprocess.run(list(map(str, command)), check=True)
    assert (folder / "manifest.json").exists()


def test_a_lock_whose_file_its_holder_has_just_removed_is_taken_anew(tmp_path, monkeypatch):
    """Else one process would hold the removed file, and another one the file that it makes in its place."""
    import fcntl

    flock, removed = fcntl.flock, []

    def flock_after_removal(lock, how):
        if not removed:
            removed.append(True)
            (tmp_path / "lock").unlink()
        flock(lock, how)

    monkeypatch.setattr(fcntl, "flock", flock_after_removal)
    with locked(tmp_path / "lock", lambda holder: holder):
        with pytest.raises(UserError, match=f"process {os.getpid()} on "):
            with locked(tmp_path / "lock", lambda holder: holder):
                pass
        assert (tmp_path / "lock").exists()


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/hostname", path)])
def test_what_is_no_file_in_place_of_a_lock_is_told_at_once(tmp_path, put):
    """To open a pipe would wait for ever; a link could have anything overwritten."""
    put(tmp_path / "lock")
    with pytest.raises(UserError, match="lock: this lock (is no ordinary file|cannot be opened)"):
        with locked(tmp_path / "lock", lambda holder: holder):
            pass
    put(tmp_path / "tpu-5")
    with pytest.raises(UserError, match="tpu-5: this lock (is no ordinary file|cannot be opened)"):
        claim("tpu", ["5"], tmp_path)
