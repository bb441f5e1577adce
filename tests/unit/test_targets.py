"""What `make targets` says of each target."""

import re
import sys

import pytest
from commands import ROOT, snakemake

import targets
from vrrae_bench.study.targets import OTHER_TARGETS, names_target


def told(monkeypatch, capsys, *overlays) -> dict[str, str]:
    monkeypatch.setattr(sys, "argv", ["targets.py", *(["--configfile", *map(str, overlays)] if overlays else [])])
    targets.main()
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "  " in line]
    return {name: runs for name, runs, *_ in lines}


def test_each_target_says_how_many_trainings_it_needs(monkeypatch, capsys):
    runs = told(monkeypatch, capsys)
    assert (runs["table_1"], runs["table_a3_1"], runs["figure_1"], runs["data_mnist"]) == ("40", "0", "0", "0")
    # Three data sets, four methods, three seeds; and the betas that Table A.3-2 has besides the configured ones.
    assert runs["table_2"] == str(36 + 3 * (2 * 4 + 2 * 2 + 2 * 3))
    assert runs["claims"] == runs["report"] == runs["all"] == "193"


def test_a_figure_of_tables_and_verdicts_needs_the_trainings_behind_these(monkeypatch, capsys):
    runs = told(monkeypatch, capsys)
    assert runs["figure_verdicts"] == runs["figure_outcome"] == "193"
    assert runs["figure_extractors"] == runs["table_extractors"] == "4"  # four methods on MNIST, with one seed each
    assert int(runs["table_2"]) < int(runs["figure_paper"]) < 193


def test_what_can_not_be_made_is_told_from_what_needs_no_training(monkeypatch, capsys, tmp_path):
    (tmp_path / "mine.yaml").write_text("experiment: {datasets: [synthetic]}\ndefaults: {timed: []}")
    runs = told(monkeypatch, capsys, tmp_path / "mine.yaml")
    assert (runs["table_a3_1"], runs["table_a4_1"], runs["figure_4"], runs["figure_1"]) == ("0", "-", "-", "-")
    assert (runs["figure_verdicts"], runs["figure_paper"]) == (runs["all"], "-")


def test_the_snakefile_has_a_rule_for_each_target(monkeypatch, capsys):
    """The rules of tables, figures and data sets are made in loops over their names."""
    text = (ROOT / "Snakefile").read_text()
    assert set(re.findall(r"^rule (\w+):$", text, re.MULTILINE)) == set(OTHER_TARGETS)
    listed = set(told(monkeypatch, capsys)) - {"target"}
    assert all(map(names_target, listed)) and listed > set(OTHER_TARGETS)
    stages = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert not any(map(names_target, re.findall(r"^rule (\w+):$", stages, re.MULTILINE)))


@pytest.mark.parametrize(
    ("target", "meant"), [("tabel_2", " Did you mean table_2?"), ("results/tables/table_9.csv", ""), ("table_2", None)]
)
def test_a_target_that_nothing_makes_is_told_with_where_all_are_listed(target, meant, tmp_path):
    outcome = snakemake("--dry-run", "--cores", "1", target, cwd=tmp_path)
    told = f"{target}: there is no such target.{meant} `make targets` lists all of them."
    assert (outcome.returncode == 0) == (meant is None) and (told in outcome.stdout) == (meant is not None)
