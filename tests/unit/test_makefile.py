"""The names that a user hands to make reach the commands as they were typed."""

import os
import stat
import subprocess
import sys

import pytest
from commands import ROOT

import keep
from vrrae_bench.system.errors import UserError

ODD = [
    "with space",
    "it's",
    '"quoted"',
    "a$HOME b",
    "a;touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "a*",
    "#a",
    "a&b|c",
]


@pytest.fixture
def made(tmp_path):
    """The words with which make starts the command of a target, in an environment that only writes them down."""
    programs = tmp_path / "venv/bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/words"\n')
    python.chmod(python.stat().st_mode | stat.S_IEXEC)

    def run(*words):
        command = ["make", "-C", ROOT, f"VENV={os.path.relpath(tmp_path / 'venv', ROOT)}", "ENVIRONMENT=true", *words]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
        assert not (ROOT / "pwned").exists()
        return (tmp_path / "words").read_text().splitlines()

    return run


@pytest.mark.parametrize("name", ODD)
def test_a_folder_may_be_called_anything(made, name):
    assert made("keep", f"DEST={name}", f"FROM={name}") == ["workflow/scripts/keep.py", name, name]
    assert made("rename", f"FROM={name}") == ["workflow/scripts/rename.py", name]


def test_a_profile_may_lie_anywhere_and_lists_are_lists(made):
    words = made(
        "plan", "PROFILE=my $profile's", "CONFIG=a.yaml 'b c.yaml'", "SET=offline=true", "TARGET=table_2 claims"
    )
    assert words == [
        *("workflow/scripts/plan.py", "table_2", "claims", "--profile", "my $profile's"),
        *("--configfile", "a.yaml", "b c.yaml", "--config", "offline=true"),
    ]


def commands_of(target):
    """The commands of a target, as make would start them, without the environment that it sets for them."""
    words = ["make", "--dry-run", "-C", ROOT, "ENVIRONMENT=true", target]
    printed = subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True).stdout
    return [line.partition('$PATH" ')[2] for line in printed.splitlines() if '$PATH" ' in line]


def test_lint_checks_style_and_types_and_comes_before_the_tests():
    checks = commands_of("lint")
    assert [command.split()[0] for command in checks] == ["ruff", "ruff", "snakefmt", "pyrefly"]
    *before, tests = commands_of("test")
    assert before == checks and tests.startswith("python -m pytest")


def test_the_home_folder_is_found_where_no_shell_has_replaced_it(monkeypatch, tmp_path):
    (tmp_path / "results").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["keep.py", "~/results", "~/kept"])
    with pytest.raises(UserError, match=f"{tmp_path}/results: holds no report"):
        keep.main()
