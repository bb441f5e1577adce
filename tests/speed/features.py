"""Compare the speed of features and of the Frechet distance with the usual ways: `make speed-features`.

    python tests/speed/features.py --extractor results/extractor/mnist/inception.pt

First images/s of Inception-v3 features, against those of torchmetrics' own extractor, with random weights. The
contenders take turns, a batch each, so that whatever else the machine does falls on all alike; what counts are ratios
of medians. Run it with nothing else running.

Then what bfloat16 does to a FID: of an extractor that was tuned, or else of a random one, whose scale means nothing.
Then the matrix part of a distance, against scipy.linalg.sqrtm on the same matrices.
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

from vrrae_bench.scoring.devices import configure_torch

configure_torch("cpu", os.cpu_count() or 1)

import torch
from torchmetrics.image.fid import NoTrainInceptionV3

from vrrae_bench.datasets.digits import make_digits
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.scoring.frechet import Moments, frechet_distance
from vrrae_bench.scoring.inception import FEATURES, FeatureExtractor, build_network, load_extractor, prepare
from vrrae_bench.scoring.settings import ExtractorSettings

USUAL, OURS, COARSE = "torchmetrics", "ours, float32", "ours, bfloat16"
AIMS = {OURS: 1.6, COARSE: 3}
MATRIX_AIM = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extractor", type=Path, help="inception.pt with which to measure what bfloat16 does to a FID")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--turns", type=int, default=5, help="turns of each contender (default: 5)")
    parser.add_argument("--fid-images", type=int, default=400, help="real ones, and as many distorted (default: 400)")
    parser.add_argument("--samples", type=int, default=1250, help="for the matrix part (default: 1250)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_digits(Path(folder))
        digits = np.asarray(DataSet(Path(folder) / "manifest.json").array("train"))
    compare_features(digits[: arguments.batch_size], arguments.turns)
    compare_precisions(digits, arguments.fid_images, arguments.extractor)
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


def compare_precisions(images: np.ndarray, n: int, path: Path | None) -> None:
    """A FID with features in both precisions: of distorted images from real ones."""
    fine = load_extractor(path) if path else random_extractor(images[:64], image_size=75)
    real, others = images[:n], images[-n:]
    noise = np.random.default_rng(0).normal(0, 30, others.shape)
    distorted = np.clip(np.rint(others + noise), 0, 255).astype(np.uint8)
    of_each = {}
    for name, extractor in ((OURS, fine), (COARSE, in_bfloat16(fine))):
        reference = Moments.from_features(extractor.features(real))
        of_each[name] = [frechet_distance(reference, extractor.features(samples)) for samples in (distorted, others)]
    rows = [
        (what, of_each[OURS][i], of_each[COARSE][i], f"{of_each[COARSE][i] / of_each[OURS][i] - 1:+.2%}")
        for i, what in enumerate(("noisy digits", "other digits"))
    ]
    print(tabulate(rows, (f"FID of {n} images", "float32", "bfloat16", "change"), floatfmt=".4g"))
    print(f"At {fine.settings.image_size} pixels, with {path or 'random weights'}.\n", flush=True)


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
