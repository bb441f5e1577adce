"""The tables and figures, with an entry for each: first the paper's, in the order of the paper, then our own.

Rules, targets, plans, captions, commands and the report find a table or figure here, by its name. Each also has a
template of its caption, and each kind of figure has a module that draws it.

This module imports neither matplotlib nor pandas, because rules import it, and they only plan.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import ClassVar, Literal, TypeVar

from vrrae_bench.artefacts.bounds import BOUNDS
from vrrae_bench.artefacts.extractor_folder import FLOOR_2015
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import SCORES, SCORES_2015
from vrrae_bench.artefacts.shown import FIGURE_PAIRS, GALLERY, SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.study.comparisons import (
    ablation,
    anything,
    baselines,
    batch_size_sweep,
    beta_sweep,
    by_inception_2015,
    has_fid,
    headline,
    images,
    images_without,
    interpolated,
    main_comparison,
    only,
    several_extractors,
    synthetic,
    timed,
    truncations,
)
from vrrae_bench.study.settings import PAPER_IMAGES, DatasetSettings, Study


@dataclass(frozen=True)
class Selection:
    """The runs that a table or figure shows.

    Attributes:
        datasets: Which data sets are shown.
        comparison: Which runs of each data set are shown. None if nothing is read from a run.
        methods: Which methods are shown. None means all methods of the comparison.
        every_seed: Whether all seeds are shown, or only the first seed of each data set.
        every_dataset: Whether all of these data sets are shown, or only the first that the configuration selects.
        best_beta: Whether the best of several betas is shown beside the configured beta. This is possible if the betas
            of the sweep were trained and there is an FID to choose by. The runs of the best beta have the seeds of the
            sweep.
    """

    datasets: Callable[[DatasetSettings], bool]
    comparison: Callable[[Study, str], list[RunSpec]] | None = None
    methods: tuple[str, ...] | None = None
    every_seed: bool = True
    every_dataset: bool = True
    best_beta: bool = False


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What tables and figures have in common.

    Attributes:
        name: The name of its files, of its target and of the template of its caption.
        title: The heading that stands above it. The short name is the part before the colon.
        about: What it shows, in a line.
        shows: The runs that it shows.
        suffixes: The suffixes of the files in which it is published.
    """

    suffixes: ClassVar[tuple[str, ...]]
    name: str
    title: str
    about: str
    shows: Selection

    @property
    def caption(self) -> str:
        """The template of its caption, a file in `workflow/report/captions`."""
        return f"{self.name}.j2"


@dataclass(frozen=True, kw_only=True)
class Table(Entry):
    """A table.

    Attributes:
        metrics: Its numbers, by their keys in `METRICS`.
        headings: The paper's headings of some columns, which replace their headings in `METRICS`.
        origin: What it is made from: scores of runs, the configuration, or timings of steps.
        rows: What its rows are: the methods, with a table for each data set, or the data sets, with one table.
        columns: The column of the long form that tells the columns of the table apart.
        file: The file of a run that it reads, if it is made from scores.
        bounds: The files with scores of real images or of noise, which stand below the scores of the runs of each data
            set.
        every_extractor: Whether it shows the scores by every extractor of a data set, and not only by the first.
        each_value: Metrics of which each value is shown, beside their mean.
        zero_beta_apart: Whether VRRAE with beta = 0 has a row of its own, even if 0 is the configured beta.
        each_beta: Whether each beta of a method has a row.
        in_paper: Whether the paper has such a table, so that its values stand beside ours.
    """

    suffixes = (".csv", ".md", ".tex")
    metrics: tuple[str, ...]
    headings: Mapping[str, str] = field(default_factory=dict)
    origin: Literal["scores", "settings", "timings"] = "scores"
    rows: Literal["method", "dataset"] = "method"
    columns: Literal["metric", "beta", "batch_size"] = "metric"
    file: str = SCORES
    bounds: tuple[str, ...] = ()
    every_extractor: bool = False
    each_value: tuple[str, ...] = ()
    zero_beta_apart: bool = False
    each_beta: bool = False
    in_paper: bool = True


@dataclass(frozen=True, kw_only=True)
class Figure(Entry):
    """A figure.

    Attributes:
        kind: The kind of figure, if several figures are drawn and described alike.
        files: The files of a run that it reads, in addition to the scores and the specification of the run.
        of_untrained_models: Whether it shows only the shapes of the models of its runs, so that no run has to be
            trained, and no file of a run is read.
        detail: The entry under `details` of scores.json that it shows, if earlier versions did not write this entry.
        made: What it is drawn from, if it is not drawn from runs: tables by their names, and `CLAIMS`, the verdicts. A
            table that the configuration does not ask for is left out.
        reads_manifest: Whether it reads the manifest of its data set.
        first: The number of the first pair or image that the figure shows, from 0 on. Another figure of the same runs
            may begin at another number. None for a figure that shows neither pairs nor images.
        number_is_ours: Whether its number is ours, because the paper does not tell which figure shows what.
    """

    suffixes = (".png", ".pdf", ".txt")
    kind: str | None = None
    files: tuple[str, ...] = ()
    of_untrained_models: bool = False
    detail: str | None = None
    made: tuple[str, ...] = ()
    reads_manifest: bool = False
    first: int | None = None
    number_is_ours: bool = False

    @property
    def module(self) -> str:
        """The module in `reporting/figures` whose function `draw` draws it."""
        return self.kind or self.name

    @property
    def caption(self) -> str:
        """The template of its caption, a file in `workflow/report/captions`."""
        return f"{self.module}.j2"


E = TypeVar("E", bound=Entry)
CLAIMS = "claims"  # the name of the verdicts on the claims of the paper, from which some figures are drawn


def by_name(*entries: E) -> dict[str, E]:
    """Entries by their names.

    Raises:
        ValueError: Two entries have the same name, for example because one was copied from the other.
    """
    found = {entry.name: entry for entry in entries}
    if len(found) < len(entries):
        raise ValueError(f"two entries of the catalogue have the same name, among {[entry.name for entry in entries]}")
    return found


# The metrics of Tables 2, 3 and A.4-3 of the paper, and the headings that the paper prints above their columns.
FID_AND_ERROR = ("fid_interpolation", "fid_random", "reconstruction_error")
INTER_RAND_REC = {"fid_interpolation": "Inter.", "fid_random": "Rand.", "reconstruction_error": "Rec."}

TABLES = by_name(
    Table(
        name="table_1",
        title="Table 1: synthetic bumps, errors in percent, coverage and outside as shares",
        about="Synthetic bumps: test error and random-generation error",
        shows=Selection(synthetic, main_comparison),
        metrics=(
            "reconstruction_error",
            "random_generation_error",
            "reconstruction_error_original_scale",
            "coverage",
            "share_outside",
        ),
    ),
    Table(
        name="table_2",
        title="Table 2: FID of interpolation and of random generation, reconstruction error in percent",
        about="Images: reconstruction error, FID of interpolation and of random generation",
        shows=Selection(images, main_comparison, best_beta=True),
        metrics=FID_AND_ERROR,
        headings=INTER_RAND_REC,
    ),
    Table(
        name="table_3",
        title="Table 3: ablations; FID of interpolation and of random generation, reconstruction error in percent",
        about="Images: RRAE + VAE, VAE (f = I) and VRRAE without a KL term beside VRRAE",
        shows=Selection(images, ablation),
        metrics=FID_AND_ERROR,
        headings=INTER_RAND_REC,
        zero_beta_apart=True,
    ),
    Table(
        name="table_a3_1",
        title="Table A.3-1: sizes of bottleneck and latent space",
        about="Sizes of bottleneck and latent space, from the configuration",
        shows=Selection(anything),
        metrics=("bottleneck", "latent_size"),
        origin="settings",
        rows="dataset",
    ),
    Table(
        name="table_a3_2",
        title="Table A.3-2: FID of random generation for each beta",
        about="Images: FID of random generation of VAE and VRRAE for each beta",
        shows=Selection(has_fid, beta_sweep, best_beta=True),
        metrics=("fid_random",),
        headings={"fid_random": "Rand."},
        columns="beta",
    ),
    Table(
        name="table_a3_3",
        title="Table A.3-3: epochs, batch size and learning rate",
        about="Epochs, batch size and learning rate, from the configuration",
        shows=Selection(anything),
        metrics=("epochs", "batch_size", "learning_rate"),
        origin="settings",
        rows="dataset",
    ),
    Table(
        name="table_a4_1",
        title="Table A.4-1: time of a training step, and of all",
        about="Time of a step and of a training: VAE and VRRAE",
        shows=Selection(timed),
        metrics=("step_seconds", "total_minutes", "step_ratio"),
        origin="timings",
    ),
    Table(
        name="table_a4_2",
        title="Table A.4-2: test error of VRRAE for each batch size, in percent",
        about="Test error of VRRAE for each batch size, equal epochs",
        shows=Selection(anything, batch_size_sweep),
        metrics=("reconstruction_error",),
        columns="batch_size",
    ),
    Table(
        name="table_a4_3",
        title="Table A.4-3: other autoencoders; FID of interpolation and generation, reconstruction error in percent",
        about="Images: Long AE, IRMAE, LoRAE, contractive and sparse AE beside the methods of Table 2",
        shows=Selection(images, baselines),
        metrics=FID_AND_ERROR,
        headings=INTER_RAND_REC,
    ),
    Table(
        name="table_scores",
        title="Scores of generated images, beside those of real images and of noise",
        about="Images: FID with and without its bias, KID, precision, recall, density, coverage; the same for test "
        "images, training images and noise",
        shows=Selection(has_fid, headline),
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
        bounds=BOUNDS,
        in_paper=False,
    ),
    Table(
        name="table_extractors",
        title="How much an FID depends on the seed of the extractor",
        about="Images: scores by extractors that differ in nothing but their seed, first training seed of each method",
        shows=Selection(several_extractors, headline, every_seed=False),
        metrics=("fid_random", "fid_random_infinity", "kid_random", "fid_interpolation"),
        bounds=("floor",),
        every_extractor=True,
        each_value=("fid_random", "fid_random_infinity", "kid_random", "fid_interpolation"),
        in_paper=False,
    ),
    Table(
        name="table_fid_2015",
        title="FID as most papers give it, by the Inception of 2015",
        about="Images: FID of random generation and of interpolation by the Inception of 2015",
        shows=Selection(by_inception_2015, headline),
        metrics=("fid_2015_random", "fid_2015_interpolation"),
        headings={"fid_2015_random": "Rand.", "fid_2015_interpolation": "Inter."},
        file=SCORES_2015,
        bounds=(PurePath(FLOOR_2015).stem,),
        in_paper=False,
    ),
    Table(
        name="table_truncation",
        title="Truncation by the SVD of each batch, and by the basis found after training; errors in percent",
        about="Error by the SVD of each batch beside that by the basis of all training images: RRAE, VRRAE, RRAE + VAE",
        shows=Selection(anything, truncations),
        metrics=(
            "bottleneck",
            "latent_size",
            "batch_size",
            "reconstruction_error_train_by_batch",
            "reconstruction_error_train",
            "reconstruction_error_by_batch",
            "reconstruction_error",
            "basis_disagreement",
        ),
        headings={"reconstruction_error": "Test, basis"},
        in_paper=False,
    ),
    Table(
        name="table_betas",
        title="VAE and VRRAE with the same betas",
        about="Images: test error, sharpness and collapse of VAE and VRRAE for each beta",
        shows=Selection(images, beta_sweep),
        metrics=(
            "reconstruction_error",
            "sharpness_reconstruction",
            "sharpness_random",
            "sharpness_interpolation",
            "kl_divergence",
            "collapsed_dimensions",
            "effective_rank",
        ),
        headings={"sharpness_random": "Sharpness, random"},
        each_beta=True,
        in_paper=False,
    ),
    Table(
        name="table_collapse",
        title="Posterior collapse",
        about="Active units, collapsed dimensions and runs, effective rank, KL divergence, mutual information: VAE and "
        "VRRAE",
        shows=Selection(anything, headline, ("vae", "vrrae")),
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
)

FIGURES = by_name(
    Figure(
        name="figure_1",
        title="Figure 1: architecture of VAE, RRAE and VRRAE",
        about="Architecture of VAE, RRAE and VRRAE, drawn from the shapes of the code",
        shows=Selection(images, headline, ("vae", "rrae", "vrrae"), every_seed=False, every_dataset=False),
        of_untrained_models=True,
        reads_manifest=True,
    ),
    Figure(
        name="figure_2",
        title="Figure 2: latent space of the synthetic bumps",
        about="Posterior means of the synthetic bumps, a diagonal motion in orange: VAE and VRRAE",
        shows=Selection(synthetic, headline, ("vae", "vrrae")),
        files=(SHOWN_MEANS,),
    ),
    Figure(
        name="figure_3",
        title="Figure 3: randomly generated bumps",
        about="Randomly generated bumps",
        shows=Selection(synthetic, headline, every_seed=False),
        files=(SHOWN_IMAGES,),
        first=0,
    ),
    Figure(
        name="figure_4",
        title="Figure 4: interpolated images of CelebA",
        about="Interpolations between images of CelebA",
        shows=Selection(only("celeba"), headline, every_seed=False),
        kind="interpolations",
        files=(SHOWN_IMAGES,),
        first=0,
    ),
    Figure(
        name="figure_5",
        title="Figure 5: randomly generated images",
        about="Randomly generated images of MNIST or another small set",
        shows=Selection(images_without("cifar10", "celeba"), headline, every_seed=False),
        kind="gallery",
        files=(SHOWN_IMAGES,),
        first=0,
    ),
    Figure(
        name="figure_6",
        title="Figure 6: randomly generated images of CelebA",
        about="Randomly generated images of CelebA",
        shows=Selection(only("celeba"), headline, every_seed=False),
        kind="gallery",
        files=(SHOWN_IMAGES,),
        first=0,
    ),
    Figure(
        name="figure_a2_1",
        title="Figure A.2-1: singular values of the latent space of VRRAE for each beta",
        about="Singular values of VRRAE's latent space for each beta",
        shows=Selection(images, beta_sweep, ("vrrae",), every_seed=False),
    ),
    Figure(
        name="figure_a2_2",
        title="Figure A.2-2: second mean of VRRAE against the first for each beta",
        about="Second mean of VRRAE against the first for each beta",
        shows=Selection(images, beta_sweep, ("vrrae",), every_seed=False),
        files=(SHOWN_MEANS,),
    ),
    Figure(
        name="figure_a5_3",
        title="Figure A.5-3: interpolated images of CIFAR-10",
        about="Interpolations between images of CIFAR-10",
        shows=Selection(only("cifar10"), headline, every_seed=False),
        kind="interpolations",
        files=(SHOWN_IMAGES,),
        first=0,
    ),
    Figure(
        name="figure_a5_4",
        title="Figure A.5-4: interpolated images",
        about="Interpolations between images of MNIST or another small set",
        shows=Selection(images_without("cifar10", "celeba"), headline, every_seed=False),
        kind="interpolations",
        files=(SHOWN_IMAGES,),
        first=0,
        number_is_ours=True,
    ),
    Figure(
        name="figure_a5_5",
        title="Figure A.5-5: more interpolated images of CelebA",
        about="More interpolations between images of CelebA",
        shows=Selection(only("celeba"), headline, every_seed=False),
        kind="interpolations",
        files=(SHOWN_IMAGES,),
        first=FIGURE_PAIRS,
        number_is_ours=True,
    ),
    Figure(
        name="figure_a5_6",
        title="Figure A.5-6: randomly generated images of CIFAR-10",
        about="Randomly generated images of CIFAR-10",
        shows=Selection(only("cifar10"), headline, every_seed=False),
        kind="gallery",
        files=(SHOWN_IMAGES,),
        first=0,
        number_is_ours=True,
    ),
    Figure(
        name="figure_a5_7",
        title="Figure A.5-7: more randomly generated images of all data sets",
        about="More randomly generated images, of all data sets",
        shows=Selection(images, headline, every_seed=False),
        kind="gallery",
        files=(SHOWN_IMAGES,),
        first=GALLERY,
        number_is_ours=True,
    ),
    Figure(
        name="figure_collapse",
        title="Posterior collapse: KL divergence and signal-to-noise of each dimension",
        about="KL divergence and signal-to-noise of each dimension, every seed: VAE and VRRAE",
        shows=Selection(anything, headline, ("vae", "vrrae")),
    ),
    Figure(
        name="figure_outcome",
        title="The outcome: the numbers of Table 2 in the paper and here, and a square for each claim",
        about="Table 2 in the paper and here, and the verdicts, in one picture",
        shows=Selection(only(*PAPER_IMAGES)),
        made=("table_2", CLAIMS),
    ),
    Figure(
        name="figure_paper",
        title="The paper's numbers and ours: error and FIDs of every method",
        about="Error and FIDs in the paper and here: every method of Tables 2, 3 and A.4-3",
        shows=Selection(only(*PAPER_IMAGES)),
        made=("table_2", "table_3", "table_a4_3"),
    ),
    Figure(
        name="figure_verdicts",
        title="Verdicts: a square for each claim of the paper",
        about="The verdict on each claim, and what the open ones wait for",
        shows=Selection(anything),
        made=(CLAIMS,),
    ),
    Figure(
        name="figure_fid_along",
        title="FID along the interpolation: of the images at each position between two training images",
        about="FID at each position between two images, every seed",
        shows=Selection(interpolated, headline),
        detail="fid_interpolation_by_position",
    ),
    Figure(
        name="figure_extractors",
        title="FID by the seed of the extractor",
        about="FIDs of each method by extractors that differ in nothing but their seed",
        shows=Selection(several_extractors),
        made=("table_extractors",),
    ),
)

CATALOGUE: dict[str, Entry] = {**TABLES, **FIGURES}
