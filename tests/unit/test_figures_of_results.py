"""Figures of numbers and verdicts: the paper's against ours, FIDs by extractor and by position, claims as squares."""

import json
import sys
from collections import Counter
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from commands import ROOT
from configurations import load_settings
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import figure as figure_command
from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.reporting.figures import (
    figure_collapse,
    figure_extractors,
    figure_fid_along,
    figure_outcome,
    figure_paper,
    figure_verdicts,
)
from vrrae_bench.reporting.figures.drawing import Run, plt, save_figure
from vrrae_bench.reporting.figures.strip import COLOURS
from vrrae_bench.reporting.long_tables import read_long_table
from vrrae_bench.reporting.made_from import figure_files, figure_made
from vrrae_bench.reporting.tables import write_table
from vrrae_bench.study.selection import is_made
from vrrae_bench.system.errors import UserError

EXAMPLE = ROOT / "docs/example-report"
TABLES = ("table_2", "table_3", "table_a4_3")
METRICS = ("reconstruction_error", "fid_random", "fid_interpolation")
MARK = "Quick run: it shows that the pipeline works, and reproduces nothing of the paper."


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


def kept(*names):
    return {name: EXAMPLE / ("claims.json" if name == "claims" else f"tables/{name}.csv") for name in names}


@pytest.fixture
def claims():
    return json.loads((EXAMPLE / "claims.json").read_text())


@pytest.fixture
def write_claims(tmp_path, claims):
    """A factory of claims.json with some claims changed."""

    def write(**changed):
        path = tmp_path / "claims.json"
        record = {name: value for name, value in claims.items() if name not in ("files", "record_sha256")} | changed
        write_record(path, record)
        return path

    return write


def lines_of(axis):
    """By the label of each row of a panel: our number, and the paper's or none."""
    names = [label.get_text() for label in axis.figure.axes[0].get_yticklabels()]  # of the first panel alone
    found = {name: [None, None] for name in names}
    for line in axis.lines:
        (x, *_), (y, *_) = line.get_data()
        if line.get_marker() in ("o", "D"):
            found[names[round(y)]][line.get_marker() == "D"] = x
    return found


# The paper against ours


def test_each_method_has_our_mean_and_the_papers_number_on_its_line():
    figure = figure_paper.draw(kept(*TABLES))
    assert len(figure.axes) == 6 and figure.axes[0].get_ylabel() == "MNIST"
    tables = {name: pd.read_csv(path, dtype=str, keep_default_na=False) for name, path in kept(*TABLES).items()}
    tables = {name: rows[rows.dataset == "mnist"] for name, rows in tables.items()}
    for metric, axis in zip(METRICS, figure.axes[:3], strict=True):
        drawn = lines_of(axis)
        for table, method, beta, label in [
            ("table_2", "vae", "1e-3", "VAE"),
            ("table_2", "vrrae", "1e-6", "VRRAE"),
            ("table_3", "vrrae", "0", "VRRAE (beta = 0)"),
            ("table_3", "vae_identity", "1e-3", "VAE (f = I)"),
            ("table_a4_3", "irmae", "", "IRMAE"),
            ("table_a4_3", "lorae", "", "LoRAE"),
        ]:
            rows = tables[table]
            [row] = rows[(rows.method == method) & (rows.beta == beta) & (rows.metric == metric)].itertuples()
            paper = float(row.paper_value) if row.paper_value else None
            assert drawn[label] == [float(row.mean), paper]
        assert len(drawn) == 12 and not any("best" in name for name in drawn)


def test_an_arrow_tells_the_better_direction():
    for axis in figure_paper.draw(kept(*TABLES)).axes:
        assert axis.get_title().endswith("\n← lower is better")
        assert axis.get_xlim()[0] < axis.get_xlim()[1]  # where lower is on the left


def test_a_void_number_is_not_drawn(tmp_path):
    long = read_long_table(EXAMPLE / "tables/table_2.csv").query("dataset == 'mnist'")
    void = (long.method == "vae") & (long.metric == "fid_random")
    long.loc[void, "void"] = "the network guesses"
    write_table(tmp_path, "table_2", long, "", None)
    figure = figure_paper.draw({"table_2": tmp_path / "table_2.csv"})
    error, random, _ = map(lines_of, figure.axes)
    assert random["VAE"] == [None, 30.63] and error["VAE"][0] is not None and random["AE"][0] is not None
    assert [text.get_text() for text in figure.axes[1].texts] == ["ours is void"]


def test_a_data_set_that_the_paper_does_not_have_stands_in_no_panel_beside_one_that_it_has(tmp_path):
    long = read_long_table(EXAMPLE / "tables/table_2.csv").query("dataset == 'mnist'")
    write_table(tmp_path, "table_2", pd.concat([long, long.assign(dataset="digits")]), "", None)
    assert len(figure_paper.draw({"table_2": tmp_path / "table_2.csv"}).axes) == 3
    write_table(tmp_path, "table_2", long.assign(dataset="digits"), "", None)
    assert len(figure_paper.draw({"table_2": tmp_path / "table_2.csv"}).axes) == 3  # else there were nothing at all


# Verdicts


def squares(figure):
    """The signs of the squares, and the names of the lines that they stand in."""
    axis = figure.axes[-1]
    rows = sorted((text.get_position()[1], text.get_text()) for text in axis.texts if len(text.get_text()) > 1)
    signs = Counter()
    for text in axis.texts:
        if len(text.get_text()) == 1:
            name = [name for height, name in rows if height < text.get_position()[1] + 0.1][-1]
            signs[name, text.get_text()] += 1
    boxes = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    assert len(boxes) == signs.total()
    return signs


def test_each_claim_has_a_square_with_the_sign_of_its_verdict(claims):
    found = squares(figure_verdicts.draw(kept("claims")))
    verdicts = Counter((one["verdict"], one["by_algebra"]) for one in claims["claims"])
    assert found.total() == len(claims["claims"]) and {sign for _, sign in found} == {"✓", "✗", "○"}
    hold, fail, algebra = (verdicts[key] for key in (("holds", 0), ("does_not_hold", 0), ("holds", 1)))
    assert found[f"{hold}  hold", "✓"] == hold and found[f"{fail}  do{'es' if fail == 1 else ''} not hold", "✗"] == fail
    assert found[f"{algebra}  follow by definition", "✓"] == algebra
    wanting = [one for one in claims["claims"] if any(each["awaited"] == "weights" for each in one["lacking"])]
    nothing_else = [one for one in wanting if not any(each["awaited"] == "data_set" for each in one["lacking"])]
    n = len(nothing_else)
    assert found[f"{n}  open, for want of ImageNet weights", "○"] == n


def test_verdicts_are_told_apart_in_grey():
    fillings = [np.dot(to_rgb(filling), [0.299, 0.587, 0.114]) for filling, _, _ in COLOURS.values()]
    assert min(abs(a - b) for a, b in zip(fillings, fillings[1:] + fillings[:1])) > 0.1


def test_a_claim_by_definition_that_was_not_found_to_hold_says_so(claims, write_claims):
    changed = [one | {"verdict": "does_not_hold"} if one["by_algebra"] else one for one in claims["claims"]]
    found = squares(figure_verdicts.draw({"claims": write_claims(claims=changed)}))
    assert found["2  follow by definition", "✗"] == 2


def test_the_outcome_is_table_2_and_all_claims(claims):
    figure = figure_outcome.draw(kept("table_2", "claims"))
    assert [*lines_of(figure.axes[0])] == ["AE", "VAE", "RRAE", "VRRAE"]
    opened = sum(one["verdict"] == "open" for one in claims["claims"])
    assert squares(figure)[f"{opened}  open", "○"] == opened


@pytest.mark.parametrize(("others", "noted"), [(["mnist"], [False, True, True]), (["cifar10"], [False] * 3)])
def test_fids_by_another_kind_of_network_are_marked_as_on_another_scale(others, noted, write_claims):
    files = kept("table_2") | {"claims": write_claims(other_networks=others)}
    panels = figure_outcome.draw(files).axes[:3]
    assert ["another scale" in axis.get_xlabel() for axis in panels] == noted


def test_a_metric_that_was_not_scored_says_so_in_its_panel(tmp_path):
    """As on a data set without an extractor."""
    rows = pd.read_csv(EXAMPLE / "tables/table_2.csv", dtype=str, keep_default_na=False)
    scored = rows[~((rows.dataset == "cifar10") & rows.metric.str.startswith("fid"))]
    scored.to_csv(tmp_path / "table_2.csv", index=False)
    write_record(tmp_path / "table_2.json", {"table": "table_2"}, ["table_2.csv"])
    figure = figure_outcome.draw(kept("claims") | {"table_2": tmp_path / "table_2.csv"})
    mnist, cifar10 = figure.axes[:3], figure.axes[3:6]
    texts = [[text.get_text() for text in axis.texts] for axis in cifar10]
    assert texts == [[], ["not scored"], ["not scored"]] and not cifar10[1].get_xticks().size
    assert cifar10[0].get_ylabel() == "CIFAR-10" and not any(axis.texts for axis in mnist)
    names = [label.get_text() for label in cifar10[0].get_yticklabels()]
    assert names == ["AE", "VAE", "RRAE", "VRRAE", *(f"{name}, lr 1e-3" for name in ("AE", "VAE", "RRAE", "VRRAE"))]


def test_a_changed_file_is_refused(tmp_path):
    for suffix in (".csv", ".json", ".md"):
        (tmp_path / f"table_2{suffix}").write_bytes((EXAMPLE / f"tables/table_2{suffix}").read_bytes())
    write_record(tmp_path / "table_2.json", {"table": "table_2"}, ["table_2.csv"])
    (tmp_path / "table_2.csv").write_text((tmp_path / "table_2.csv").read_text().replace("25.", "15."))
    with pytest.raises(UserError, match=r"table_2.csv: is damaged, or is not the file for which table_2.json"):
        figure_paper.draw({"table_2": tmp_path / "table_2.csv"})


def test_a_file_that_is_not_named_is_asked_for():
    with pytest.raises(UserError, match="claims: the figure is drawn from it, and it is not among the files"):
        figure_outcome.draw(kept("table_2"))


# FIDs by extractor


@pytest.mark.parametrize(("place", "run"), enumerate(("mnist/rrae/batch=576/seed=0", "cifar10/rrae/batch=64/seed=10")))
def test_the_line_of_an_extractor_has_its_fids(place, run):
    figure = figure_extractors.draw(kept("table_extractors"))
    random, _, interpolated = figure.axes[3 * place : 3 * place + 3]
    folder = EXAMPLE / "runs" / run
    for number, other in enumerate(("", "extractor_seed=1", "extractor_seed=2"), start=1):
        scores = json.loads((folder / other / "scores.json").read_text())
        for axis, metric in ((random, "fid_random"), (interpolated, "fid_interpolation")):
            names = [label.get_text() for label in axis.get_xticklabels()]
            lines = [line for line in axis.lines if line.get_label() == f"extractor {number}"]
            points = {names[int(x)]: y for line in lines for x, y in line.get_xydata()}
            assert points["RRAE"] == pytest.approx(scores[metric], rel=1e-3)
            assert [len(line.get_xdata()) for line in lines] == [4] + [1] * ("test images" in names)


def test_extractors_are_not_mixed_up_where_a_method_lacks_one(tmp_path):
    long = read_long_table(EXAMPLE / "tables/table_extractors.csv")
    long.loc[(long.method == "vae") & (long.metric == "fid_random"), "each_value"] = "85.9 60.3"
    write_table(tmp_path, "table_extractors", long, "", None)
    with pytest.raises(UserError, match="not every method has the scores of every extractor"):
        figure_extractors.draw({"table_extractors": tmp_path / "table_extractors.csv"})


# FIDs by position


@pytest.fixture
def make_run(tmp_path, run_spec):
    """A factory of scored runs with FIDs by position, or without as an earlier version left them."""

    def make(method, seed, fids):
        spec = run_spec(method, seed=seed, beta=1e-3 if method == "vae" else None)
        folder = tmp_path / spec.folder
        details = {"run": spec.model_dump()} | ({"fid_interpolation_by_position": fids} if fids else {})
        write_record(folder / "scores.json", {"fid_interpolation": 9.0, "details": details})
        return Run(spec, folder)

    return make


def test_a_line_is_the_mean_over_seeds_from_the_first_image_to_the_second(make_run):
    runs = [make_run("ae", 0, [10, 20, 12]), make_run("ae", 1, [14, 30, 16]), make_run("vae", 0, [1, 2, 3])]
    (axis,) = figure_fid_along.draw(runs).axes
    assert {line.get_label(): [*line.get_ydata()] for line in axis.lines} == {"AE": [12, 25, 14], "VAE": [1, 2, 3]}
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1/4", "1/2", "3/4"]
    band = axis.collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == (10, 30)


def test_a_run_that_an_earlier_version_scored_has_no_line(make_run):
    with pytest.raises(UserError, match=r"scores.json: has no FID by position, as an earlier version has scored it"):
        figure_fid_along.draw([make_run("ae", 0, None)])


# All of them


def test_no_legend_stands_over_the_mark(tmp_path, make_run, monkeypatch):
    def lay_out(figure, file, **options):
        if file.suffix == ".png":  # of the two files of a figure, which are laid out alike
            figure.draw_without_rendering()

    monkeypatch.setattr(Figure, "savefig", lay_out)
    monkeypatch.setattr("vrrae_bench.reporting.figures.drawing.atomic_path", nullcontext)
    run = make_run("vae", 0, [1, 2, 3])
    record = read_record(run.folder / "scores.json")
    details = record["details"] | {"kl_per_dimension": [1.0, 2.0], "signal_to_noise": [3.0, 0.1]}
    write_record(run.folder / "scores.json", {"details": details})
    figures = [figure_paper.draw(kept(*TABLES)), figure_outcome.draw(kept("table_2", "claims"))]
    figures += [figure_extractors.draw(kept("table_extractors")), figure_collapse.draw([run])]
    for figure in figures:
        save_figure(tmp_path, "marked", figure, MARK)
        mark = figure._suptitle.get_window_extent()
        legends = [*figure.legends, *(axis.get_legend() for axis in figure.axes if axis.get_legend())]
        assert legends and not any(mark.overlaps(one.get_window_extent()) for one in legends)
        assert not any(mark.overlaps(axis.title.get_window_extent()) for axis in figure.axes if axis.get_title())


def test_figures_of_results_are_made_where_there_is_something_to_compare():
    paper, quick = (load_settings(ROOT / "config.yaml", *more).study for more in ((), (QUICK,)))
    names = ("figure_outcome", "figure_paper", "figure_verdicts", "figure_fid_along", "figure_extractors")
    assert [is_made(paper, name) for name in names] == [True] * 5
    assert [is_made(quick, name) for name in names] == [False, False, True, True, False]


QUICK = ROOT / "workflow/profiles/quick/experiment.yaml"


def test_a_table_that_the_configuration_does_not_ask_for_is_not_waited_for():
    laptop = load_settings(ROOT / "config.yaml", ROOT / "workflow/profiles/laptop/experiment.yaml").study
    assert figure_made(laptop, "figure_paper") == ["tables/table_2.csv"]
    assert figure_files(laptop, "figure_outcome") == ["tables/table_2.csv", "tables/table_2.json", "claims.json"]


def test_the_command_draws_from_tables_and_verdicts(tmp_path, monkeypatch):
    out = tmp_path / "figures/figure_outcome.png"
    caption = ROOT / "workflow/report/captions/figure_outcome.j2"
    arguments = ["--runs", "--from", *kept("table_2", "claims").values(), "--caption", caption, "--out", out]
    monkeypatch.setattr(sys, "argv", ["figure.py", "figure_outcome", *map(str, arguments)])
    figure_command.main()
    assert out.stat().st_size > 1000 and out.with_suffix(".txt").read_text().startswith("Compare the filled points")
