"""Each table and figure is one entry of the catalogue, and what belongs to an entry is found by its name."""

import dataclasses

import pytest
from commands import ROOT

from vrrae_bench.study.catalogue import CATALOGUE, CLAIMS, FIGURES, TABLES, by_name

CAPTIONS = ROOT / "workflow/report/captions"


def test_every_template_of_a_caption_belongs_to_an_entry_and_every_entry_has_a_template():
    assert {path.name for path in CAPTIONS.glob("*.j2")} == {entry.caption for entry in CATALOGUE.values()}


def test_shared_templates_are_imported_by_captions():
    captions = "".join(path.read_text() for path in CAPTIONS.rglob("*.j2"))
    assert all(f'from "shared/{path.name}"' in captions for path in CAPTIONS.glob("shared/*"))


def test_no_two_entries_have_the_same_name_title_or_line():
    """As an entry has that was copied and not changed throughout."""
    assert len(TABLES) + len(FIGURES) == len(CATALOGUE)
    for key in ("title", "about"):
        assert len({getattr(entry, key) for entry in CATALOGUE.values()}) == len(CATALOGUE)
    with pytest.raises(ValueError, match="two entries of the catalogue have the same name"):
        by_name(TABLES["table_1"], dataclasses.replace(TABLES["table_2"], name="table_1"))


def test_a_figure_is_drawn_from_runs_or_from_tables_and_verdicts():
    assert {name for name, figure in FIGURES.items() if figure.of_untrained_models} == {"figure_1"}
    for figure in FIGURES.values():
        assert bool(figure.made) == (figure.shows.comparison is None), figure.name
        assert {*figure.made} <= {*TABLES, CLAIMS}


def test_the_name_of_an_entry_tells_what_it_is():
    """Names of files, rules and targets."""
    assert all(name.startswith("table_") for name in TABLES) and all(name.startswith("figure_") for name in FIGURES)
