"""What a configuration holds: one source for its defaults and for the JSON schema that editors read."""

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
# Without the lower limit, which is checked and told for each method.
Weight = Annotated[float, Field(le=1e6)]
# A name is a folder of results and a wildcard of rules.
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


# Shown above tables and in the report, and handed to commands.
Sentence = Annotated[str, AfterValidator(_one_line)]
OWN_SOURCES = tuple(name for name in SOURCES if source_of(name).own)
PAPER_DATASETS = ("synthetic", "mnist", "cifar10", "celeba")


class DatasetSettings(Section):
    """A data set and how methods are trained on it (Tables A.3-1, A.3-2 and A.3-3)."""

    source: SourceName = Field(description="Where the images come from")
    bumps: BumpSettings | None = Field(default=None, description="Only for the synthetic source")
    files: FileSettings | None = Field(default=None, description="Only for the sources folder and npz: your own images")
    test_images: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Use only the first so many test images of a published data set; none: all. Tables, captions and "
        "claims say so",
    )
    bottleneck: int = Field(ge=1, le=100_000, description="k, the size of the bottleneck")
    latent_size: int = Field(ge=1, le=100_000, description="L, the latent size of RRAE and VRRAE")
    epochs: float = Field(gt=0, le=1e6, description="Passes over the training images")
    batch_size: BatchSize = Field(description="Images per optimiser step")
    learning_rate: LearningRate = Field(description="Constant learning rate of AdaBelief")
    other_learning_rates: tuple[LearningRate, ...] = Field(
        default=(),
        description="Learning rates with which to train everything once more, for a second block of Table 1 or 2",
    )
    precision: Precision = Field(
        default="float32",
        description="Type of the operands of the matrix products of encoder and decoder while training; sums, weights, "
        "loss and truncation stay float32. bfloat16 is refused on an x86 CPU without avx512_bf16 and amx_bf16",
    )
    beta: dict[str, Weight] = Field(description="Weight of the KL divergence, for each variational method")
    penalty: dict[str, Weight] = Field(default={}, description="Weight of the penalty, for each method that has one")
    linear_layers: dict[str, Annotated[int, Field(le=100)]] = Field(
        default={}, description="Their number, for each method that has such"
    )
    betas: tuple[Weight, ...] = Field(
        default=(),
        description="Betas with which VAE and VRRAE are trained (Table A.3-2, Figures A.2-1 and A.2-2); the best "
        "stands in Table 2, beside the configured one",
    )
    batch_sizes: tuple[BatchSize, ...] = Field(
        default=(), description="Batch sizes with which VRRAE is trained, for equal epochs (Table A.4-2)"
    )
    ablations: tuple[str, ...] = Field(
        default=(), description="Methods that are compared with VRRAE in Table 3, on real images only"
    )
    baselines: tuple[str, ...] = Field(
        default=(), description="Methods that Table A.4-3 has beside `experiment.methods`, on real images only"
    )
    timed: tuple[str, ...] = Field(default=(), description="Methods whose training is timed for Table A.4-1")
    seeds: tuple[Seed, ...] = Field(min_length=1, description="A training per seed; tables give mean and std")
    sweep_seeds: tuple[Seed, ...] | None = Field(
        default=None,
        min_length=1,
        description="Seeds of ablations, baselines, betas and batch sizes; none: those of all else",
    )
    sampling: SampleSpec
    extractor: ExtractorSettings | None = Field(
        default=None, description="The Inception-v3 behind FID; null: no FID, as for images without labels"
    )
    extractor_seeds: tuple[Seed, ...] = Field(
        default=(),
        description="Seeds of further extractors, which are tuned to see how much a FID depends on it: their scores of "
        "the first seed of each method stand in table_extractors and nowhere else",
    )
    inception_2015: bool = Field(
        default=False,
        description="Whether to give also the FID of most papers, in the features of the Inception of 2015; needs no "
        "labels, but its weights, and at 299 pixels the features of all training images",
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

    datasets: tuple[str, ...] = Field(min_length=1)
    methods: tuple[str, ...] = Field(min_length=1, description="Compared in Tables 1 and 2")
    timing: TimingSettings = TimingSettings()


class Study(Section):
    """The part of the configuration that decides results: what is compared, and what is said about it."""

    experiment: ExperimentSettings
    datasets: dict[DatasetName, DatasetSettings] = Field(min_length=1)
    banner: Sentence | None = Field(default=None, description="A sentence above every table, figure and report")
    reduced: Sentence | None = Field(
        default=None, description="How trainings are smaller than the paper's, if they are: no claim is then decided"
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
        """The run of `method` on `dataset` with one seed; what is not given is that of the data set."""
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
            # Not `precision=`: what earlier versions called so was another arithmetic, of which models may be there.
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
        min_length=1, description="Folder of everything that is made"
    )
    accelerator: Literal["cpu", "cuda", "tpu"] = Field(description="Where training runs; changes no result's identity")
    mirror: str | None = Field(description="Folder or URL holding <data set>/<file>, asked before the official sources")
    offline: bool = Field(description="Never use the network, only `mirror` and what is there already")
    weights: str | None = Field(description="A local copy of the ImageNet weights of torchvision's Inception-v3")
    longest_job_minutes: int | None = Field(
        default=None,
        ge=1,
        le=525_600,
        description="No job asks for more time, however long it may take; what a cluster allows",
    )
    checkpoint_seconds: float = Field(
        gt=0, le=86_400, description="Time between two checkpoints of a training or a fine-tuning"
    )

    @property
    def study(self) -> Study:
        """What is compared."""
        return Study(**{name: getattr(self, name) for name in Study.model_fields})
