"""The keys of a configuration, with their types and defaults. The JSON schema for editors is made from them."""

import os
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vrrae_bench.artefacts.methods import Method, methods
from vrrae_bench.artefacts.run import SEPARATOR, Precision, RunSpec, format_beta
from vrrae_bench.artefacts.specification import Section, Seed
from vrrae_bench.datasets.settings import BumpSettings, FileSettings
from vrrae_bench.datasets.sources import SOURCES, source_of
from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.training.settings import TimingSettings

SourceName = Literal["synthetic", *SOURCES]  # pyrefly: ignore[invalid-literal] -- they are the files of a folder
LearningRate = Annotated[float, Field(gt=0, lt=1)]
BatchSize = Annotated[int, Field(ge=1, le=1_000_000)]
Weight = Annotated[float, Field(ge=0, le=1e6)]
LinearLayers = Annotated[int, Field(ge=0, le=100)]
# The name of a data set is the name of a folder of results and the value of a wildcard of rules.
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=100)]
# Keys of a data set that hold a value for each method of a kind.
PER_METHOD: dict[str, tuple[str, Callable[[Method], bool]]] = {
    "beta": ("a KL divergence", lambda method: method.variational),
    "penalty": ("a penalty", lambda method: method.penalised),
    "linear_layers": ("linear layers of its own", lambda method: method.stacked),
}


def _one_line(text: str) -> str:
    """Text with single spaces in place of line breaks and the like.

    Raises:
        ValueError: It contains an invisible character, such as those that control a terminal.
    """
    line = " ".join(text.split())
    if not line.isprintable():
        raise ValueError("It has a control character; write text of one line")
    return line


# Text that stands above tables and in the report, and that is an option of commands.
OneLine = Annotated[str, AfterValidator(_one_line)]
OWN_SOURCES = tuple(name for name in SOURCES if source_of(name).own)
PAPER_IMAGES = ("mnist", "cifar10", "celeba")
PAPER_DATASETS = ("synthetic", *PAPER_IMAGES)


class DatasetSettings(Section):
    """A data set and how methods are trained on it (Tables A.3-1, A.3-2 and A.3-3)."""

    source: SourceName = Field(
        description="Where the images come from: a published data set, the synthetic bumps, or your own files "
        "(folder, npz)"
    )
    bumps: BumpSettings | None = Field(
        default=None, description="Settings of the synthetic bumps. Only for the source synthetic"
    )
    files: FileSettings | None = Field(
        default=None,
        description="Where your own images are, and how they are read. Only for the sources folder and npz",
    )
    test_images: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Use only this number of test images of a published data set, from the first on. Tables, captions "
        "and claims then say so. null: all test images",
    )
    bottleneck: int = Field(
        ge=1, le=100_000, description="k: the number of dimensions of the bottleneck, and the rank of the truncated SVD"
    )
    latent_size: int = Field(
        ge=1,
        le=100_000,
        description="L: the number of dimensions of the latent space of RRAE and VRRAE, before the truncation",
    )
    epochs: float = Field(gt=0, le=1e6, description="Number of passes over the training images")
    batch_size: BatchSize = Field(description="Number of images in a step of the optimiser")
    learning_rate: LearningRate = Field(
        description="Learning rate of AdaBelief, which stays the same during the whole training"
    )
    other_learning_rates: tuple[LearningRate, ...] = Field(
        default=(),
        description="Further learning rates. All methods are trained again with each of them, for a further block of "
        "Table 1 or 2",
    )
    precision: Precision = Field(
        default="float32",
        description="Type of the operands of matrix products in encoder and decoder during training. Sums, weights, "
        "loss and truncation are always float32. An x86 CPU without avx512_bf16 and amx_bf16 refuses bfloat16",
    )
    beta: dict[str, Weight] = Field(description="Weight of the KL divergence in the loss, for each variational method")
    penalty: dict[str, Weight] = Field(
        default={}, description="Weight of the penalty in the loss, for each method that has a penalty"
    )
    linear_layers: dict[str, LinearLayers] = Field(
        default={}, description="Number of additional linear layers, for each method that has them"
    )
    betas: tuple[Weight, ...] = Field(
        default=(),
        description="Betas with which VAE and VRRAE are trained for Table A.3-2 and Figures A.2-1 and A.2-2. Table 2 "
        "also shows the best of them",
    )
    batch_sizes: tuple[BatchSize, ...] = Field(
        default=(),
        description="Batch sizes with which VRRAE is trained for Table A.4-2, always for the same number of epochs",
    )
    seeds: tuple[Seed, ...] = Field(
        min_length=1, description="Seeds of trainings. Tables show the mean and the standard deviation over them"
    )
    ablations: tuple[str, ...] = Field(
        default=(), description="Methods that Table 3 compares with VRRAE. Only for image data sets"
    )
    baselines: tuple[str, ...] = Field(
        default=(), description="Methods that Table A.4-3 compares with `experiment.methods`. Only for image data sets"
    )
    timed: tuple[str, ...] = Field(default=(), description="Methods whose training steps are timed for Table A.4-1")
    sweep_seeds: tuple[Seed, ...] | None = Field(
        default=None,
        min_length=1,
        description="Seeds of ablations, baselines, betas and batch sizes. null: the same seeds as for the other "
        "trainings",
    )
    sampling: SampleSpec
    extractor: ExtractorSettings | None = Field(
        default=None,
        description="The Inception-v3 network whose features FID compares. null: no FID is computed, for example "
        "because the images have no labels",
    )
    extractor_seeds: tuple[Seed, ...] = Field(
        default=(),
        description="Seeds of further extractors, which show how much an FID depends on the seed of the extractor. "
        "They score the runs of Tables 2 and 3, so that their claims have a verdict by each extractor, and the first "
        "training seed of each method for table_extractors",
    )
    inception_2015: bool = Field(
        default=False,
        description="Whether FID is also computed with the Inception network of 2015, as in most papers. It needs no "
        "labels, but the published weights, and the features of all training images at 299 pixels",
    )


def least_images(dataset: DatasetSettings) -> dict[str, int]:
    """How many training images each of these keys asks for at least."""
    return {
        "bottleneck": dataset.bottleneck,
        "batch_size": dataset.batch_size,
        "batch_sizes": max(dataset.batch_sizes, default=1),
        "sampling.gmm_components": dataset.sampling.gmm_components or 1,
    }


class ExperimentSettings(Section):
    """What is computed. Lists, because an overlay replaces a list but cannot remove a key."""

    datasets: tuple[str, ...] = Field(
        min_length=1, description="Names of the data sets, whose settings are below `datasets`"
    )
    methods: tuple[str, ...] = Field(min_length=1, description="Methods that Tables 1 and 2 compare")
    timing: TimingSettings = TimingSettings()


class Study(Section):
    """The part of the configuration that decides results: what is compared, and what is said about it."""

    experiment: ExperimentSettings
    datasets: dict[DatasetName, DatasetSettings] = Field(min_length=1)
    banner: OneLine | None = Field(
        default=None, description="A sentence that is shown above every table, figure and report"
    )
    reduced: OneLine | None = Field(
        default=None,
        description="A few words, such as `few epochs`, that say how trainings are smaller than the paper's. If they "
        "are set, no claim is decided. null: trainings are as large as the paper's",
    )

    @property
    def mark(self) -> str | None:
        """The mark on a figure, for readers who see it alone, if trainings were smaller than the paper's."""
        return (self.banner or f"Not the paper's settings: {self.reduced}.") if self.reduced else None

    def run(
        self,
        dataset: str,
        method: str,
        seed: int,
        *,
        learning_rate: float | None = None,
        beta: float | None = None,
        batch_size: int | None = None,
    ) -> RunSpec:
        """The run of `method` on `dataset` with one seed. Values that are not given are taken from the data set."""
        settings = self.datasets[dataset]
        learning_rate = settings.learning_rate if learning_rate is None else learning_rate
        batch_size = settings.batch_size if batch_size is None else batch_size
        definition = methods()[method]
        if definition.variational:
            beta = settings.beta[method] if beta is None else beta
        parts = [] if beta is None else [f"beta={format_beta(beta)}"]
        parts.append(f"batch={batch_size}")
        if learning_rate != settings.learning_rate:
            parts.append(f"learning_rate={format_beta(learning_rate)}")
        if settings.precision != "float32":
            # The name is not `precision=`, because earlier versions used this name for another arithmetic, and models
            # of these versions may be in the same folder.
            parts.append(f"products={settings.precision}")
        return RunSpec(
            dataset=dataset,
            method=method,
            definition=definition,
            beta=beta,
            penalty_weight=settings.penalty.get(method),
            linear_layers=settings.linear_layers.get(method, 0),
            latent_size=settings.latent_size,
            bottleneck=settings.bottleneck,
            epochs=settings.epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            precision=settings.precision,
            seed=seed,
            variant=SEPARATOR.join(parts),
        )


class Settings(Study):
    """The whole configuration."""

    results: Annotated[str, AfterValidator(os.path.normpath)] = Field(
        min_length=1, description="Folder to which all results are written"
    )
    accelerator: Literal["cpu", "cuda", "tpu"] = Field(
        description="Where models are trained. The paths and names of results stay the same"
    )
    mirror: str | None = Field(
        description="A folder or an address with copies of the published files, as <data set>/<file>. It is asked first"
    )
    offline: bool = Field(
        description="Whether the network is not used, but only the mirror and the files that are there already"
    )
    weights: str | None = Field(
        description="A file with torchvision's ImageNet weights of Inception-v3, if it is not in the mirror"
    )
    longest_job_minutes: int | None = Field(
        default=None,
        ge=1,
        le=525_600,
        description="The longest time that a job asks a cluster for. A training that needs more is continued by a "
        "further job",
    )
    checkpoint_seconds: float = Field(
        gt=0, le=86_400, description="Seconds between two checkpoints of a training or a fine-tuning"
    )

    @property
    def study(self) -> Study:
        """The part of the configuration that decides results."""
        return Study(**{name: getattr(self, name) for name in Study.model_fields})
