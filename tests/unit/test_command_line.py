"""What commands say of options that they cannot take."""

import argparse
from pathlib import Path

import pytest

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.system.command_line import (
    add_checkpoint_options,
    add_device_options,
    command_parser,
    folder_path,
    json_of,
)


def told(capsys, kind, value) -> str:
    """What a command prints of a value, on its way out with the status of a wrong option."""
    parser = command_parser("A command.")
    parser.add_argument("--run", type=json_of(kind))
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--run", value])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_all_that_is_wrong_with_json_is_told_key_by_key(capsys, run_spec):
    missing = told(capsys, RunSpec, '{"datset": "mnist"}')
    assert 'argument --run: 11 problem(s) with the JSON \'{"datset": "mnist"}\'' in missing
    assert "dataset: Field required" in missing and "datset: Extra inputs are not permitted" in missing
    wrong = run_spec("vae").model_dump_json().replace('"epochs":2.0', '"epochs":"all %s"')
    assert "1. epochs: Input should be a valid number" in told(capsys, RunSpec, wrong)
    assert "1. Invalid JSON: EOF while parsing an object" in told(capsys, RunSpec, '{"dataset": "mnist"')
    assert "1. a: Input should be a valid integer" in told(capsys, dict[str, int], '{"a": "many"}')


def test_sound_json_is_read(run_spec):
    assert json_of(RunSpec)(run_spec("vae").model_dump_json()) == run_spec("vae")
    with pytest.raises(argparse.ArgumentTypeError):
        json_of(dict[str, int])("[]")


@pytest.mark.parametrize("threads", ["0", "-1", "1.5", "all"])
def test_no_threads_are_no_number_of_threads(capsys, threads):
    """With none, XLA takes as many as it likes."""
    parser = command_parser("A command.")
    add_device_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--threads", threads])
    assert f"argument --threads: '{threads}' is no whole number from 1 on" in capsys.readouterr().err


def test_the_home_folder_replaces_a_tilde_at_the_beginning_only(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder_path("~/kept") == tmp_path / "kept" and folder_path("~") == tmp_path
    assert folder_path("kept/~/x") == Path("kept/~/x")


def test_the_home_folder_of_an_unknown_user_is_no_traceback(capsys):
    parser = command_parser("A command.")
    parser.add_argument("folder", type=folder_path)
    with pytest.raises(SystemExit):
        parser.parse_args(["~nobody-of-this-name/kept"])
    assert "argument folder: '~nobody-of-this-name/kept' begins with `~`" in capsys.readouterr().err


def test_checkpoints_come_every_minute_if_nothing_else_is_asked_for():
    parser = command_parser("A command.")
    add_checkpoint_options(parser)
    arguments = parser.parse_args(["--checkpoints", "folder"])
    assert vars(arguments) == {"checkpoints": Path("folder"), "checkpoint_seconds": 60, "keep_finished": False}
