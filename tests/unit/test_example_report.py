"""The example report that is kept in docs/, and what the README says of it."""

import re
from pathlib import Path

import pandas as pd
import pytest

from vrrae_bench.config_reading import load_settings
from vrrae_bench.experiment import runs_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/example-report"
README = (ROOT / "README.md").read_text()
COLUMNS = {"reconstruction_error": 1, "fid_random": 3, "fid_interpolation": 5}


def test_the_table_of_the_readme_is_that_of_the_example_report():
    table = pd.read_csv(FOLDER / "tables/table_2.csv").query("dataset == 'mnist' and metric in @COLUMNS")
    for method, label in {"ae": "AE", "vae": "VAE", "rrae": "RRAE", "vrrae": "VRRAE"}.items():
        [line] = re.findall(rf"^\| {label}\b.*$", README, re.MULTILINE)
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for row in table[table.method == method].itertuples():
            place = COLUMNS[row.metric]
            assert cells[place] == f"{row.mean:.2f} ± {row.std:.2f}"
            assert float(cells[place + 1]) == pytest.approx(row.paper_value, abs=0.005)


def test_a_table_has_the_seeds_of_its_configuration():
    """Whoever changes the configuration of the example report runs it again."""
    settings = load_settings(ROOT / "config.yaml", FOLDER / "experiment.yaml")
    runs = {run.folder for run in runs_of(settings, "table_2")}
    assert all((FOLDER / run / "scores.json").exists() for run in runs)
    table = pd.read_csv(FOLDER / "tables/table_2.csv").query("metric in @COLUMNS")
    assert table.n_seeds.sum() == len(COLUMNS) * len(runs)


@pytest.mark.parametrize("document", ["README.md", "docs/performance.md", "docs/example-report/README.md"])
def test_what_a_document_links_to_is_there(document):
    text = (ROOT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links and all(((ROOT / document).parent / link).exists() for link in links)
