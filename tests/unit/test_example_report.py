"""The example report that is kept in docs/, and what the README says of it."""

import re
from pathlib import Path

import pandas as pd
import pytest

from vrrae_bench.reporting.claims.claims import CLAIMS
from vrrae_bench.reporting.claims.deciding import decide
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.reporting.long_tables import COLUMNS as COLUMNS_OF_TABLES
from vrrae_bench.study.reading import load_settings
from vrrae_bench.study.selection import all_runs, runs_of
from vrrae_bench.study.settings import Study
from vrrae_bench.system.files import read_json

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/example-report"
README = (ROOT / "README.md").read_text()
LABELS = {"ae": "AE", "vae": "VAE", "rrae": "RRAE", "vrrae": "VRRAE"}
# Where a metric stands in a line of the README's table; what the paper prints, if that stands there, is to its right.
COLUMNS = {
    "table_2": {"reconstruction_error": 1, "fid_random": 3, "fid_interpolation": 5},
    "table_1": {"reconstruction_error": 1, "random_generation_error": 2},
}


def cells_of_the_readme(table, method):
    """The cells of a method, in the README's tables in their order."""
    lines = re.findall(rf"^\| {LABELS[method]}\b.*$", README, re.MULTILINE)
    [line] = [one for name, one in zip(COLUMNS, lines, strict=True) if name == table]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("table", COLUMNS)
def test_the_tables_of_the_readme_are_those_of_the_example_report(table):
    rows = pd.read_csv(FOLDER / f"tables/{table}.csv").query("metric in @COLUMNS[@table]")
    assert set(rows.method) == set(LABELS)
    for row in rows.itertuples():
        cells, place = cells_of_the_readme(table, row.method), COLUMNS[table][row.metric]
        assert cells[place] == f"{row.mean:.2f} ± {row.std:.2f}"
        if not pd.isna(row.paper_value):
            assert float(cells[place + 1]) == pytest.approx(row.paper_value, abs=0.005)


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_has_the_seeds_of_its_configuration(table):
    """Whoever changes the configuration of the example report runs it again."""
    settings = load_settings(ROOT / "config.yaml", FOLDER / "experiment.yaml")
    runs = {run.folder for run in runs_of(settings, table)}
    assert all((FOLDER / run / "scores.json").exists() for run in runs)
    rows = pd.read_csv(FOLDER / f"tables/{table}.csv").query("metric in @COLUMNS[@table]")
    assert rows.n_seeds.sum() == len(COLUMNS[table]) * len(runs)


@pytest.mark.parametrize(("overlay", "folder"), [("experiment", FOLDER), ("fashion-mnist", FOLDER / "fashion-mnist")])
def test_an_example_report_is_of_its_whole_configuration(overlay, folder):
    settings = load_settings(ROOT / "config.yaml", FOLDER / f"{overlay}.yaml")
    assert Study.model_validate(read_json(folder / "settings.json")) == settings.study
    kept = {path.parent.relative_to(folder).as_posix() for path in folder.glob("runs/*/*/*/*/scores.json")}
    assert kept == {run.folder for run in all_runs(settings)}


def test_the_kept_tables_have_the_columns_of_today():
    kept = sorted(FOLDER.glob("**/tables/*.csv"))
    assert len(kept) > 10 and all(list(pd.read_csv(path)) == COLUMNS_OF_TABLES for path in kept)


def test_the_readme_counts_the_verdicts_of_the_example_report():
    counts = pd.read_csv(FOLDER / "claims.csv").verdict.value_counts()
    [found] = re.findall(r"Of (\d+) claims of the paper, (\d+) are reproduced so far, (\d+) (?:is|are) not", README)
    assert list(map(int, found)) == [counts.sum(), counts["reproduced"], counts["not_reproduced"]]


def test_the_verdicts_of_the_example_report_are_those_of_the_scores_that_it_keeps():
    """A changed rule is a changed verdict: whoever changes one makes the report again, which trains nothing."""
    scores = [path for path in FOLDER.glob("runs/**/scores.json") if path.parent.name.startswith("seed=")]
    study = Study.model_validate(read_json(FOLDER / "settings.json"))
    evidence = load_evidence(sorted(scores), sorted(FOLDER.glob("timings/*.json")), study)
    found = {one.claim.id: one.finding.verdict for one in decide(CLAIMS, evidence, None)}
    assert pd.read_csv(FOLDER / "claims.csv").set_index("id").verdict.to_dict() == found


@pytest.mark.parametrize("document", ["README.md", "docs/performance.md", "docs/example-report/README.md"])
def test_what_a_document_links_to_is_there(document):
    text = (ROOT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links and all(((ROOT / document).parent / link).exists() for link in links)
