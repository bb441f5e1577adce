"""The files of claims: what stands in them, and what is refused."""

import re
import sys

import pandas as pd
import pytest
from made_evidence import SEEDS, errors, overview_of, page_of

import claims as claims_command
from vrrae_bench.reporting.claims.claims import AE, CLAIMS, RRAE, VAE, VRRAE
from vrrae_bench.reporting.claims.deciding import decide, reported_claims
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.reporting.claims.reported import read_claims
from vrrae_bench.reporting.claims.writing import CLAIM_COLUMNS, overview, write_claims
from vrrae_bench.system.errors import UserError


def test_times_and_sizes_stand_beside_the_printed_ones(write_timing, settings):
    text = page_of([], load_evidence([], [write_timing()], settings))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    here = {row[1]: row[2:] for row in rows if row[0].startswith("Table A.")}
    assert here["MNIST, VAE, seconds of a step"] == ["2.64", "0.3 (median)"]
    assert here["MNIST, VRRAE, minutes in all"] == ["97.7", f"{0.315 * 2083 / 60:.4g} (median, extrapolated)"]
    assert here["CelebA, VAE, seconds of a step"] == ["3.18", "–"]
    assert here["CIFAR-10, k"] == ["60", "60 (configured)"]
    assert here["CIFAR-10, batch size"] == ["64", "64 (configured)"]
    assert here["Synthetic, learning rate"] == ["0.0001", "0.001 (configured)"]


def test_damaged_claims_are_told_by_name(tmp_path):
    (tmp_path / "claims.json").write_text('{"summary": []}')
    with pytest.raises(UserError, match=r"claims.json: is no file of decided claims"):
        read_claims(tmp_path / "claims.json")


def test_what_a_fid_depends_on_stands_below_the_verdicts(write_scores, settings):
    """Once for each network and number of images, however many runs, and beside what the paper says of its own."""
    extractor = {"settings": {"start": "random", "image_size": 75}, "sha256": "ab" * 32}
    extractor |= {"test_accuracy": 0.9911, "n_reference": 60_000, "preparation": {"precision": "bfloat16"}}
    generated = {"fid_random": 1250, "fid_random_all_draws": 10_000, "fid_interpolation": 9_000, "kid_random": 5000}
    details = {
        "extractor": extractor,
        "counts": {name: {"generated": n, "real": 4000} for name, n in generated.items()},
        "sampling": {"gmm_components": 10, "gmm_means": 60_000, "interpolation_points": 5},
    }
    paths = [
        write_scores("mnist", method, seed, details, fid_random=1.0) for method in ("ae", "vae") for seed in (0, 1)
    ]
    paths.append(write_scores("synthetic", "ae", 0, reconstruction_error=1.0))
    before = overview_of([], load_evidence(paths, [], settings))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in before.splitlines() if line[:1] == "|"]
    [of_mnist] = [row for row in rows if row[0] == "MNIST"]
    assert of_mnist[1:] == ["random weights", "75", "bfloat16", "99.11 %", "abababababab", "60000", "1250", "10000",
                            "5000 from 4000", "9000, 5 a pair", "10 Gaussians, fitted to 60000 means"]  # fmt: skip


def test_the_main_claims_stand_in_a_table_with_their_verdicts():
    """A row for each of what is claimed, and a column for each data set."""
    values = {VRRAE: 20 + SEEDS, AE: 25 + 2 * SEEDS, VAE: 30 - SEEDS, RRAE: 22 + SEEDS**2}
    evidence = errors(values)
    text = overview_of(decide(CLAIMS, evidence, None), evidence)
    [table] = re.findall(r"## The main claims on VRRAE\n\n(.+?)\n\n", text, re.DOTALL)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rows[0] == ["What is claimed of VRRAE", "Synthetic", "MNIST", "CIFAR-10", "CelebA"]
    found = {row[0]: row[1:] for row in rows[2:]}
    assert found["lowest reconstruction error"][1] == "[holds](#lowest_reconstruction_error_mnist)"
    assert found["lowest reconstruction error"][2] == "[open](#lowest_reconstruction_error_cifar10)"
    assert found["best random images"][1] == "–"  # the paper says this of VAE on MNIST
    assert "## The main claims" not in overview_of([], evidence)


def test_the_files_that_are_written(tmp_path):
    values = {VRRAE: 20 + SEEDS, AE: 25 + 2 * SEEDS, VAE: 30 - SEEDS, RRAE: 19 + SEEDS**2}
    evidence = errors(values, "mnist", "fid_interpolation")
    evidence.runs["reconstruction_error"] = evidence.runs.fid_interpolation - 5 * (evidence.runs.method == "vrrae")
    record = reported_claims(decide(CLAIMS, evidence, None), evidence)
    write_claims(tmp_path / "claims.csv", record, "A banner.")
    assert read_claims(tmp_path / "claims.json") == record
    rows = pd.read_csv(tmp_path / "claims.csv", keep_default_na=False).set_index("id")
    assert [rows.index.name, *rows.columns] == CLAIM_COLUMNS == ["id", "section", "statement", "verdict", "evidence"]
    assert set(rows.verdict) == {"holds", "does_not_hold", "open"}
    assert rows.verdict["lowest_reconstruction_error_mnist"] == "holds"
    refuted = {"best_interpolation_fid_mnist", "outperforms_rrae_mnist"}
    assert set(rows.index[rows.verdict == "does_not_hold"]) == refuted
    assert "runs on CelebA" in rows.evidence["lowest_reconstruction_error_celeba"]
    assert (rows.section.str.len() > 0).all() and (rows.evidence.str.len() > 0).all()
    page = (tmp_path / "claims.md").read_text()
    n = len(CLAIMS)
    assert "**A banner.**" in page and all(f"- {line}\n" in page for line in record.summary)
    assert record.summary[0].startswith(
        f"Of {n - 2} claims of the paper that can fail, 1 holds and 2 do not hold, and {n - 5}"
    )
    assert page.count("**Verdict: ") == n
    shown = "\n\n".join(overview(record))
    main, *others = shown.split("\n## ")[1:]
    parts = {part.splitlines()[0]: part for part in others}
    assert list(parts)[:2] == ["Claims that hold (1)", "Claims that do not hold (2)"]
    counts = [title.partition("(")[2] for title in list(parts)[2:]]
    assert [count for count in counts if "definition" in count] == ["18, and 2 that follow from the definition)"]
    numbers = [int(number) for count in counts for number in re.findall(r"\d+", count)]
    assert sum(numbers) == n - 3 and all(title.startswith("Open claims that wait for ") for title in list(parts)[2:])
    assert "(#lowest_reconstruction_error_mnist)" in parts["Claims that hold (1)"]
    assert all(f"(#{name})" in parts["Claims that do not hold (2)"] for name in refuted)
    [line] = [line for line in "".join(others).splitlines() if "(#lowest_reconstruction_error_celeba)" in line]
    assert "runs on CelebA" in line
    links = re.findall(r"\]\(#(\w+)\)", "".join(others))
    assert set(re.findall(r"\]\(#(\w+)\)", main)) < set(links)
    assert sorted(links) == sorted(re.findall(r"^### (\w+)$", page, re.MULTILINE)) == sorted(rows.index)
    assert "## Contradictions within the paper" in page
    for text in ("4.89", "14.23", "9.65", "2100, 3900 or 2200", "34.37", "135.55", "129.68", "4 of 64"):
        assert text in page
    assert not re.search("reproduced|undecided", page), "a verdict has other words somewhere"


def test_the_command_reads_the_configuration_as_json(tmp_path, settings, write_scores, monkeypatch):
    scores = write_scores("mnist", "ae", 0, fid_random=40.0)
    (tmp_path / "settings.json").write_text(settings.study.model_copy(update={"reduced": "One run."}).model_dump_json())
    options = ["--scores", scores, "--settings", tmp_path / "settings.json", "--out", tmp_path / "claims.csv"]
    monkeypatch.setattr(sys, "argv", ["claims.py", *map(str, options)])
    claims_command.main()
    assert len(pd.read_csv(tmp_path / "claims.csv")) == len(CLAIMS)
