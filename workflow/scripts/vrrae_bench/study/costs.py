"""What jobs cost, in seconds and megabytes: estimates, each from a measurement that is named here.

The estimates decide how long jobs may run (workflow/rules) and what `make plan` prints. They decide no result.
"""

import csv
import math
from dataclasses import replace

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.datasets.source import MB, DatasetSize
from vrrae_bench.datasets.sources import source_of
from vrrae_bench.datasets.weights import WEIGHTS
from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.study.paper import PAPER_VALUES
from vrrae_bench.study.settings import DatasetSettings
from vrrae_bench.training.settings import TimingSettings

PAPER_TPUS = 8  # the paper's appendix: "parallelized over 8 TPUs"
WEIGHTS_MB = {name: round(file.size / 1e6) for name, file in WEIGHTS.items()}
INCEPTION_MB = 100
CONVOLUTIONS_MB = 1.7  # of a model, the same for all
INCEPTION_FEATURES = 2048
SAMPLED_FEATURES = 5000  # the images of which the reference keeps them

# docs/performance.md, "Against the published packages": a VRRAE step on two cores, over the images of its batch.
# CelebA's of its shape ("Data larger than memory").
CPU_SECONDS_PER_IMAGE = {"mnist": 0.309 / 576, "cifar10": 0.043 / 64, "synthetic": 0.148 / 64, "celeba": 16 / 576}
# docs/reproduce.md, "What it costs": MNIST, two jobs side by side on two cores.
SAMPLE_SECONDS = 36 / 70_000  # per image of the data set
TUNE_SECONDS = 33 * 60 / 60_000  # per training image and epoch, at 75 pixels, in float32: Fashion-MNIST, on a Zen 3
# Measured on a CPU at 299 pixels, with the auxiliary head: 1582 MiB for a batch of 4 images, 2449 for 12; at 75 pixels
# 2475 at the most for 64.
TUNE_MIB, TUNE_MIB_PER_IMAGE = 4000, 120
# Features per image on a core, in float32: of MNIST's run at 75 pixels; and docs/performance.md, "Features and the
# Frechet distance", at 299: 13.2 images/s on two.
FEATURE_SECONDS = {75: 6 * 60 / 60_000, 299: 2 / 13.2}
# Of the same section, on one core: the distance of 1250 images, and those that a jackknife takes, of all images and
# without each of eight parts, by the number of images.
DISTANCE_SECONDS = 0.87
JACKKNIFE_SECONDS = {1250: 2.5, 10_000: 16.3}
# Of the same section: 7.8 images/s of torchmetrics' network at 299 pixels, on two cores.
SECONDS_2015 = 2 / 7.8  # per image, on one
OTHER_SECONDS = 10  # tables, figures and the like
DOWNLOAD_MB_PER_SECOND = 10  # ours: an ordinary connection


def dataset_size(dataset: DatasetSettings) -> DatasetSize | None:
    """How many images a data set has, and their shape; none if only the user's own files tell."""
    if dataset.source == "synthetic":
        bumps = dataset.bumps
        if bumps is None:
            return None
        return DatasetSize(bumps.grid**2, bumps.test_images + bumps.diagonal_images, 64, 1, bytes_per_value=4)
    images = source_of(dataset.source).images
    return None if images is None else replace(images, n_test=dataset.test_images or images.n_test)


def download_seconds(dataset: DatasetSettings) -> float | None:
    """Duration of fetching and storing a data set, or none for images of the user's own."""
    if dataset_size(dataset) is None:
        return None
    return OTHER_SECONDS + downloaded_mb(dataset) / DOWNLOAD_MB_PER_SECOND


def downloaded_mb(dataset: DatasetSettings) -> float:
    """Size of the published files behind a data set, in MB."""
    return 0 if dataset.source == "synthetic" else source_of(dataset.source).download_mb


def holds_large_images(dataset: DatasetSettings) -> bool:
    """Whether the images take much memory, as CelebA's do. The user's own images may, since their size is not known."""
    images = dataset_size(dataset)
    return images is None or images.side > 64


def left_mb(dataset: DatasetSettings) -> float | None:
    """Size of a stored data set and of the published files behind it, in MB, or none for images of the user's own."""
    images = dataset_size(dataset)
    return None if images is None else downloaded_mb(dataset) + images.stored_mb


def working_mb(dataset: DatasetSettings, output: float | None) -> int:
    """The most disk that a job uses if nodes share no folder, in MB: its data, its output, and room to spare."""
    images = dataset_size(dataset)
    return math.ceil(2000 + (images.stored_mb if images else 10_000) + (output or 0))


def training_seconds(dataset: DatasetSettings, accelerator: str) -> float | None:
    """Duration of a training of any method, or none if there is no basis for an estimate.

    Args:
        accelerator: For `cpu`, the estimate is from our measurement on two cores. For `tpu`, it is from the times that
            the paper prints in Table A.4-1 for eight TPUs. For `cuda`, it is the estimate of the CPU, which is an upper
            bound, because no GPU was measured.
    """
    images = dataset_size(dataset)
    if images is None:
        return None
    per_image = _tpu_seconds_per_image(dataset) if accelerator == "tpu" else _cpu_seconds_per_image(dataset)
    return None if per_image is None else dataset.epochs * images.n_train * per_image


def _cpu_seconds_per_image(dataset: DatasetSettings) -> float:
    """Measured seconds. For other images, MNIST's seconds are scaled by the size of the feature maps."""
    images = dataset_size(dataset)
    growth = (images.side / 28) ** 2 if images else 1
    return CPU_SECONDS_PER_IMAGE.get(dataset.source, CPU_SECONDS_PER_IMAGE["mnist"] * growth)


def _tpu_seconds_per_image(dataset: DatasetSettings) -> float | None:
    """The paper's time of a step of VRRAE, divided by its batch size; none for a data set that it did not time."""
    with PAPER_VALUES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == dataset.source]
    step = [row["value"] for row in rows if row["metric"] == "step_seconds" and row["method"] == "vrrae"]
    batch = [row["value"] for row in rows if row["table"] == "table_a3_3" and row["metric"] == "batch_size"]
    return float(step[0]) / float(batch[0]) if step and batch else None


def timing_seconds(dataset: DatasetSettings, timing: TimingSettings) -> float | None:
    """Duration of the timings on a data set, on two cores: of its single steps, and of two turns within a training."""
    images = dataset_size(dataset)
    steps = len(dataset.timed) * (timing.turns * timing.steps + 2 * timing.training_steps)
    return None if images is None else steps * dataset.batch_size * _cpu_seconds_per_image(dataset)


def tuning_seconds(dataset: DatasetSettings) -> float | None:
    """Duration of the fine-tuning of an Inception-v3, on a core of a CPU."""
    images = dataset_size(dataset)
    if images is None or dataset.extractor is None:
        return None
    growth = _feature_seconds(dataset.extractor.image_size) / FEATURE_SECONDS[75]
    return dataset.extractor.epochs * images.n_train * TUNE_SECONDS * growth


def tuning_mib(dataset: DatasetSettings) -> int:
    """Memory of the fine-tuning of an Inception-v3, in MiB."""
    extractor = _extractor_of(dataset)
    batch_size, share = extractor.batch_size, (extractor.image_size / 299) ** 2
    return math.ceil(TUNE_MIB + TUNE_MIB_PER_IMAGE * batch_size * share)


def sampling_seconds(dataset: DatasetSettings) -> float | None:
    """Duration of encoding, generating, interpolating and reconstructing with one model, on a core of a CPU."""
    images = dataset_size(dataset)
    if images is None:
        return None
    growth = _cpu_seconds_per_image(dataset) / CPU_SECONDS_PER_IMAGE["mnist"]
    return (images.n_train + images.n_test) * SAMPLE_SECONDS * growth


def scoring_seconds(dataset: DatasetSettings) -> float:
    """Duration of scoring one run, on a core of a CPU."""
    if dataset.extractor is None:
        return OTHER_SECONDS
    sampling = dataset.sampling
    single = sampling.random_draws + sampling.interpolation_points
    distances = single * DISTANCE_SECONDS + 2 * sum(JACKKNIFE_SECONDS.values())
    return generated_images(dataset) * _feature_seconds(dataset.extractor.image_size) + distances


def reference_seconds(dataset: DatasetSettings) -> float | None:
    """Duration of computing the features of the training images, on a core of a CPU."""
    images = dataset_size(dataset)
    return None if images is None else images.n_train * _feature_seconds(_extractor_of(dataset).image_size)


def bounds_seconds(dataset: DatasetSettings) -> float:
    """Duration of scoring test images, training images and noise as if a model had drawn them, on a core of a CPU."""
    draws, features = dataset.sampling.random_draws, _feature_seconds(_extractor_of(dataset).image_size)
    distances = draws * DISTANCE_SECONDS + JACKKNIFE_SECONDS[10_000]
    return 3 * (draws * dataset.sampling.random_images * features + distances)


def _extractor_of(dataset: DatasetSettings) -> ExtractorSettings:
    """The extractor behind a job that only data sets with one have.

    Raises:
        ValueError: There is none, a mistake in the program.
    """
    if dataset.extractor is None:
        raise ValueError("a data set without an extractor has no job that needs one")
    return dataset.extractor


def _feature_seconds(image_size: int) -> float:
    """Measured seconds at 75 pixels. For larger images, those at 299 pixels are scaled by the number of pixels."""
    return FEATURE_SECONDS[75] if image_size <= 75 else FEATURE_SECONDS[299] * (image_size / 299) ** 2


def reference_2015_seconds(dataset: DatasetSettings) -> float | None:
    """Duration of computing the features of 2015 that runs are scored against, on a core of a CPU."""
    images = dataset_size(dataset)
    return None if images is None else (images.n_train + images.n_test) * SECONDS_2015


def score_2015_seconds(dataset: DatasetSettings) -> float:
    """Duration of scoring one run by the Inception of 2015, on a core of a CPU."""
    return generated_images(dataset) * SECONDS_2015


def generated_images(dataset: DatasetSettings) -> int:
    """Number of images that are drawn from one model: by the mixture, by two other samplers, and by interpolation."""
    sampling = dataset.sampling
    drawn = sampling.random_images * (sampling.random_draws + 2)
    return drawn + sampling.interpolation_pairs * sampling.interpolation_points


def model_mb(dataset: DatasetSettings, method: str) -> float | None:
    """Size of a trained model, in MB: the linear layers of its encoder and decoder grow with the image."""
    images = dataset_size(dataset)
    if images is None:
        return None
    encoder, decoder = 64 * math.ceil(images.side / 4) ** 2, 32 * math.ceil(images.side / 16) ** 2
    return CONVOLUTIONS_MB + (encoder + decoder) * getattr(dataset, methods()[method].width) * 4 / MB


def training_mb(dataset: DatasetSettings) -> float | None:
    """The most disk that a training uses, in MB: a model, and three checkpoints with the optimiser's two moments."""
    size = model_mb(dataset, "vrrae")
    return size and 10 * size


def samples_mb(dataset: DatasetSettings) -> float | None:
    """Size of the latents and the images that are drawn from one model, in MB."""
    images = dataset_size(dataset)
    if images is None:
        return None
    drawn = generated_images(dataset) * images.side**2 * images.channels * images.bytes_per_value
    latents = (images.n_train + images.n_test) * dataset.bottleneck * 2 * 4
    return (drawn + latents) / MB


def moments_mb() -> float:
    """Size of the moments that runs are scored against, in MB: a covariance, and its square root."""
    return 2 * INCEPTION_FEATURES**2 * 8 / MB


def reference_mb() -> float:
    """Size of all that runs are scored against, in MB: the moments, and the features of some images."""
    return moments_mb() + SAMPLED_FEATURES * INCEPTION_FEATURES * 4 / MB


def minutes_with_margin(seconds: float | None, *, margin: float, least: int, otherwise: int) -> int:
    """A time limit in minutes: `margin` times the estimate, at least `least`; `otherwise` if there is no estimate."""
    return otherwise if seconds is None else max(least, math.ceil(seconds * margin / 60))
