"""Files are there as a whole or not at all, whatever happens while they are written."""

import signal
import subprocess
import sys

import pytest
from commands import ROOT

from vrrae_bench.system.files import atomic_path, write_text

SCRIPTS = ROOT / "workflow/scripts"
WRITE_AND_WAIT = """
import sys, time
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.files import atomic_path

def main():
    with atomic_path("scores.json") as temporary:
        temporary.write_text("half")
        print("writing", flush=True)
        time.sleep(60)

run_command(main)
"""


def test_a_command_that_is_ended_while_it_writes_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "scores.json", "old")
    how = {"cwd": tmp_path, "env": {"PYTHONPATH": str(SCRIPTS)}, "stdout": subprocess.PIPE, "text": True}
    command = subprocess.Popen([sys.executable, "-c", WRITE_AND_WAIT], **how)
    assert command.stdout.readline() == "writing\n"
    command.send_signal(signal.SIGTERM)
    command.communicate()
    assert command.returncode == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["scores.json"]
    assert (tmp_path / "scores.json").read_text() == "old"


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "scores.json", "old")
    with pytest.raises(OSError, match="full"), atomic_path(tmp_path / "scores.json") as temporary:
        temporary.write_text("half")
        raise OSError("full")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_others_may_read_what_the_umask_lets_them(tmp_path):
    """Results are shared: a temporary file that only its owner can read must not become one."""
    write_text(tmp_path / "new/scores.json", "text")
    (tmp_path / "plain").touch()
    assert (tmp_path / "new/scores.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


def killed_writer(folder) -> subprocess.Popen:
    """A command that writes scores.json, and has begun to."""
    how = {"cwd": folder, "env": {"PYTHONPATH": str(SCRIPTS)}, "stdout": subprocess.PIPE, "text": True}
    command = subprocess.Popen([sys.executable, "-c", WRITE_AND_WAIT], **how)
    assert command.stdout.readline() == "writing\n"
    return command


def test_what_a_killed_writer_left_is_removed_and_what_another_is_writing_is_not(tmp_path):
    """Also of another file in the folder, such as the checkpoint of an earlier step."""
    killed, writing = killed_writer(tmp_path), killed_writer(tmp_path)
    killed.kill()
    killed.wait()
    assert len(list(tmp_path.iterdir())) == 2
    (tmp_path / ".scores.mine.json").touch()
    write_text(tmp_path / "history.csv", "new")
    assert len(list(tmp_path.glob(".scores.unfinished-*.json"))) == 1
    writing.kill()
    writing.wait()
    write_text(tmp_path / "history.csv", "newer")
    assert {path.name for path in tmp_path.iterdir()} == {"history.csv", ".scores.mine.json"}
