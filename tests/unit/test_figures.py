"""Figures of images, of betas and of the architecture: what stands where, from runs with known arrays."""

import importlib
import json
import re
import sys

import numpy as np
import pytest
from commands import ROOT
from configurations import load_settings
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

import figure as figure_command
from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.artefacts.shown import (
    FIGURE_PAIRS,
    GALLERIES,
    GALLERY,
    GALLERY_COLUMNS,
    SHOWN_IMAGES,
    SHOWN_MEANS,
    SHOWN_PAIRS,
)
from vrrae_bench.datasets.store import write_dataset
from vrrae_bench.reporting.architecture import Layer, architecture
from vrrae_bench.reporting.captions import figure_context, render_caption, scores_context
from vrrae_bench.reporting.figures import (
    figure_1,
    figure_2,
    figure_3,
    figure_a2_1,
    figure_a2_2,
    figure_collapse,
    histories,
    interpolations,
)
from vrrae_bench.reporting.figures.blocks import mosaic
from vrrae_bench.reporting.figures.drawing import Run, line_styles, plt, save_figure, titles
from vrrae_bench.reporting.figures.gallery import gallery
from vrrae_bench.reporting.figures.interpolations import transitions
from vrrae_bench.study.catalogue import CATALOGUE, FIGURES
from vrrae_bench.study.selection import all_runs, runs_of
from vrrae_bench.system.errors import UserError

CAPTIONS = ROOT / "workflow/report/captions"
PAIRS = np.array([[3, 17], [8, 1], [0, 19], [5, 4], [11, 2], [7, 13]])
N_TRAIN, N_POINTS = 20, 5


@pytest.fixture(scope="module")
def settings():
    return load_settings(ROOT / "config.yaml")


@pytest.fixture
def make_run(tmp_path, run_spec, rng):
    """A factory of runs in the results folder, with images and means that figures show."""

    def make(dataset="mnist", method="ae", seed=0, beta=None, pairs=PAIRS, means=None, random=None, **details) -> Run:
        beta = 1e-3 if beta is None and method in ("vae", "vrrae") else beta
        variant = "batch=16" if beta is None else f"beta={format_beta(beta)}__batch=16"
        spec = run_spec(method, dataset=dataset, seed=seed, beta=beta, variant=variant)
        folder = tmp_path / spec.folder
        folder.mkdir(parents=True)
        random = rng.integers(0, 256, (GALLERIES * GALLERY, 8, 8, 1), np.uint8) if random is None else random
        real = rng.integers(0, 256, (GALLERIES * GALLERY_COLUMNS, *random.shape[1:])).astype(random.dtype)
        transitions = rng.integers(0, 256, (len(pairs), N_POINTS + 4, 8, 8, 1), np.uint8)
        images = {"random": random, "nearest": real[::-1], "real": real, "pairs": pairs, "transitions": transitions}
        np.savez(folder / SHOWN_IMAGES, **images)
        save_means(folder, rng.normal(size=(N_TRAIN, 2)) if means is None else means)
        sampling = dict(random_images=1250, random_draws=8, gmm_components=10, gmm_means=60_000)
        sampling |= dict(interpolation_pairs=2000, interpolation_points=5)
        counts = {"fid_interpolation_by_position": {"generated": 1250, "real": 60_000}}
        record = {"details": {"run": spec.model_dump(), "sampling": sampling, "counts": counts} | details}
        (folder / "scores.json").write_text(json.dumps(record))
        data = {"n_train": N_TRAIN, "n_test": 2}
        write_record(folder / "run.json", {"run": spec.model_dump(), "data": data})
        record_samples(folder)
        return Run(spec, folder)

    return make


def record_samples(folder):
    """What the sample stage records of its files."""
    write_record(folder / "sample.json", {}, [path.name for path in folder.glob("*.npz")])


def save_means(folder, means, **others):
    np.savez(folder / SHOWN_MEANS, train=means, spread=means.std(axis=0), **others)
    record_samples(folder)


def shown(run, name):
    return np.load(run.folder / SHOWN_IMAGES)[name]


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


# Where galleries of images of 8 x 8 have their generated images, and how much is below these.
GENERATED, LAST = 9 + 2, 9 + 2


def picture(axis):
    return np.asarray(axis.get_images()[0].get_array())


# Interpolations


def test_below_a_pair_stands_what_each_method_makes_of_it_from_one_image_to_the_other(make_run):
    runs = [make_run(method=method, seed=1) for method in ("ae", "vae", "rrae", "vrrae")]
    (axis,) = interpolations.draw(runs, first=0).axes
    drawn, names = picture(axis), [label.get_text() for label in axis.get_yticklabels()]
    assert names == ["AE", "VAE", "RRAE", "VRRAE"] * 5
    assert [label.get_text() for label in axis.get_xticklabels()] == [
        *("first", "0/6", "1/6", "2/6", "3/6", "4/6", "5/6", "6/6", "second")
    ]
    lefts = [int(tick - 4) for tick in axis.get_xticks()]
    tops = [int(tick - 4) for tick in axis.get_yticks()]
    for number, top in enumerate(tops):
        pair, method = divmod(number, 4)
        images = [drawn[top : top + 8, left : left + 8] for left in lefts]
        np.testing.assert_array_equal(images, shown(runs[method], "transitions")[pair, ..., 0])


def test_other_pairs_are_never_shown_side_by_side(make_run):
    runs = [make_run(method="ae"), make_run(method="rrae", pairs=PAIRS[::-1])]
    with pytest.raises(UserError, match=r"rrae/.*shown_images.npz: other interpolation pairs than in .*/ae/"):
        interpolations.draw(runs, first=0)
    interpolations.draw([runs[0]], first=0)


def test_images_that_are_not_those_of_the_sample_stage_are_told(make_run):
    run = make_run()
    np.savez(run.folder / SHOWN_IMAGES, pairs=PAIRS)
    with pytest.raises(UserError, match=r"shown_images.npz: is damaged, or is not the file for which sample.json"):
        transitions(run, first=0, n=5)
    record_samples(run.folder)
    with pytest.raises(UserError, match=r"shown_images.npz: is damaged, or was not written by this version"):
        transitions(run, first=0, n=5)


def test_fewer_pairs_than_rows_are_all_shown(make_run):
    assert transitions(make_run(pairs=PAIRS[:2]), first=5, n=5).shape == (2, N_POINTS + 4, 8, 8, 1)


# Galleries


def test_a_colour_gallery_shows_the_first_images_in_reading_order(make_run, rng):
    random = rng.integers(0, 256, (30, 8, 8, 3), np.uint8)
    run = make_run("celeba", random=random)
    (axis,) = gallery([run], first=0).axes
    drawn = picture(axis)
    for number in range(24):
        row, column = divmod(number, 6)
        np.testing.assert_array_equal(drawn[GENERATED + 9 * row :, 9 * column :][:8, :8], random[number])
    assert (drawn[GENERATED + 8 : -LAST : 9] == 255).all() and (drawn[:, 8::9] == 255).all()
    for column in range(6):
        part = slice(9 * column, 9 * column + 8)
        np.testing.assert_array_equal(drawn[:8, part], shown(run, "real")[column])
        np.testing.assert_array_equal(drawn[-9:-1, part], shown(run, "nearest")[column])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["real", "generated", "nearest\nto the first row"]


def test_floats_beyond_the_range_of_images_are_cut(make_run, rng, caplog):
    random = rng.normal(0.5, 1, (24, 8, 8, 3)).astype(np.float32)
    (axis,) = gallery([make_run("celeba", random=random)], first=0).axes
    np.testing.assert_allclose(picture(axis)[GENERATED:][:8, :8], random[0].clip(0, 1))
    assert not caplog.records  # matplotlib would complain


def test_lines_between_coloured_images_are_white_and_a_bar_tells_what_the_colours_mean(make_run):
    random = np.linspace(-0.5, 1.5, 24, dtype=np.float32)[:, None, None, None] * np.ones((8, 8, 1), np.float32)
    run = make_run("synthetic", random=random)
    figure = figure_3.draw([run], first=0)
    figure.canvas.draw()
    axis, bar = figure.axes
    drawn = picture(axis)
    assert (drawn[GENERATED + 8 : -LAST : 9] == 1).all() and (drawn[:, 8::9] == 1).all()
    colour_of = bar.collections[-1].cmap
    assert bar.get_ylim() == (0, 1) and bar.get_ylabel() == "value of a pixel"
    for number, value in enumerate(random[:, 0, 0, 0].clip(0, 1)):
        row, column = divmod(number, GALLERY_COLUMNS)
        np.testing.assert_allclose(drawn[GENERATED + 9 * row, 9 * column], colour_of(value)[:3])
    assert "from 0 (dark) to 1 (bright)" in (CAPTIONS / "figure_3.j2").read_text()
    assert sum(colour_of(0.0)[:3]) < sum(colour_of(1.0)[:3]) < 3


def test_bumps_are_drawn_with_y_upwards_and_told_with_their_error(make_run):
    random = np.zeros((24, 8, 8, 1), np.float32)
    random[:, 0] = 1  # y = 0 is the lowest row
    run = make_run("synthetic", random=random)
    record = json.loads((run.folder / "scores.json").read_text()) | {"random_generation_error": 12.34}
    (run.folder / "scores.json").write_text(json.dumps(record))
    axis, _ = figure_3.draw([run], first=0).axes
    column = picture(axis)[GENERATED : GENERATED + 8, 0].sum(axis=-1)
    assert column.argmax() == 7 and axis.get_title() == "AE: generation error 12.3 %"


def test_each_data_set_of_a_gallery_starts_a_row(make_run):
    runs = [make_run(dataset, method) for dataset in ("mnist", "celeba") for method in ("ae", "vae", "rrae")]
    axes = gallery(runs[:-1], first=0).axes
    heights = [round(axis.get_subplotspec().rowspan.start) for axis in axes]
    assert heights == [0, 0, 0, 1, 1]
    assert axes[3].get_title() == "CelebA, AE"


def test_every_pair_that_a_figure_shows_has_its_ends_reconstructed():
    last = [figure.first + FIGURE_PAIRS for figure in FIGURES.values() if figure.module == "interpolations"]
    assert max(last) <= SHOWN_PAIRS
    last = [figure.first + GALLERY for figure in FIGURES.values() if figure.module in ("gallery", "figure_3")]
    assert max(last) <= GALLERIES * GALLERY


def test_no_two_figures_show_the_same_images(settings):
    """What is drawn of each run: a figure that has runs in common with another one shows others of their images."""
    seen = {}
    for name, figure in FIGURES.items():
        if figure.first is None:
            continue
        for run in runs_of(settings, name):
            n = FIGURE_PAIRS if figure.module == "interpolations" else GALLERY
            for number in range(figure.first, figure.first + n):
                assert seen.setdefault((run.folder, figure.module, number), name) == name
    assert {"figure_4", "figure_a5_5", "figure_5", "figure_a5_7"} <= set(seen.values())


def test_a_gallery_goes_on_where_another_one_ends(make_run, rng):
    random = rng.integers(0, 256, (60, 8, 8, 3), np.uint8)
    run = make_run("celeba", random=random)
    drawn = picture(*gallery([run], first=24).axes)
    np.testing.assert_array_equal(drawn[GENERATED:][:8, :8], random[24])
    np.testing.assert_array_equal(drawn[-9:-1, :8], shown(run, "nearest")[6])


def test_neighbours_of_other_images_are_never_shown(make_run, rng):
    """Of 30 images, a second gallery shows the last 24, whose first row has no neighbours."""
    random = rng.integers(0, 256, (30, 8, 8, 3), np.uint8)
    (axis,) = gallery([make_run("celeba", random=random)], first=24).axes
    np.testing.assert_array_equal(picture(axis)[GENERATED:][:8, :8], random[6])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["real", "generated"]


def test_empty_places_of_a_mosaic_are_white():
    shown = mosaic(np.zeros((4, 8, 8, 1), np.uint8), columns=3)
    assert shown.shape == (18, 27, 1)
    assert not shown[9:17, :8].any() and (shown[9:, 9:] == 255).all()


def test_titles_tell_apart_what_differs_and_nothing_else(make_run):
    runs = [make_run(method="vrrae", beta=beta) for beta in (0, 1e-6)]
    assert titles(runs) == ["VRRAE (beta = 0)", "VRRAE (beta = 1e-6)"]
    assert titles([*runs[:1], make_run("celeba", "ae")]) == ["MNIST, VRRAE", "CelebA, AE"]


# Betas


@pytest.fixture
def betas(make_run, rng):
    """Runs of VRRAE, the largest beta first; a larger beta has smaller means."""
    runs = []
    for number, beta in enumerate((1e-2, 1e-3, 1e-6, 0)):
        means = rng.normal(size=(350, 2)) * 10.0**number + [[1, 0]]
        values = (10.0**number * np.array([8, 4, 2, 1])).tolist()
        runs.append(make_run(method="vrrae", beta=beta, means=means, singular_values=values))
    return runs


def test_singular_values_are_a_line_for_each_beta(betas):
    axis, relative = figure_a2_1.draw(betas).axes
    for line in relative.lines:
        np.testing.assert_allclose(line.get_ydata(), 1 / np.array([1, 2, 4, 8]))
    assert axis.get_yscale() == "log" and axis.get_title() == "MNIST"
    assert [line.get_label() for line in axis.lines] == ["0", "1e-6", "1e-3", "1e-2"]
    for line, largest in zip(axis.lines, (8000, 800, 80, 8)):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_allclose(line.get_ydata(), largest / np.array([1, 2, 4, 8]))


def test_lines_of_betas_are_told_apart_in_grey(betas):
    axis, _ = figure_a2_1.draw(betas).axes
    grey = [np.dot(to_rgb(line.get_color()), [0.299, 0.587, 0.114]) for line in axis.lines]
    assert (np.diff(grey) > 0.1).all() and max(grey) < 0.8  # dark to light, all visible on white
    assert len({line.get_marker() for line in axis.lines}) == 4


def test_each_data_set_has_its_panel_of_singular_values(betas, make_run):
    other = make_run("cifar10", "vrrae", beta=0, singular_values=[3.0, 1.0])
    first, _, second, _ = figure_a2_1.draw([*betas, other]).axes
    assert (first.get_title(), second.get_title()) == ("MNIST", "CIFAR-10")
    np.testing.assert_array_equal(second.lines[0].get_ydata(), [3, 1])


def test_scores_without_singular_values_are_told(make_run):
    with pytest.raises(UserError, match="scores.json: has no singular values"):
        figure_a2_1.draw([make_run(method="vrrae")])


def test_the_second_mean_stands_against_the_first_on_one_scale(betas):
    axes = figure_a2_2.draw(betas).axes
    assert [axis.get_title() for axis in axes] == [f"VRRAE (beta = {beta})" for beta in ("0", "1e-6", "1e-3", "1e-2")]
    assert {axis.get_aspect() for axis in axes} == {1.0}
    for axis, run in zip(axes, betas[::-1], strict=True):
        points = axis.collections[0].get_offsets()
        np.testing.assert_allclose(points, np.load(run.folder / SHOWN_MEANS)["train"])
        (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
        assert left < points[:, 0].min() and points[:, 0].max() < right
        assert bottom < points[:, 1].min() and points[:, 1].max() < top


def test_the_spread_of_each_cloud_can_be_read_even_where_it_is_a_dot(betas):
    """It is that of all training images, also of those that are not drawn."""
    for axis, run in zip(figure_a2_2.draw(betas).axes, betas[::-1], strict=True):
        first, second = np.load(run.folder / SHOWN_MEANS)["spread"]
        assert axis.get_xlabel() == f"first mean (spread {first:.3g})"
        assert axis.get_ylabel() == f"second mean (spread {second:.3g})"


# Collapse


def test_collapse_is_a_sorted_line_for_each_seed(make_run):
    runs = [
        make_run(
            method=method,
            seed=seed,
            **{"kl_per_dimension": [0.5, 0.0, 3.0 + seed], "signal_to_noise": [9.0, 20.0, 0.001]},
        )
        for method in ("vae", "vrrae")
        for seed in (0, 1)
    ]
    divergence, noise = figure_collapse.draw(runs).axes
    np.testing.assert_allclose([line.get_ydata() for line in divergence.lines], [[3, 0.5, 1e-4], [4, 0.5, 1e-4]] * 2)
    (legend,) = divergence.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["VAE", "VRRAE"]
    assert [text.get_text() for text in noise.texts] == ["a dimension below 0.01 is collapsed"]
    *lines, threshold = noise.lines
    np.testing.assert_allclose([line.get_ydata() for line in lines], [[20, 9, 0.001]] * 4)
    assert set(threshold.get_ydata()) == {0.01} and noise.get_yscale() == divergence.get_yscale() == "log"


@pytest.mark.parametrize("values", [(18, 7.5), (0.19, 0.12), (5, 5), (95, 9), (200, 12), (900, 3), (80, 1e-4)])
def test_an_axis_can_be_read_at_both_ends_whatever_it_spans(values, make_run):
    """Powers of ten alone would leave one that spans few decades with a label or two, both at one end."""
    figure = figure_collapse.draw([make_run(method="vae", kl_per_dimension=values, signal_to_noise=[900.0, 500.0])])
    figure.canvas.draw()
    axis = figure.axes[0]
    ticks = axis.yaxis.get_major_ticks() + axis.yaxis.get_minor_ticks()
    labelled = [tick.get_loc() for tick in ticks if tick.label1.get_text()]
    heights = [axis.transAxes.inverted().transform(axis.transData.transform((1, value)))[1] for value in labelled]
    heights = [height for height in heights if 0 <= height <= 1]
    assert min(heights) < 1 / 3 and max(heights) > 2 / 3
    assert len({round(height, 9) for height in heights}) == len(heights) <= 12  # none over another one


# Grids


def test_no_grid_line_hides_what_is_drawn(betas, make_run):
    run = make_run(method="vae", kl_per_dimension=[3.0, 0.1], signal_to_noise=[9.0, 2.0])
    save_means(run.folder, np.eye(2), diagonal=np.eye(2))
    (run.folder / "history.csv").write_text("step,reconstruction_error\n10,50\n20,40\n")
    figures = [figure_2.draw([run]), figure_a2_1.draw(betas), figure_a2_2.draw(betas)]
    figures += [figure_collapse.draw([run]), histories.draw([run])]
    for axis in (axis for figure in figures for axis in figure.axes):
        assert axis.xaxis.get_gridlines()[0].get_visible()
        drawn = [*axis.lines, *axis.collections]
        assert drawn and max(axis.xaxis.zorder, axis.yaxis.zorder) < min(artist.zorder for artist in drawn)


# Training histories


def test_variants_of_a_method_are_told_apart_and_their_seeds_are_not(make_run):
    runs = [make_run(method="ae", seed=seed) for seed in (0, 1)]
    runs += [make_run(method=method, seed=seed, beta=beta) for method in ("vae", "vrrae") for beta in (0, 1e-3)
             for seed in (0, 1)]  # fmt: skip
    runs.append(make_run("celeba", "sparse_ae"))
    for number, run in enumerate(runs):
        (run.folder / "history.csv").write_text(f"step,reconstruction_error\n10,{50 + number}\n20,40\n")
    mnist, celeba = histories.draw(runs).axes
    expected = ["AE", "VAE (beta = 0)", "VAE (beta = 1e-3)", "VRRAE (beta = 0)", "VRRAE (beta = 1e-3)"]
    assert [text.get_text() for text in mnist.get_legend().get_texts()] == expected
    assert [line.get_ydata()[0] for line in mnist.lines] == [*range(50, 60)]
    looks = [(line.get_color(), line.get_linestyle()) for line in mnist.lines]
    assert looks[::2] == looks[1::2] and len(set(looks)) == 5
    assert celeba.get_title() == "CelebA" and len(celeba.lines) == 1


def test_as_many_lines_as_a_data_set_of_the_paper_has_look_different(settings):
    """Also in grey: two neighbours in the legend are dashed differently, and all are dark enough for white paper."""
    shown = {run.folder.rsplit("/", 1)[0]: None for run in all_runs(settings) if run.dataset == "mnist"}
    styles = [*line_styles(shown).values()]
    assert len(styles) == len({tuple(style.values()) for style in styles}) == len(shown) > 15
    assert all(one["linestyle"] != other["linestyle"] for one, other in zip(styles, styles[1:]))
    assert all(np.dot(to_rgb(style["color"]), [0.299, 0.587, 0.114]) < 0.7 for style in styles)


# Architecture


def test_the_architecture_is_that_of_the_published_code(run_spec):
    """28 pixels: d = 2, so the last kernel is 1 + 16 x 2 - 28 = 5 wide (VRRAE, appendix A.3, and the code it names)."""
    spec = run_spec("vrrae", latent_size=100, bottleneck=16, batch_size=64)
    parts = architecture(spec, (28, 28, 1))
    down, up = "convolution 3 × 3, stride 2, ReLU", "transposed convolution 3 × 3, stride 2, ReLU"
    assert parts.encoder == [Layer(down, (14, 14, 32)), Layer(down, (7, 7, 64)), Layer("linear", (100,))]
    assert parts.decoder == [
        Layer("linear", (2 * 2 * 32,)),
        *(Layer(up, (size, size, width)) for size, width in ((4, 256), (8, 128), (16, 32), (32, 8))),
        Layer("convolution 5 × 5", (28, 28, 1)),
    ]
    assert (parts.basis, parts.coefficients) == ((100, 16), (16, 64))
    assert parts.latent == parts.decoder_input == (100, 64)
    assert parts.mean == parts.log_variance == (16, 64)


@pytest.mark.parametrize(
    ("method", "truncates", "mean_map", "width"),
    [("ae", False, None, 3), ("vae", False, "linear", 3), ("vae_identity", False, "identity", 3),
     ("rrae", True, None, 12), ("vrrae", True, "identity", 12), ("rrae_vae", True, "linear", 12)],
)  # fmt: skip
def test_methods_differ_in_their_bottleneck(run_spec, method, truncates, mean_map, width):
    parts = architecture(run_spec(method), (32, 32, 3))
    assert (parts.basis is not None) == (parts.coefficients is not None) == truncates
    assert parts.mean_map == mean_map and (parts.log_variance is not None) == (mean_map is not None)
    assert parts.encoder[-1].shape == (width,)


def draw_shapes(results, run_spec):
    """Figure 1, of a run of which nothing but the specification exists."""
    images = np.zeros((2, 160, 160, 3), np.uint8)
    write_dataset(results / "data/celeba", "celeba", {"train": images, "test": images})
    spec = run_spec("ae", dataset="celeba", latent_size=512, bottleneck=186, batch_size=576)
    return figure_1.draw([Run(spec, results / spec.folder)])


@pytest.fixture(scope="module")
def figure_of_shapes(tmp_path_factory, run_spec):
    """Figure 1 as it is drawn, to be looked at."""
    figure = draw_shapes(tmp_path_factory.mktemp("results"), run_spec)
    figure.canvas.draw()
    return figure


def boxes_of(figure):
    """The texts with a shape, each with the box whose centre it stands in."""
    (axis,) = figure.axes
    frames = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    found = []
    for text in axis.texts:
        if "×" in text.get_text():
            (box,) = (one for one in frames if np.allclose(one.get_center(), text.get_position()))
            found.append((text, box))
    return found


def test_figure_1_has_encoder_and_decoder_once_and_a_panel_a_method_with_its_parts(figure_of_shapes):
    (axis,) = figure_of_shapes.axes
    texts = boxes_of(figure_of_shapes)
    panels = {}
    for name in ("VAE", "RRAE", "VRRAE"):
        (title,) = (text for text in axis.texts if text.get_text() == name)
        within = [patch for patch in axis.patches if isinstance(patch, Rectangle)
                  and patch.get_bbox().contains(*title.get_position())]  # fmt: skip
        (panel,) = within
        panels[name] = {text.get_text() for text, _ in texts if panel.get_bbox().contains(*text.get_position())}
    layers = {text.get_text() for text, _ in texts} - set.union(*panels.values())
    assert len(texts) == sum(map(len, panels.values())) + 9  # seven convolutions, and the images at both ends
    assert "convolution 1 × 1\n160 × 160 × 3" in layers and "images\n160 × 160 × 3" in layers
    assert "convolution 3 × 3,\nstride 2, ReLU\n80 × 80 × 32" in layers
    svd, basis = "truncated SVD\nof $Y$, rank 186\n512 × 576", "basis $U$\n512 × 186"
    code, log_variance = r"$\alpha = U^T Y$" "\n186 × 576", r"$\log\,\sigma^2$: linear" "\n186 × 576"
    sample = r"$z = \mu + \sigma\,\epsilon$" "\n186 × 576"
    assert panels == {
        "VAE": {"$Y$\n186 × 576", r"$\mu$: linear" "\n186 × 576", log_variance, sample},
        "RRAE": {svd, code, basis, r"$U \alpha$" "\n512 × 576"},
        "VRRAE": {svd, code, basis, r"$\mu$: identity" "\n186 × 576", log_variance, sample, "$U z$\n512 × 576"},
    }


def test_a_layer_that_differs_between_methods_has_the_shape_of_each(figure_of_shapes):
    (axis,) = figure_of_shapes.axes
    assert "linear\n186 (VAE)\n512 (RRAE, VRRAE)" in [text.get_text() for text in axis.texts]


def test_every_text_of_figure_1_fits_into_its_box(figure_of_shapes):
    for text, box in boxes_of(figure_of_shapes):
        inner, outer = text.get_window_extent(), box.get_window_extent()
        assert outer.x0 < inner.x0 and inner.x1 < outer.x1, text.get_text()
        assert outer.y0 < inner.y0 and inner.y1 < outer.y1, text.get_text()


def test_the_mark_of_a_run_hides_nothing_of_figure_1(run_spec, tmp_path):
    figure = draw_shapes(tmp_path, run_spec)
    save_figure(tmp_path, "marked", figure, "Quick run: it shows that the pipeline works. " * 4)
    mark = figure._suptitle.get_window_extent()
    (axis,) = figure.axes
    assert not any(mark.overlaps(text.get_window_extent()) for text in axis.texts if text.get_text())


# Figure 2


def test_figure_2_tells_how_many_images_are_trained_on_and_how_many_move(make_run):
    run = make_run("synthetic", "vae")
    save_means(run.folder, np.eye(9)[:, :2], diagonal=np.zeros((7, 2)))
    (legend,) = figure_2.draw([run]).legends
    assert [text.get_text() for text in legend.get_texts()] == ["9 training images", "diagonal motion, 7 images"]


def test_all_seeds_of_a_method_are_shown_on_one_scale_with_the_direction_of_the_motion(make_run):
    runs = [make_run("synthetic", method, seed=seed) for method in ("vae", "vrrae") for seed in (0, 1)]
    for number, run in enumerate(runs):
        save_means(run.folder, (1 + number) * np.eye(9)[:, :2], diagonal=np.arange(14.0).reshape(7, 2))
    axes = figure_2.draw(runs).axes
    assert [axis.get_title() for axis in axes] == ["VAE, seed 0", "VAE, seed 1", "VRRAE, seed 0", "VRRAE, seed 1"]
    assert axes[0].get_xlim() == axes[1].get_xlim() and axes[2].get_ylim() == axes[3].get_ylim()
    for axis in axes:
        (arrow,) = axis.texts
        assert tuple(arrow.xy) == (12, 13) and axis.lines[1].get_xydata().tolist() == [[0, 1]]  # to here, from there


def test_classes_have_the_colours_of_the_legend(make_run, rng):
    run = make_run(method="vrrae", beta=0)
    save_means(run.folder, rng.normal(size=(6, 2)), labels=np.array([2, 2, 0, 1, 4, 4]))
    figure = figure_a2_2.draw([run])
    handles = figure.legends[0].legend_handles
    colours = figure.axes[0].collections[0].get_facecolors()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list("01234")
    for colour, label in zip(colours, (2, 2, 0, 1, 4, 4), strict=True):
        assert tuple(colour[:3]) == to_rgb(handles[label].get_color())


@pytest.mark.parametrize("n_betas", [1, 3, 4, 5, 7])
def test_the_legend_of_classes_hides_no_panel(n_betas, make_run, rng):
    runs = [make_run(method="vrrae", beta=10.0**-number) for number in range(n_betas)]
    for run in runs:
        save_means(run.folder, rng.normal(size=(20, 2)), labels=np.arange(20) % 10)
    figure = figure_a2_2.draw(runs)
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert len(figure.axes) == n_betas
    assert not any(axis.get_tightbbox().overlaps(legend) for axis in figure.axes)


def test_a_mark_stands_above_a_figure(make_run, tmp_path):
    figure = gallery([make_run("celeba")], first=0)
    save_figure(tmp_path, "marked", figure, "Quick run.")
    assert figure.get_suptitle() == "Quick run."


# All of them


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_module_and_a_caption_that_tells_whose_number_it_bears(name, make_run):
    assert callable(importlib.import_module(f"vrrae_bench.reporting.figures.{FIGURES[name].module}").draw)
    runs = [make_run(method=method) for method in ("vae", "vrrae")]
    scores = [] if FIGURES[name].made else [run.folder / "scores.json" for run in runs]
    context = figure_context(FIGURES[name], ["mnist"], scores)
    caption = render_caption(CAPTIONS / FIGURES[name].caption, context)
    # Figure 1 shows no training, and the tables that others are drawn from tell of theirs.
    assert ("our derivative" in caption) == (name != "figure_1" and not FIGURES[name].made)
    assert re.match("Look|Compare|See", caption)  # captions begin with what to see
    assert ("number of this figure is ours" in caption) == (name in [f"figure_a5_{number}" for number in (4, 5, 6, 7)])
    if name in ("figure_2", "figure_a2_1", "figure_a2_2", "figure_collapse"):
        assert re.search(rf"{N_TRAIN} (training )?images", caption)
        assert "2 epochs" in caption and ("beta VAE 1e-3" in caption or "each beta" in caption)
    if FIGURES[name].module == "interpolations":
        pairs = "6 to 10" if name == "figure_a5_5" else "1 to 5"
        assert f"pairs {pairs} of 2000 random pairs" in caption and "and 5 inner points" in caption
        assert "Seed 0" in caption and "beta VAE 1e-3, VRRAE 1e-3" in caption
    if FIGURES[name].module in ("gallery", "figure_3"):
        images = "25 to 48" if name == "figure_a5_7" else "1 to 24"
        assert f"images {images} of 10000, not chosen, drawn from a Gaussian mixture of K = 10 components" in caption
        assert "60000 training images" in caption
        assert "Seed 0, 2 epochs, beta VAE 1e-3, VRRAE 1e-3, learning rate 1e-3" in caption


@pytest.mark.parametrize("name", ["figure_2", "figure_3", "figure_collapse", "table_collapse"])
def test_captions_tell_where_the_training_on_bumps_departs_from_the_paper(name, make_run):
    runs = [make_run(dataset, method) for dataset in ("synthetic", "mnist") for method in ("vae", "vrrae")]
    scores = [run.folder / "scores.json" for run in runs]
    context = figure_context(FIGURES[name], [], scores) if name in FIGURES else scores_context(scores)
    caption = render_caption(CAPTIONS / CATALOGUE[name].caption, context)
    rate = format_beta(runs[0].spec.learning_rate)
    told = f"learning rate {rate} (the published code: beta 1e-3, learning rate 1e-3; the paper:"
    assert caption.count(f"beta VAE 1e-3, VRRAE 1e-3, {told}") == caption.count("(the published code") == 1  # of bumps
    assert "a learning rate of 1e-4 in Table A.3-3" in caption and "no beta" in caption


def test_a_figure_of_nothing_is_told_as_a_table_is(tmp_path, monkeypatch):
    caption, out = CAPTIONS / FIGURES["figure_4"].caption, tmp_path / "figures/figure_4.png"
    arguments = ["--runs", "--caption", caption, "--out", out]
    monkeypatch.setattr(sys, "argv", ["figure.py", "figure_4", *map(str, arguments)])
    with pytest.raises(UserError, match="figure_4: this configuration selects nothing that belongs into it"):
        figure_command.main()


def test_the_command_writes_picture_and_caption(make_run, tmp_path, monkeypatch):
    runs = [make_run(method=method).spec.model_dump_json() for method in ("ae", "rrae")]
    out = tmp_path / "figures/figure_a5_4.png"
    arguments = ["--runs", *runs, "--caption", CAPTIONS / FIGURES["figure_a5_4"].caption, "--out", out]
    monkeypatch.setattr(sys, "argv", ["figure.py", "figure_a5_4", *map(str, arguments)])
    figure_command.main()
    assert out.stat().st_size > 1000 and out.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert out.with_suffix(".txt").read_text().startswith("Look whether")
