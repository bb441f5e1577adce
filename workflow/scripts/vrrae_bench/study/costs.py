"""What jobs cost, in seconds and megabytes: estimates, each from a measurement that is named here.

The estimates decide how long jobs may run (workflow/rules) and what `make plan` prints. They decide no result.
"""

import csv
import math
from dataclasses import replace

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run_folder import OTHER_SAMPLERS
from vrrae_bench.datasets.source import MB, DatasetSize
from vrrae_bench.datasets.sources import source_of
from vrrae_bench.datasets.weights import WEIGHTS
from vrrae_bench.extractor.settings import FEATURES, ExtractorSettings
from vrrae_bench.scoring.limits import MOST_COMPARED
from vrrae_bench.study.paper import PAPER_VALUES
from vrrae_bench.study.settings import DatasetSettings
from vrrae_bench.training.settings import TimingSettings

PAPER_TPUS = 8  # the paper's appendix: "parallelized over 8 TPUs"
WEIGHTS_MB = {name: round(file.size / MB) for name, file in WEIGHTS.items()}
INCEPTION_MB = 100
LARGE_SIDE = 64  # pixels: images with more of them on a side count as large
CONVOLUTIONS_MB = 1.7  # the convolutions of a model, which are the same for all methods

# The time of a VRRAE step on two cores, divided by the number of images of its batch. The times of steps are in
# docs/performance.md, "Against the published packages". The step for CelebA was measured with other images of the same
# shape (the same page, "Data larger than memory").
CPU_SECONDS_PER_IMAGE = {"mnist": 0.309 / 576, "cifar10": 0.043 / 64, "synthetic": 0.148 / 64, "celeba": 16 / 576}
# The next two times are in docs/reproduce.md, "What it costs". Sampling was measured on MNIST, with two jobs at a time
# on two cores.
SAMPLE_SECONDS = 36 / 70_000  # per image of the data set
# Tuning was measured on Fashion-MNIST, at 75 pixels and in float32, on a Zen 3.
TUNE_SECONDS = 33 * 60 / 60_000  # per training image and epoch
# The peak memory of tuning was measured on a CPU. At 299 pixels, with the auxiliary head, it was 1582 MiB for a batch
# of 4 images, and 2449 MiB for a batch of 12 images. At 75 pixels, it was at most 2475 MiB for a batch of 64 images.
TUNE_MIB, TUNE_MIB_PER_IMAGE = 4000, 120
# The time to compute the features of an image, on one core and in float32, by the side of the image in pixels. 75
# pixels: from the run on MNIST. 299 pixels: docs/performance.md, "Features and the Frechet distance", has 13.2 images
# per second on two cores.
FEATURE_SECONDS = {75: 6 * 60 / 60_000, 299: 2 / 13.2}
# The following times are from the same section, on one core. One distance of 1250 images:
DISTANCE_SECONDS = 0.87
# The nine distances of a jackknife, by the number of images: one of all images, and one without each of eight parts.
JACKKNIFE_SECONDS = {1250: 2.5, 10_000: 16.3}
# The Inception of 2015 as torchmetrics has it: 7.8 images per second at 299 pixels, on two cores.
SECONDS_2015 = 2 / 7.8  # per image, on one core
OTHER_SECONDS = 10  # a job that makes a table, a figure or the like
DOWNLOAD_MB_PER_SECOND = 10  # ours: an ordinary connection


def dataset_size(dataset: DatasetSettings) -> DatasetSize | None:
    """The number of images of a data set, and their shape. None for the user's own images, which are counted later."""
    if dataset.source == "synthetic":
        bumps = dataset.bumps
        if bumps is None:
            return None
        return DatasetSize(bumps.grid**2, bumps.test_images + bumps.diagonal_images, 64, 1, bytes_per_value=4)
    images = source_of(dataset.source).images
    return None if images is None else replace(images, n_test=dataset.test_images or images.n_test)


def download_seconds(dataset: DatasetSettings) -> float | None:
    """Duration of downloading and storing a data set, or none for images of the user's own."""
    if dataset_size(dataset) is None:
        return None
    return OTHER_SECONDS + downloaded_mb(dataset) / DOWNLOAD_MB_PER_SECOND


def downloaded_mb(dataset: DatasetSettings) -> float:
    """Size of the published files behind a data set, in MB."""
    return 0 if dataset.source == "synthetic" else source_of(dataset.source).download_mb


def holds_large_images(dataset: DatasetSettings) -> bool:
    """Whether the images need much memory, as CelebA's do. Images of unknown size count as large, to be safe."""
    images = dataset_size(dataset)
    return images is None or images.side > LARGE_SIDE


def left_mb(dataset: DatasetSettings) -> float | None:
    """Size of a stored data set and of the published files behind it, in MB, or none for images of the user's own."""
    images = dataset_size(dataset)
    return None if images is None else downloaded_mb(dataset) + images.stored_mb


def working_mb(dataset: DatasetSettings, output: float | None) -> int:
    """The largest disk space of a job, in MB, if nodes share no folder: its data, its output, and room to spare."""
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
    """Duration of timing on a data set, on two cores: of single steps, and of two series of steps as in a training."""
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
    """The extractor of a data set, for jobs that only data sets with an extractor have.

    Raises:
        ValueError: The data set has no extractor, which is a mistake in the program.
    """
    if dataset.extractor is None:
        raise ValueError("a data set without an extractor has no job that needs one")
    return dataset.extractor


def _feature_seconds(image_size: int) -> float:
    """Measured seconds at 75 pixels. For larger images, those at 299 pixels are scaled by the number of pixels."""
    return FEATURE_SECONDS[75] if image_size <= 75 else FEATURE_SECONDS[299] * (image_size / 299) ** 2


def reference_2015_seconds(dataset: DatasetSettings) -> float | None:
    """Duration of computing the features of real images by the Inception of 2015, on a core of a CPU."""
    images = dataset_size(dataset)
    return None if images is None else (images.n_train + images.n_test) * SECONDS_2015


def score_2015_seconds(dataset: DatasetSettings) -> float:
    """Duration of scoring one run by the Inception of 2015, on a core of a CPU."""
    return generated_images(dataset) * SECONDS_2015


def generated_images(dataset: DatasetSettings) -> int:
    """Number of images that are drawn from one model: by the mixture, by the other samplers, and by interpolation."""
    sampling = dataset.sampling
    drawn = sampling.random_images * (sampling.random_draws + len(OTHER_SAMPLERS))
    return drawn + sampling.interpolation_pairs * sampling.interpolation_points


def model_mb(dataset: DatasetSettings, method: str) -> float | None:
    """Size of a trained model, in MB: the linear layers of its encoder and decoder grow with the image."""
    images = dataset_size(dataset)
    if images is None:
        return None
    encoder, decoder = 64 * math.ceil(images.side / 4) ** 2, 32 * math.ceil(images.side / 16) ** 2
    return CONVOLUTIONS_MB + (encoder + decoder) * getattr(dataset, methods()[method].width) * 4 / MB


def training_mb(dataset: DatasetSettings) -> float | None:
    """The largest disk space of a training, in MB: a model, and three checkpoints with two moments of the optimiser."""
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
    """Size of the moments against which runs are scored, in MB: a covariance matrix, and its square root."""
    return 2 * FEATURES**2 * 8 / MB


def reference_mb() -> float:
    """Size of the files against which runs are scored, in MB: the moments, and the features of some images."""
    return moments_mb() + MOST_COMPARED * FEATURES * 4 / MB


def minutes_with_margin(seconds: float | None, *, margin: float, least: int, otherwise: int) -> int:
    """A time limit in minutes: `margin` times the estimate, at least `least`; `otherwise` if there is no estimate."""
    return otherwise if seconds is None else max(least, math.ceil(seconds * margin / 60))
