"""Compare the speed of features and of the Frechet distance with the usual ways: `make speed-features`.

    python tests/speed/features.py --extractor results/extractor/mnist/inception.pt \\
        --data results/data/mnist/manifest.json --random results/runs/mnist/vrrae/beta=1e-6__batch=576/seed=0/random.npy

First images/s of Inception-v3 features, against those of torchmetrics' own extractor, with random weights. The
contenders take turns, a batch each, so that whatever else the machine does falls on all alike; what counts are ratios
of medians. Run it with nothing else running.

Then what bfloat16 does to scores of generated and of test images: of an extractor that was tuned, with the training
images of its data set; else of distorted digits by a random one, whose scale means nothing. Then the matrix part of a
distance, against scipy.linalg.sqrtm on the same matrices.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from scipy.linalg import sqrtm
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.extractor.devices import configure_torch

configure_torch("cpu", os.cpu_count() or 1)

import torch
from torchmetrics.image.fid import NoTrainInceptionV3

from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import source_of
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.extractor.inception import FeatureExtractor, build_network, load_extractor, prepare
from vrrae_bench.extractor.settings import FEATURES, ExtractorSettings
from vrrae_bench.scoring.frechet import Moments, frechet_distance
from vrrae_bench.scoring.kernel_distance import kernel_distance
from vrrae_bench.scoring.reference import Reference

USUAL, OURS, COARSE = "torchmetrics", "ours, float32", "ours, bfloat16"
AIMS = {OURS: 1.6, COARSE: 3}
MATRIX_AIM = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extractor", type=Path, help="inception.pt with which to measure what bfloat16 does")
    parser.add_argument("--data", type=Path, help="manifest.json of its data set")
    parser.add_argument("--random", type=Path, help="random.npy of a model of this data set")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--turns", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--real", type=int, default=10_000, help="training images, at most (default: 10000)")
    parser.add_argument("--samples", type=int, default=1250, help="generated images, at most (default: 1250)")
    arguments = parser.parse_args()
    of_a_run = (arguments.extractor, arguments.data, arguments.random)
    if any(of_a_run) and not all(of_a_run):
        parser.error("--extractor, --data and --random belong together")
    with tempfile.TemporaryDirectory() as folder:
        source_of("digits").store(Path(folder), Request(downloads=Path(folder)))
        digits = np.asarray(DataSet(Path(folder) / "manifest.json").array("train"))
    compare_features(digits[: arguments.batch_size], arguments.turns)
    if arguments.extractor:
        data = DataSet(arguments.data)
        sets = {"generated": np.load(arguments.random, mmap_mode="r"), "test images": data.array("test")}
        sets = {name: images[: arguments.samples] for name, images in sets.items()}
        compare_precisions(load_extractor(arguments.extractor), data.array("train")[: arguments.real], sets)
    else:
        noise = np.random.default_rng(0).normal(0, 30, digits[-400:].shape)
        noisy = np.clip(np.rint(digits[-400:] + noise), 0, 255).astype(np.uint8)
        sets = {"noisy digits": noisy, "other digits": digits[-400:]}
        compare_precisions(random_extractor(digits[:64], image_size=75), digits[:400], sets)
    compare_matrices(arguments.samples)


def compare_features(images: np.ndarray, turns: int) -> None:
    """Images/s of one batch at 299 pixels."""
    fine = random_extractor(images, image_size=299)
    coarse = in_bfloat16(fine)
    usual = torchmetrics_extractor()
    colours = torch.from_numpy(np.repeat(images, 3, axis=-1)).permute(0, 3, 1, 2).contiguous()
    contenders = {
        USUAL: lambda: usual(colours).numpy(),
        OURS: lambda: fine.features(images, len(images)),
        COARSE: lambda: coarse.features(images, len(images)),
    }
    times = {name: [] for name in contenders}
    for turn in range(turns + 1):
        for name, run in contenders.items():
            seconds = seconds_of(run)
            if turn:  # the first one prepares
                times[name].append(seconds)
    of_usual = median(times[USUAL])
    rows = [(name, len(images) / median(t), of_usual / median(t), AIMS.get(name)) for name, t in times.items()]
    print(
        tabulate(rows, ("features at 299 pixels", "images/s", "ratio", "at least"), floatfmt=("", ".1f", ".2f", ".1f"))
    )
    print(f"Medians of {turns} turns of {len(images)} images, on {os.cpu_count()} cores.\n", flush=True)


def torchmetrics_extractor() -> Callable[[torch.Tensor], torch.Tensor]:
    """What its FID calls for each batch; with random weights, since the published ones are a download."""

    class Blank(NoTrainInceptionV3):
        def load_state_dict(self, state):
            pass

    nothing = BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    return torch.no_grad()(Blank("inception-v3-compat", [str(FEATURES)], nothing))


def compare_precisions(fine: FeatureExtractor, real: np.ndarray, sets: dict[str, np.ndarray]) -> None:
    """FID and KID of sets of images from real ones, with features in both precisions."""
    found = {}
    for extractor in (fine, in_bfloat16(fine)):
        of_real = extractor.features(real)
        reference = Reference.of(Moments.from_features(of_real), of_real, np.random.default_rng(0))
        for name, images in sets.items():
            features = extractor.features(images)
            kid = kernel_distance(features, reference.sample, reference.kernel_sums)
            found.setdefault(f"FID, {len(images)} {name}", []).append(frechet_distance(reference.moments, features))
            found.setdefault(f"KID, {len(images)} {name}", []).append(kid.value)
    rows = [(name, *values, f"{values[1] / values[0] - 1:+.2%}") for name, values in found.items()]
    print(tabulate(rows, (f"from {len(real)} real images", "float32", "bfloat16", "change"), floatfmt=".4g"))
    print(f"At {fine.settings.image_size} pixels, start: {fine.settings.start}.\n", flush=True)


def compare_matrices(n: int) -> None:
    """The distance of n samples from a reference whose moments are there, against sqrtm of the covariances' product."""
    generator, scales = np.random.default_rng(0), 0.998 ** np.arange(FEATURES)
    reference = Moments.from_features(generator.normal(size=(3 * FEATURES, FEATURES)) * scales)
    features = generator.normal(0.1, 1.1, (n, FEATURES)) * scales
    frechet_distance(reference, features)  # finds the root of the reference, which reference.npz holds, once
    ours = median(seconds_of(lambda: frechet_distance(reference, features)) for _ in range(3))
    product = reference.covariance @ np.cov(features, rowvar=False)
    usual = seconds_of(lambda: sqrtm(product))
    rows = [("scipy.linalg.sqrtm", usual, None, None), ("frechet_distance", ours, ours / usual, MATRIX_AIM)]
    headers = (f"matrix part, {n} samples", "seconds", "ratio", "at most")
    print(tabulate(rows, headers, floatfmt=("", ".2f", ".3f", ".1f")))


def random_extractor(images: np.ndarray, image_size: int) -> FeatureExtractor:
    """Random weights, and the statistics of batch normalisation as these images give them: features of usual size."""
    settings = ExtractorSettings(
        start="random",
        image_size=image_size,
        epochs=1,
        batch_size=2,
        learning_rate=1e-3,
        precision="float32",
        seed=0,
    )
    torch.manual_seed(0)
    network = build_network(settings, n_classes=10)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # an average over the batches seen
    with torch.no_grad():
        network.train()(prepare(images, image_size))
    return FeatureExtractor.of(network, settings)


def in_bfloat16(extractor: FeatureExtractor) -> FeatureExtractor:
    return FeatureExtractor(deepcopy(extractor.network).to(torch.bfloat16), extractor.settings)


def seconds_of(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
