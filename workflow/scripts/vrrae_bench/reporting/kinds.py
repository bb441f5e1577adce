"""What tables and figures look like, the paper's and then ours; which runs they show, `experiment` tells.

Free of matplotlib and pandas, for the rules that only plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vrrae_bench.artefacts.shown import IMAGES, MEANS


@dataclass(frozen=True, kw_only=True)
class TableKind:
    """A table.

    Attributes:
        about: What it shows, in a line.
        metrics: Its numbers, by their keys in `METRICS`.
        headings: What stands above some of its columns in place of their headings in `METRICS`, as in the paper.
        origin: What it is made from: scores of runs, the configuration, or timings of steps.
        rows: What its rows are: methods, in a table for each data set, or the data sets themselves, in one.
        columns: The column of the long form that tells its columns apart.
        file: The file of a run that it reads, if it is made from scores.
        bounds: The files with scores of real images or noise, to stand below those of the runs of each data set.
        every_extractor: Whether it shows scores by every extractor of a data set, rather than by the one.
        each_value: Metrics of which each value is shown, beside their mean.
        in_paper: Whether the paper has such a table, so that its values stand beside ours.
    """

    title: str
    about: str
    metrics: tuple[str, ...]
    headings: Mapping[str, str] = field(default_factory=dict)
    origin: Literal["scores", "settings", "timings"] = "scores"
    rows: Literal["method", "dataset"] = "method"
    columns: Literal["metric", "beta", "batch_size"] = "metric"
    file: str = "scores.json"
    bounds: tuple[str, ...] = ()
    every_extractor: bool = False
    each_value: tuple[str, ...] = ()
    in_paper: bool = True


@dataclass(frozen=True)
class FigureKind:
    """A figure.

    Attributes:
        about: What it shows, in a line.
        module: The module of `figures` whose function `draw` draws it.
        files: The files of a run that it reads beside its scores and its description; none for a figure that needs no
            trained run.
        reads_manifest: Whether it reads the manifest of its data set.
        first: The first of the pairs or generated images that it shows, counted from 0, where it shows some of them;
            figures of the same runs show others.
    """

    title: str
    about: str
    module: str
    files: tuple[str, ...]
    reads_manifest: bool = False
    first: int | None = None


# As Tables 2, 3 and A.4-3 of the paper have them, and the headings that it prints above them.
FID_AND_ERROR = ("fid_interpolation", "fid_random", "reconstruction_error")
INTER_RAND_REC = {"fid_interpolation": "Inter.", "fid_random": "Rand.", "reconstruction_error": "Rec."}

TABLES = {
    "table_1": TableKind(
        title="Table 1: synthetic bumps, errors in percent, coverage and outside as shares",
        about="Synthetic bumps: test error and random-generation error",
        metrics=(
            "reconstruction_error",
            "random_generation_error",
            "reconstruction_error_original_scale",
            "coverage",
            "share_outside",
        ),
    ),
    "table_2": TableKind(
        title="Table 2: FID of interpolation and of random generation, reconstruction error in percent",
        about="Images: reconstruction error, FID of interpolation and of random generation",
        metrics=FID_AND_ERROR,
        headings=INTER_RAND_REC,
    ),
    "table_3": TableKind(
        title="Table 3: ablations; FID of interpolation and of random generation, reconstruction error in percent",
        about="Images: RRAE + VAE, VAE (f = I) and VRRAE without a KL term beside VRRAE",
        metrics=FID_AND_ERROR,
        headings=INTER_RAND_REC,
    ),
    "table_a3_1": TableKind(
        title="Table A.3-1: sizes of bottleneck and latent space",
        about="Sizes of bottleneck and latent space, from the configuration",
        metrics=("bottleneck", "latent_size"),
        origin="settings",
        rows="dataset",
    ),
    "table_a3_2": TableKind(
        title="Table A.3-2: FID of random generation for each beta",
        about="Images: FID of random generation of VAE and VRRAE for each beta",
        metrics=("fid_random",),
        headings={"fid_random": "Rand."},
        columns="beta",
    ),
    "table_a3_3": TableKind(
        title="Table A.3-3: epochs, batch size and learning rate",
        about="Epochs, batch size and learning rate, from the configuration",
        metrics=("epochs", "batch_size", "learning_rate"),
        origin="settings",
        rows="dataset",
    ),
    "table_a4_1": TableKind(
        title="Table A.4-1: time of a training step, and of all",
        about="Time of a step and of a training: VAE and VRRAE",
        metrics=("step_seconds", "total_minutes", "step_ratio"),
        origin="timings",
    ),
    "table_a4_2": TableKind(
        title="Table A.4-2: test error of VRRAE for each batch size, in percent",
        about="Test error of VRRAE for each batch size, equal epochs",
        metrics=("reconstruction_error",),
        columns="batch_size",
    ),
    "table_a4_3": TableKind(
        title="Table A.4-3: other autoencoders; FID of interpolation and generation, reconstruction error in percent",
        about="Images: Long AE, IRMAE, LoRAE, contractive and sparse AE beside the methods of Table 2",
        metrics=FID_AND_ERROR,
        headings=INTER_RAND_REC,
    ),
    "table_scores": TableKind(
        title="Scores of generated images, beside those of real images and of noise",
        about="Images: FID with and without its bias, KID, precision, recall, density, coverage; floor and ceiling",
        metrics=(
            "fid_random",
            "fid_random_mean",
            "fid_random_all_draws",
            "fid_random_infinity",
            "fid_random_gaussian",
            "fid_random_prior",
            "fid_interpolation",
            "kid_random",
            "precision_random",
            "recall_random",
            "density_random",
            "coverage_random",
            "sharpness_random",
        ),
        bounds=("floor", "copies", "ceiling"),
        in_paper=False,
    ),
    "table_extractors": TableKind(
        title="How much a FID depends on the seed of the extractor",
        about="Images: scores by extractors that differ in nothing but their seed, first training seed of each method",
        metrics=("fid_random", "fid_random_infinity", "kid_random", "fid_interpolation"),
        bounds=("floor",),
        every_extractor=True,
        each_value=("fid_random", "fid_random_infinity", "kid_random", "fid_interpolation"),
        in_paper=False,
    ),
    "table_fid_2015": TableKind(
        title="FID as most papers give it, by the Inception of 2015",
        about="Images: FID of random generation and of interpolation by the Inception of 2015",
        metrics=("fid_2015_random", "fid_2015_interpolation"),
        headings={"fid_2015_random": "Rand.", "fid_2015_interpolation": "Inter."},
        file="scores_2015.json",
        bounds=("floor_2015",),
        in_paper=False,
    ),
    "table_truncation": TableKind(
        title="Truncation by the SVD of each batch, and by the basis found after training; errors in percent",
        about="Error by the SVD of each batch beside that by the basis of all training images: RRAE, VRRAE, RRAE + VAE",
        metrics=(
            "bottleneck",
            "latent_size",
            "batch_size",
            "reconstruction_error_train_by_batch",
            "reconstruction_error_train",
            "reconstruction_error_by_batch",
            "reconstruction_error",
        ),
        headings={"reconstruction_error": "Test, basis"},
        in_paper=False,
    ),
    "table_collapse": TableKind(
        title="Posterior collapse",
        about="Active units, collapsed dimensions and runs, effective rank, KL divergence, mutual information: VAE and "
        "VRRAE",
        metrics=(
            "active_units",
            "collapsed_dimensions",
            "collapsed",
            "effective_rank",
            "kl_divergence",
            "mutual_information",
        ),
        each_value=("active_units", "collapsed_dimensions", "effective_rank"),
        in_paper=False,
    ),
}

FIGURES = {
    "figure_1": FigureKind(
        "Figure 1: architecture of VAE, RRAE and VRRAE",
        "Architecture of VAE, RRAE and VRRAE, drawn from the shapes of the code",
        "figure_1",
        (),
        reads_manifest=True,
    ),
    "figure_2": FigureKind(
        "Figure 2: latent space of the synthetic bumps",
        "Posterior means of the synthetic set, a diagonal motion in orange: VAE and VRRAE",
        "figure_2",
        (MEANS,),
    ),
    "figure_3": FigureKind(
        "Figure 3: randomly generated bumps", "Randomly generated bumps", "figure_3", (IMAGES,), first=0
    ),
    "figure_4": FigureKind(
        "Figure 4: interpolated images of CelebA",
        "Interpolations between images of CelebA",
        "interpolations",
        (IMAGES,),
        first=0,
    ),
    "figure_5": FigureKind(
        "Figure 5: randomly generated images",
        "Randomly generated images of MNIST or another small set",
        "gallery",
        (IMAGES,),
        first=0,
    ),
    "figure_6": FigureKind(
        "Figure 6: randomly generated images of CelebA",
        "Randomly generated images of CelebA",
        "gallery",
        (IMAGES,),
        first=0,
    ),
    "figure_a2_1": FigureKind(
        "Figure A.2-1: singular values of the latent space of VRRAE for each beta",
        "Singular values of VRRAE's latent space for each beta",
        "figure_a2_1",
        ("scores.json",),
    ),
    "figure_a2_2": FigureKind(
        "Figure A.2-2: second mean of VRRAE against the first for each beta",
        "Second mean of VRRAE against the first for each beta",
        "figure_a2_2",
        (MEANS,),
    ),
    "figure_a5_3": FigureKind(
        "Figure A.5-3: interpolated images of CIFAR-10",
        "Interpolations between images of CIFAR-10",
        "interpolations",
        (IMAGES,),
        first=0,
    ),
    "figure_a5_4": FigureKind(
        "Figure A.5-4: interpolated images",
        "Interpolations between images of MNIST or another small set",
        "interpolations",
        (IMAGES,),
        first=0,
    ),
    "figure_a5_5": FigureKind(
        "Figure A.5-5: more interpolated images of CelebA",
        "More interpolations between images of CelebA",
        "interpolations",
        (IMAGES,),
        first=5,
    ),
    "figure_a5_6": FigureKind(
        "Figure A.5-6: randomly generated images of CIFAR-10",
        "Randomly generated images of CIFAR-10",
        "gallery",
        (IMAGES,),
        first=0,
    ),
    "figure_a5_7": FigureKind(
        "Figure A.5-7: more randomly generated images of all data sets",
        "More randomly generated images, of all data sets",
        "gallery",
        (IMAGES,),
        first=24,
    ),
    "figure_collapse": FigureKind(
        "Posterior collapse: KL divergence and signal-to-noise of each dimension",
        "KL divergence and signal-to-noise of each dimension, every seed: VAE and VRRAE",
        "figure_collapse",
        ("scores.json",),
    ),
}
