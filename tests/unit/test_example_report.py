"""The example report that is kept in docs/, and what the README and the page of results say of it."""

import re

import pandas as pd
import pytest
from commands import ROOT
from configurations import load_settings

from vrrae_bench.reporting.claims.claims import CLAIMS, MAIN_CLAIMS
from vrrae_bench.reporting.claims.deciding import decide
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.reporting.claims.reported import read_claims
from vrrae_bench.reporting.claims.summary import summarise
from vrrae_bench.reporting.long_tables import LONG_COLUMNS
from vrrae_bench.study.comparisons import has_fid
from vrrae_bench.study.selection import all_runs, runs_of
from vrrae_bench.study.settings import Study
from vrrae_bench.system.files import read_json

FOLDER = ROOT / "docs/example-report"
README, RESULTS = ((ROOT / page).read_text() for page in ("README.md", "docs/results.md"))
METRICS = {
    "table_2": ("reconstruction_error", "fid_random", "fid_interpolation"),
    "table_1": ("reconstruction_error", "random_generation_error"),
}
# The tables that pages show, by their first heading: the page, and the table of the report.
SHOWN = {
    "MNIST": (README, "tables/table_2"),
    "Table 1": (RESULTS, "tables/table_1"),
    "Table 2": (RESULTS, "tables/table_2"),
    "Random images": (RESULTS, "tables/table_scores"),
    "Table 3": (RESULTS, "tables/table_3"),
    "Table A.3-2": (RESULTS, "tables/table_a3_2"),
    "Table A.4-1": (RESULTS, "tables/table_a4_1"),
    "Batch size": (RESULTS, "tables/table_a4_2"),
    "Table A.4-3": (RESULTS, "tables/table_a4_3"),
    "CIFAR-10, learning rate 1e-4": (RESULTS, "tables/table_2"),
    "CIFAR-10, learning rate 1e-3": (RESULTS, "tables/table_2"),
    "Table 3, CIFAR-10": (RESULTS, "tables/table_3"),
    "Fashion-MNIST": (RESULTS, "fashion-mnist/tables/table_2"),
}
# The data set of a table whose rows are methods. Table 1 has only one.
DATASETS = {"MNIST": "mnist", "Table 2": "mnist", "Table 3": "mnist", "Table A.3-2": "mnist", "Random images": "mnist"}
DATASETS |= {heading: "cifar10" for heading in SHOWN if "CIFAR-10" in heading}
# The learning rate of a table with several.
RATES = {f"CIFAR-10, learning rate {rate}": float(rate) for rate in ("1e-4", "1e-3")}
# What a heading means, as a condition on the rows of a table.
HEADINGS = {
    "Test error, % ↓": {"metric": "reconstruction_error"},
    "Random-generation error, % ↓": {"metric": "random_generation_error"},
    "FID, random ↓": {"metric": "fid_random"},
    "FID, interpolated ↓": {"metric": "fid_interpolation"},
    "FID, one draw ↓": {"metric": "fid_random"},
    "FID, mean of draws ↓": {"metric": "fid_random_mean"},
    "precision ↑": {"metric": "precision_random"},
    "recall ↑": {"metric": "recall_random"},
    "coverage ↑": {"metric": "coverage_random"},
    "VAE, s": {"metric": "step_seconds", "method": "vae"},
    "VRRAE, s": {"metric": "step_seconds", "method": "vrrae"},
    "VRRAE / VAE": {"metric": "step_ratio", "method": "vrrae"},
    **{beta: {"metric": "fid_random", "beta": beta.removeprefix("beta ")} for beta in ("beta 0", "1e-6", "1e-4")},
    **{beta: {"metric": "fid_random", "beta": beta} for beta in ("1e-3", "1e-2")},
}
ROWS = {
    "AE": {"method": "ae"},
    "VAE": {"method": "vae"},
    "RRAE": {"method": "rrae"},
    "VRRAE": {"method": "vrrae"},
    "RRAE + VAE": {"method": "rrae_vae"},
    "VAE, f = I": {"method": "vae_identity"},
    "VRRAE, beta = 0": {"method": "vrrae", "beta": "0"},
    "Long AE": {"method": "long_ae"},
    "IRMAE": {"method": "irmae"},
    "LoRAE": {"method": "lorae"},
    "Contractive AE": {"method": "contractive_ae"},
    "Sparse AE": {"method": "sparse_ae"},
    "MNIST": {"dataset": "mnist"},
    "CIFAR-10": {"dataset": "cifar10"},
    "Synthetic": {"dataset": "synthetic"},
    **{size: {"batch_size": size} for size in ("8", "16", "32", "64")},
}


def table_of(page, heading):
    """The headings of a table of a page, and the cells of its rows."""
    [table] = re.findall(rf"^\| {re.escape(heading)} \|.*\n(?:\|.*\n)+", page, re.MULTILINE)
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return head, rows


def the_one(rows, **conditions):
    """The row of a table in long form; of the row of VRRAE beside one with beta = 0, that with its own beta."""
    for column, value in conditions.items():
        rows = rows[rows[column] == value]
    if len(rows) > 1 and "beta" not in conditions:
        rows = rows[rows.beta != "0"]
    [row] = rows.itertuples()
    return row


@pytest.mark.parametrize("heading", SHOWN)
def test_the_tables_that_pages_show_are_those_of_the_example_report(heading):
    page, name = SHOWN[heading]
    rows = pd.read_csv(FOLDER / f"{name}.csv", dtype={"beta": str, "batch_size": str})
    if heading in DATASETS:
        rows = rows[rows.dataset == DATASETS[heading]]
    if heading in RATES:
        rows = rows[rows.learning_rate == RATES[heading]]
    head, lines = table_of(page, heading)
    compared = 0
    for label, *cells in lines:
        method = ROWS[label.removesuffix(", paper")]
        for place, (column, cell) in enumerate(zip(head[1:], cells, strict=True)):
            meant = head[place] if column == "paper" else column
            row = the_one(rows, **method, **HEADINGS[meant])
            if column == "paper" or label.endswith(", paper"):
                assert float(cell) == pytest.approx(row.paper_value, abs=0.005)
            else:
                mean, _, deviation = cell.strip("*").partition(" ± ")
                digits = len(mean.partition(".")[2])
                assert mean == f"{row.mean:.{digits}f}" and digits >= 2
                assert deviation == (f"{row.std:.2f}" if deviation or (row.n_seeds > 1 and "↓" in column) else "")
            compared += 1
    assert compared == len(lines) * (len(head) - 1)


@pytest.mark.parametrize("heading", SHOWN)
def test_the_best_of_a_column_is_bold_and_nothing_else(heading):
    head, lines = table_of(SHOWN[heading][0], heading)
    for place, column in enumerate(head):
        if "↓" in column:
            means = {line[place]: float(line[place].strip("*").partition(" ")[0]) for line in lines}
            assert [cell for cell in means if cell.startswith("**")] == [min(means, key=means.get)]
        elif "e-" not in column and "beta" not in column:
            assert not any("**" in line[place] for line in lines)


@pytest.mark.parametrize("table", METRICS)
def test_a_table_has_the_seeds_of_its_configuration(table):
    """Whoever changes the configuration of the example report runs it again."""
    settings = load_settings(ROOT / "config.yaml", FOLDER / "experiment.yaml")
    runs = runs_of(settings, table)
    assert all((FOLDER / run.folder / "scores.json").exists() for run in runs)
    rows = pd.read_csv(FOLDER / f"tables/{table}.csv").query("metric in @METRICS[@table]")
    scores = {run: read_json(FOLDER / run.folder / "scores.json") for run in runs}
    without_fid = [run for run in runs if "fid_random" not in scores[run]]
    assert not any(has_fid(settings.datasets[run.dataset]) for run in without_fid)
    assert {run.dataset for run in without_fid} == (set() if table == "table_2" else {"synthetic"})
    fids = [name for name in METRICS[table] if name.startswith("fid")]
    assert rows.n_seeds.sum() == len(METRICS[table]) * len(runs) - len(fids) * len(without_fid)


@pytest.mark.parametrize(("overlay", "folder"), [("experiment", FOLDER), ("fashion-mnist", FOLDER / "fashion-mnist")])
def test_an_example_report_is_of_its_whole_configuration(overlay, folder):
    settings = load_settings(ROOT / "config.yaml", FOLDER / f"{overlay}.yaml")
    assert Study.model_validate(read_json(folder / "settings.json")) == settings.study
    kept = {path.parent.relative_to(folder).as_posix() for path in folder.glob("runs/*/*/*/*/scores.json")}
    assert kept == {run.folder for run in all_runs(settings)}


def test_the_kept_tables_have_the_columns_of_today():
    kept = sorted(FOLDER.glob("**/tables/*.csv"))
    assert len(kept) > 10 and all(list(pd.read_csv(path)) == LONG_COLUMNS for path in kept)


def test_the_page_of_results_counts_the_verdicts_of_the_example_report():
    verdicts = [claim.verdict for claim in read_claims(FOLDER / "claims.json").claims if not claim.by_algebra]
    [found] = re.findall(
        r"Of (\d+) claims of the paper that can fail, (\d+) hold, (\d+) (?:does|do) not hold, and (\d+) are open",
        " ".join(RESULTS.split()),
    )
    assert list(map(int, found)) == [len(verdicts), *map(verdicts.count, ("holds", "does_not_hold", "open"))]


def test_the_verdicts_of_the_example_report_are_those_of_the_scores_that_it_keeps():
    """A changed rule is a changed verdict: whoever changes one makes the report again, which trains nothing."""
    scores = [path for path in FOLDER.glob("runs/**/scores.json") if path.parent.name.startswith("seed=")]
    study = Study.model_validate(read_json(FOLDER / "settings.json"))
    evidence = load_evidence(sorted(scores), sorted(FOLDER.glob("timings/*.json")), study)
    found = {one.claim.id: one.finding.verdict for one in decide(CLAIMS, evidence, None)}
    assert pd.read_csv(FOLDER / "claims.csv").set_index("id").verdict.to_dict() == found


def test_the_readme_tells_how_far_the_errors_on_cifar10_are_from_the_papers():
    rows = pd.read_csv(FOLDER / "tables/table_2.csv").query("metric == 'reconstruction_error' and dataset == 'cifar10'")
    above = {rate: found["mean"] - found.paper_value for rate, found in rows.groupby("learning_rate")}
    told = re.findall(
        r"CIFAR-10, with five seeds .* ([\d.]+) to ([\d.]+) percentage points above .* less than ([\d.]+) points away",
        " ".join(README.split()),
    )
    [(least, most, within)] = told
    assert (least, most) == (f"{above[1e-4].min():.1f}", f"{above[1e-4].max():.1f}") and set(rows.n_seeds) == {5}
    assert float(within) - 0.1 < above[1e-3].abs().max() < float(within)


def test_the_readme_says_in_the_words_of_the_pipeline_whether_the_paper_holds():
    section = README.split("## Does the paper hold?\n")[1].split("\n## ")[0]
    [told] = re.findall(r"\n\n((?:- .*\n(?:  .*\n)*)+)\n", section)
    lines = [" ".join(line.split()) for line in told.removeprefix("- ").split("\n- ")]
    assert lines == list(summarise(read_claims(FOLDER / "claims.json").claims, MAIN_CLAIMS))


def test_the_lines_of_the_example_report_are_those_of_its_verdicts():
    """Whoever changes their words makes the report again, which trains nothing."""
    kept = read_claims(FOLDER / "claims.json")
    assert kept.summary == summarise(kept.claims, MAIN_CLAIMS)
    assert all(f"\n- {line}\n" in (FOLDER / "claims.md").read_text() for line in kept.summary)
