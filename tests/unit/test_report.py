"""What the report makes of tables, claims, captions and runs; tests/report opens it in a browser."""

import base64
import hashlib
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from commands import ROOT, rules
from configurations import load_settings
from PIL import Image

from vrrae_bench.artefacts import extractor_folder, run_folder
from vrrae_bench.artefacts.bounds import BOUNDS
from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.latent.diagnostics import COLLAPSED_SIGNAL_TO_NOISE
from vrrae_bench.reporting.claims.groups import groups
from vrrae_bench.reporting.claims.reported import ReportedClaim, ReportedLacking
from vrrae_bench.reporting.configured import selected_by
from vrrae_bench.reporting.labels import BOUND_LABELS
from vrrae_bench.reporting.long_tables import read_long_table, typed
from vrrae_bench.reporting.page.images import LOSSLESS, embedded
from vrrae_bench.reporting.page.latent import bars, scatter
from vrrae_bench.reporting.page.provenance import STAGES, Cost, Costs, costs, written_on
from vrrae_bench.reporting.page.remarks import Notes, Piece
from vrrae_bench.reporting.page.runs import reported_run
from vrrae_bench.reporting.page.samples import IMAGES_PER_ROW, SIDE, samples
from vrrae_bench.reporting.page.tables import blocks
from vrrae_bench.reporting.report import write_report
from vrrae_bench.reporting.tables import write_table
from vrrae_bench.system.errors import UserError

TEMPLATE = ROOT / "workflow/report/report.html.j2"


def long_of(table, *rows):
    """The long form of a table, from rows with these keys, of which the last may be left out."""
    keys = ("dataset", "method", "quantity", "mean", "paper_value", "best_beta", "learning_rate")
    return typed(pd.DataFrame([{"table": table} | dict(zip(keys, row)) for row in rows]))


def column_of(block, heading):
    """The cells of a column, by their rows."""
    place = [column.heading for column in block.columns].index(heading)
    return {label: found[place] for label, found in block.rows}


def test_the_best_of_ours_and_of_the_papers_stand_out_each_by_the_direction_of_the_metric():
    errors = [
        ("synthetic", "ae", "reconstruction_error", 9.0, None),
        ("synthetic", "vae", "reconstruction_error", 5, None),
    ]
    shares = [("synthetic", "ae", "coverage", 0.9, None), ("synthetic", "vae", "coverage", 0.8, None)]
    [block] = blocks("table_1", long_of("table_1", *errors, *shares))
    assert [name for name, shown in column_of(block, "Test error").items() if shown.best] == ["VAE"]
    assert [name for name, shown in column_of(block, "Coverage").items() if shown.best] == ["AE"]
    rows = [("mnist", "ae", "fid_random", 10.0, 1.0), ("mnist", "vae", "fid_random", 9.0, 2.0)]
    [block] = blocks("table_2", long_of("table_2", *rows))
    shown = column_of(block, "Rand.")
    assert [name for name, one in shown.items() if one.best] == ["VAE"]
    assert [name for name, one in shown.items() if one.paper_best] == ["AE"]


def test_each_learning_rate_has_a_best_of_its_own():
    """As in the two blocks of a table of the paper."""
    means = {("ae", 1e-4): 20.0, ("vrrae", 1e-4): 19.0, ("ae", 1e-3): 17.0, ("vrrae", 1e-3): 18.0}
    rows = [
        ("cifar10", method, "reconstruction_error", mean, 17.0, False, rate) for (method, rate), mean in means.items()
    ]
    [block] = blocks("table_2", long_of("table_2", *rows))
    shown = column_of(block, "Rec.")
    assert [name for name, one in shown.items() if one.best] == ["VRRAE", "AE, learning rate 1e-3"]


def test_errors_are_compared_between_methods_that_keep_equally_many_dimensions():
    """With all L dimensions an error is lower; a FID is compared all the same."""
    means = {"ae": 20.0, "vrrae": 19.0, "long_ae": 10.0, "irmae": 12.0}
    rows = [("mnist", method, metric, mean, None) for metric in ("reconstruction_error", "fid_random")
            for method, mean in means.items()]  # fmt: skip
    [block] = blocks("table_a4_3", long_of("table_a4_3", *rows))
    assert [name for name, one in column_of(block, "Rec.").items() if one.best] == ["VRRAE", "Long AE"]
    assert [name for name, one in column_of(block, "Rand.").items() if one.best] == ["Long AE"]


def test_numbers_that_print_alike_are_best_together_and_one_alone_is_not():
    rows = [("mnist", "ae", "fid_random", 9.001, None), ("mnist", "vae", "fid_random", 9.002, None)]
    for others, best in (([], []), ([("mnist", "rrae", "fid_random", 12.0, None)], ["AE", "VAE"])):
        [block] = blocks("table_2", long_of("table_2", *rows, *others))
        assert [name for name, shown in column_of(block, "Rand.").items() if shown.best] == best
    [block] = blocks("table_2", long_of("table_2", rows[0]))
    assert not block.shows_best
    assert not any(shown.paper_best for shown in column_of(block, "Rand.").values())  # the paper has no number here


def test_equal_numbers_of_different_numbers_of_seeds_are_best_together():
    """They print as `0 of 5` and `0 of 3`."""
    rows = [
        ("mnist", method, "collapsed", mean, None) for method, mean in (("vae", 0.5), ("vrrae", 0.0), ("rrae", 0.0))
    ]
    long = long_of("table_collapse", *rows).assign(n_seeds=[4, 5, 3])
    [block] = blocks("table_collapse", long)
    assert [name for name, one in column_of(block, "Collapsed runs").items() if one.best] == ["VRRAE", "RRAE"]


def test_neither_the_chosen_beta_nor_real_images_nor_a_describing_number_is_the_best():
    rows = [("mnist", "ae", "fid_random", 9.0, None), ("mnist", "vae", "fid_random", 8.0, None)]
    chosen = ("mnist", "vae", "fid_random", 1.0, None, True)
    [block] = blocks("table_2", long_of("table_2", *rows, chosen))
    assert [name for name, shown in column_of(block, "Rand.").items() if shown.best] == ["VAE"]
    floor = ("mnist", "floor", "fid_random", 0.1, None)
    units = [("mnist", method, metric, mean, None) for metric in ("sharpness_random", "density_random")
             for method, mean in (("ae", 1.0), ("vae", 2.0))]  # fmt: skip
    [block] = blocks("table_scores", long_of("table_scores", *rows, floor, *units))
    assert [name for name, shown in column_of(block, "FID").items() if shown.best] == ["VAE"]
    for describing in ("Sharpness", "Density"):
        assert not any(shown.best for shown in column_of(block, describing).values())


def test_a_method_that_is_called_as_another_name_is_printed_has_a_row_and_is_compared():
    """Also where its name is the label of real images or noise, which are not compared."""
    names = {"ae": 9.0, "AE": 8.0, "noise": 7.0, "ceiling": 6.0}
    rows = [("mnist", method, "fid_random", mean, None) for method, mean in names.items()]
    [block] = blocks("table_scores", long_of("table_scores", *rows))
    cells = column_of(block, "FID")
    assert {name: shown.cell.number for name, shown in cells.items()} == {
        "AE": "9.00", "'AE'": "8.00", "'noise'": "7.00", "noise": "6.00"
    }  # fmt: skip
    assert [name for name, shown in cells.items() if shown.best] == ["'noise'"]
    assert set(BOUND_LABELS) == set(BOUNDS)  # names that no method can have


@pytest.mark.parametrize(
    ("mean", "paper", "difference"), [(9.0, 7.5, "+1.50"), (7.0, 7.5, "−0.50"), (7.501, 7.5, "0.00"), (9.0, None, "")]
)
def test_a_difference_is_ours_less_the_papers(mean, paper, difference):
    [block] = blocks("table_2", long_of("table_2", ("mnist", "ae", "fid_random", mean, paper)))
    assert column_of(block, "Rand.")["AE"].difference == difference
    assert block.columns[0].beside_paper


def test_a_table_that_is_read_again_is_the_same_whatever_a_data_set_is_called(tmp_path):
    long = long_of("table_2", ("null", "ae", "fid_random", 9.0, None), ("NA", "ae", "fid_random", 8.0, None))
    write_table(tmp_path, "table_2", long, "The caption.", None)
    found = read_long_table(tmp_path / "table_2.csv")
    assert [block.dataset for block in blocks("table_2", found)] == ["null", "NA"]
    (tmp_path / "table_2.csv").write_text(found.assign(mean=1.0).to_csv(index=False))
    with pytest.raises(UserError, match="table_2.csv: is damaged, or is not the file"):
        read_long_table(tmp_path / "table_2.csv")


def test_what_several_texts_say_is_a_note_and_what_one_says_twice_is_none():
    texts = [["A.", "B."], ["B.", "C."], ["D.", "D."]]
    notes = Notes.among(texts)
    assert [notes.pieces(text) for text in texts] == [
        [Piece("A."), Piece("B.", 1)],
        [Piece("B.", 1), Piece("C.")],
        [Piece("D."), Piece("D.")],
    ]
    assert list(notes.numbers) == ["B."]


def claim(name, verdict, *lacking):
    return ReportedClaim(
        id=name,
        section="4.1",
        statement="It holds.",
        by_algebra=False,
        rules=(),
        words="",
        verdict=verdict,
        numbers=(),
        lacking=tuple(ReportedLacking(awaited=kind, text=text) for kind, text in lacking),
        by_extractor={},
        by_score=(),
        remark="",
    )


def test_claims_stand_under_their_verdict_and_open_ones_under_what_they_wait_for():
    both = ("data_set", "CelebA")
    claims = [
        claim("a", "open", both, ("trainings", "3 seeds")),
        claim("b", "holds"),
        claim("c", "open", both),
        claim("d", "does_not_hold"),
        claim("e", "open"),
    ]
    found = groups(claims)
    assert [[one.id for one in group.claims] for group in found] == [["b"], ["d"], ["a", "c"], ["e"]]
    assert found[2].shared == ["CelebA"] and found[2].lacking(claims[0]) == ["3 seeds"]


def test_an_image_keeps_its_pixels_unless_it_is_large(rng):
    small = Image.fromarray(rng.integers(0, 255, (50, 40, 3), dtype=np.uint8))
    shown = embedded(small)
    kept = Image.open(io_of(shown))
    assert (shown.width, shown.height) == (40, 50) and kept.format == "WEBP"
    np.testing.assert_array_equal(np.asarray(kept.convert("RGB")), np.asarray(small))
    large = Image.fromarray(rng.integers(0, 255, (700, 700, 3), dtype=np.uint8))
    assert len(io_of(embedded(large)).getvalue()) < LOSSLESS


def io_of(shown):
    return io.BytesIO(base64.b64decode(shown.address.partition(",")[2]))


def write_benchmarks(folder, seconds):
    """Benchmarks as Snakemake writes them, by their names."""
    for name, each in seconds.items():
        file = folder / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"s\th:m:s\n{each}\t0:00:01\n")


def everything(file):
    return True


def test_costs_are_of_the_trainings_own_records_and_of_the_other_jobs_benchmarks(tmp_path):
    write_benchmarks(tmp_path, {"score/mnist/ae": 2.5, "score/mnist/vae": 1.5, "train/mnist/ae": 99.0})
    (tmp_path / "score/damaged.tsv").write_bytes(bytes(10))
    found = costs(tmp_path, [10.0, 20.0], everything)
    assert found == Costs([Cost("Train", 2, 30.0), Cost("Score", 2, 4.0)], left_out=0)
    assert costs(tmp_path / "nowhere", [1.0], everything) == Costs([Cost("Train", 1, 1.0)], left_out=0)


def study_of_seeds(*seeds):
    """config.yaml with MNIST alone, two extractors, no Inception of 2015, and these seeds."""
    settings = load_settings(ROOT / "config.yaml")
    mnist = settings.datasets["mnist"].model_copy(
        update={"seeds": seeds, "sweep_seeds": None, "extractor_seeds": (1,), "inception_2015": False, "timed": ()}
    )
    experiment = settings.experiment.model_copy(update={"datasets": ("mnist",)})
    return settings.study.model_copy(
        update={"experiment": experiment, "datasets": settings.datasets | {"mnist": mnist}}
    )


def test_the_costs_are_only_of_runs_that_the_configuration_asks_for(tmp_path):
    """Benchmarks of runs of an earlier configuration stay where they are, and cost this report nothing."""
    run = "mnist/ae/batch=576"
    names = ("seed=0", "seed=0/extractor_seed=1", "seed=0/extractor_seed=9", "seed=10", "seed=1")
    write_benchmarks(tmp_path, {f"score/{run}/{name}": 2.5 for name in names})
    found = costs(tmp_path, [1.0], selected_by(study_of_seeds(1)))
    assert found == Costs([Cost("Train", 1, 1.0), Cost("Score", 1, 2.5)], left_out=4)
    found = costs(tmp_path, [1.0], selected_by(study_of_seeds(0)))
    assert found == Costs([Cost("Train", 1, 1.0), Cost("Score", 2, 5.0)], left_out=3)


def test_a_data_set_that_the_configuration_has_no_more_costs_nothing(tmp_path):
    """Nor does what it does not ask for of another one, or what no stage of today has made."""
    asked = {"download/mnist", "extractor/mnist", "extractor/mnist/extractor_seed=1", "reference/mnist", "bounds/mnist"}
    asked |= {"download/inception_v3/weights", "table/table_2", "figure/figure_5", "settings", "claims", "report"}
    left = {"download/cifar10", "extractor/cifar10", "reference/cifar10", "bounds/cifar10", "timing/cifar10"}
    left |= {
        "reference_2015/cifar10",
        "synthetic",
        "download/inception_2015/weights",
        "extractor/mnist/extractor_seed=9",
    }
    left |= {"reference_2015/mnist", "timing/mnist", "table/table_1", "figure/figure_2", "former_stage/mnist"}
    write_benchmarks(tmp_path, dict.fromkeys(asked, 1.0) | dict.fromkeys(left, 1000.0))
    found = costs(tmp_path, [], selected_by(study_of_seeds(0)))
    assert sum(cost.jobs for cost in found.stages) == sum(cost.seconds for cost in found.stages) == len(asked)
    assert found.left_out == len(left)


def rules_with_benchmarks():
    """The path of each rule's benchmark, without its suffix, and all paths of its output."""
    settings = (ROOT / "workflow/rules/common/settings.smk").read_text()
    (of_run,) = re.findall(r'^OF_RUN = "(.*)"$', settings, re.MULTILINE)
    (of_extractor,) = re.findall(r'^EXTRACTOR_FOLDER = "(.*)"$', settings, re.MULTILINE)
    for body in rules().values():
        parts = dict(re.findall(r"^    (output|benchmark):\n((?:        .*\n)+)", body, re.MULTILINE))
        if "benchmark" in parts:
            paths = {
                part: re.findall(r'(f?)"((?:<\w+>|\{RUN\}|\{EXTRACTOR_FOLDER\})[^"]*)"', text)
                for part, text in parts.items()
            }
            told = {part: [path_of(*found, of_run, of_extractor) for found in each] for part, each in paths.items()}
            [benchmark] = told["benchmark"]
            yield benchmark.removeprefix("<benchmarks>/").removesuffix(".tsv"), told["output"]


def path_of(is_formatted, text, of_run, of_extractor):
    """A path of a rule as Snakemake sees it, in which wildcards stand in braces."""
    if not is_formatted:
        return text
    names = vars(extractor_folder) | vars(run_folder)
    names |= {"RUN": f"<results>/runs/{of_run}", "OF_RUN": of_run, "bound": BOUNDS[0], "EXTRACTOR_FOLDER": of_extractor}
    shown = re.sub(r"(?<!\{)\{(\w+)\}(?!\})", lambda found: names.get(found[1], found[0]), text)
    return shown.replace("{{", "{").replace("}}", "}")


def test_every_stage_has_a_row_among_the_costs():
    """Stages by the folders or files of their benchmarks, as the rules name these."""
    assert {benchmark.partition("/")[0] for benchmark, _ in rules_with_benchmarks()} == set(STAGES)


@pytest.mark.parametrize(("benchmark", "outputs"), list(rules_with_benchmarks()))
def test_the_file_by_which_a_job_is_known_is_one_that_its_rule_makes(benchmark, outputs):
    """Otherwise the costs would leave out the jobs of the stage, as if the configuration did not ask for them."""
    name, _, job = benchmark.partition("/")
    made = [output.removeprefix("<results>/") for output in outputs]
    if job == "{weights}/{file}":
        assert made == ["downloads/{weights}/{file}.pth"]
    else:
        assert STAGES[name].result.format(job=job) in made


def test_the_date_can_be_given(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert written_on() == "2 January 1970"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UserError, match="SOURCE_DATE_EPOCH is 'yesterday'"):
        written_on()


@pytest.fixture
def run(tmp_path, run_spec):
    """run.json of a training, with its history and scores."""
    folder = tmp_path / "runs/a b"
    folder.mkdir(parents=True)
    record = {"run": run_spec("vae").model_dump(), "commit": "c0ffee", "versions": {"jax": "0.7"}, "platform": "Linux"}
    record |= {"cpus": 2, "device": "cpu", "wall_seconds": 90.0, "peak_memory_mib": 100}
    (folder / "run.json").write_text(json.dumps(record))
    steps = "\n".join(f"{step},{100 / step}" for step in range(1, 1001))
    (folder / "history.csv").write_text(f"step,reconstruction_error\n{steps}\n")
    scores = {"reconstruction_error": 12.5, "details": {"run": record["run"]}}
    (folder / "scores.json").write_text(json.dumps(scores))
    return folder / "run.json"


def test_a_run_has_its_scores_its_curve_and_links_to_its_files(run, tmp_path):
    found = reported_run(run, json.loads(run.read_text()), tmp_path / "report.html")
    assert found.scores == {"reconstruction_error": 12.5}
    assert (found.cell("reconstruction_error"), found.cell("fid_random")) == ("12.50", "–")
    names = ["run.json", "scores.json", "history.csv"]
    assert found.files == [(name, f"runs/a%20b/{name}") for name in names]
    points = np.array([[float(number) for number in point.split(",")] for point in found.curve.split()])
    assert len(points) < 200 and tuple(points[0]) == (0.3, 0.0) and tuple(points[-1]) == (300.0, 100.0)
    assert found.first == 100 and found.last == pytest.approx(0.1)


def test_a_fid_of_features_that_say_nothing_is_void_in_the_table_of_runs(run, tmp_path, monkeypatch):
    scores = run.with_name("scores.json")
    record = json.loads(scores.read_text()) | {"fid_random": 3.0}
    scores.write_text(json.dumps(record))
    monkeypatch.setattr("vrrae_bench.reporting.page.runs.reason_of", lambda details: "it guesses")
    found = reported_run(run, json.loads(run.read_text()), tmp_path / "report.html")
    assert (found.cell("reconstruction_error"), found.cell("fid_random")) == ("12.50", "void")
    assert found.void == "it guesses"


def test_the_page_lets_nothing_through_but_its_own_style_and_script(run, tmp_path):
    nothing = {
        "summary": ["A line."],
        "claims": [],
        "rules": {},
        "conditions": [],
        "other_networks": [],
        "contradictions": [],
    }
    write_record(tmp_path / "claims.json", nothing)
    page = tmp_path / "report.html"
    how = {"template": TEMPLATE, "tables": [], "claims": tmp_path / "claims.json", "figures": []}
    write_benchmarks(tmp_path / "benchmarks", {"report": 1.0, "extractor/of_long_ago": 3600.0})
    write_report(page, runs=[run], study=study_of_seeds(0), **how)
    text = page.read_text()
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; img-src data:;") and "unsafe" not in policy
    for tag in ("style", "script"):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"\s(style|on\w+)=", text) and "A line." in text
    words = " ".join(text.split())
    assert "the times of 1 job that this configuration does not ask for." in words and "Tune the Inception" not in words


def pixels_of(picture):
    """The grey values of an embedded image."""
    data = base64.b64decode(picture.address.partition("base64,")[2])
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("L")), len(data)


def tiles_of(picture, side, columns):
    """The images of a mosaic, row by row; a white line follows each."""
    pixels, _ = pixels_of(picture)
    steps = [(row, column) for row in range(0, len(pixels), side + 1) for column in range(0, pixels.shape[1], side + 1)]
    assert len({column for _, column in steps}) == columns
    return [pixels[row : row + side, column : column + side] for row, column in steps]


@pytest.fixture
def shown(rng):
    """What sampling leaves for figures, of images with 10 x 10 pixels."""
    return {
        "random": rng.integers(0, 256, (48, 10, 10, 1)).astype(np.uint8),
        "transitions": rng.integers(0, 256, (10, 4, 10, 10, 1)).astype(np.uint8),
    }


def test_a_run_shows_generated_images_and_inputs_above_their_reconstructions(shown):
    found = samples(shown, upwards=False, most=LOSSLESS)
    assert (found.n_generated, found.n_reconstructed) == (12, 6)
    np.testing.assert_array_equal(tiles_of(found.generated, 10, IMAGES_PER_ROW), shown["random"][:12, ..., 0])
    tiles = tiles_of(found.reconstructed, 10, 6)
    np.testing.assert_array_equal(tiles[:6], shown["transitions"][:6, 0, ..., 0])
    np.testing.assert_array_equal(tiles[6:], shown["transitions"][:6, 1, ..., 0])


def test_bumps_stand_upright_and_what_lies_beyond_their_range_is_cut(shown):
    bumps = {name: images / 200 - 0.1 for name, images in shown.items()}
    tiles = tiles_of(samples(bumps, upwards=True, most=LOSSLESS).generated, 10, IMAGES_PER_ROW)
    expected = np.round(np.clip(bumps["random"][:12, ::-1, :, 0], 0, 1) * 255)
    np.testing.assert_array_equal(tiles, expected)


def test_large_images_are_shown_small_and_in_few_bytes(rng):
    noise = rng.integers(0, 256, (48, 160, 160, 3)).astype(np.uint8)
    shown = {"random": noise, "transitions": noise.reshape(12, 4, 160, 160, 3)}
    whole, less = (samples(shown, upwards=False, most=most).generated for most in (LOSSLESS, 20_000))
    assert whole.width == less.width == IMAGES_PER_ROW * (SIDE + 1)
    # Noise is what no format makes small.
    assert pixels_of(less)[1] < pixels_of(whole)[1] / 2


def numbers_of(path):
    return np.array(re.findall(r"M(\S+) (\S+)h0", path), dtype=float)


def test_latent_means_are_drawn_on_one_scale_by_class():
    means = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 0.5], [0.0, np.nan]])
    found = scatter({"train": means, "spread": means[:3].std(axis=0), "labels": np.array([0, 0, 3, 3])})
    assert found.n == 3 and list(found.paths) == [0, 3]
    np.testing.assert_allclose(numbers_of(found.paths[0]), [[0, 62.5], [100, 62.5]])
    np.testing.assert_allclose(numbers_of(found.paths[3]), [[50, 37.5]])
    assert found.spreads == ("0.816", "0.236")


@pytest.mark.parametrize("labels", [None, np.array([0, 10])])
def test_without_classes_or_with_more_than_colours_tell_apart_there_is_one_colour(labels):
    means = {"train": np.eye(2), "spread": np.ones(2)} | ({} if labels is None else {"labels": labels})
    assert list(scatter(means).paths) == [None]
    assert scatter(means | {"train": means["train"][:, :1]}) is None  # one dimension


def test_collapsed_dimensions_lie_below_the_line():
    found = bars([1e-9, 10.0, COLLAPSED_SIGNAL_TO_NOISE / 2, 1000.0])
    assert found.collapsed == 2
    heights = [float(y) for y in re.findall(r"V(\S+?)h", found.path)]
    assert heights == sorted(heights) and heights[0] == 0.0 and heights[-1] == 100.0
    assert [height > float(found.threshold) for height in heights] == [False, False, True, True]
    assert bars(None) is None and bars([2.0]).collapsed == 0


def test_a_run_says_whether_its_images_lie_beside_the_report(run, shown, tmp_path):
    record, page = json.loads(run.read_text()), tmp_path / "report.html"
    found = reported_run(run, record, page)
    assert found.lacking == "images and latent means" and found.samples is found.scatter is None
    np.savez(run.with_name(SHOWN_IMAGES), **shown)
    assert reported_run(run, record, page).lacking == "images and latent means"  # no record vouches for them
    write_record(run.with_name("sample.json"), {}, [SHOWN_IMAGES])
    found = reported_run(run, record, page)
    assert found.lacking == "latent means" and found.samples.n_generated == 12
    np.savez(run.with_name(SHOWN_MEANS), train=np.eye(2), spread=np.ones(2))
    write_record(run.with_name("sample.json"), {}, [SHOWN_IMAGES, SHOWN_MEANS])
    found = reported_run(run, record, page)
    assert not found.lacking and found.scatter.n == 2
    np.savez(run.with_name(SHOWN_MEANS), train=np.ones((2, 2)), spread=np.ones(2))
    with pytest.raises(UserError, match=SHOWN_MEANS):
        reported_run(run, record, page)
