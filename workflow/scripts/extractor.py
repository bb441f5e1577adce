"""Fine-tune an Inception-v3 on the labels of a data set and compute the reference of FID (appendix A.7).

Reads a data set with labels. Writes extractor.json (settings, accuracies, hash) and beside it inception.pt (the
feature extractor) and features.npy and reference.npz (features of the training images, and their moments).
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.errors import run_command
from vrrae_bench.files import atomic_path, sha256, write_json
from vrrae_bench.provenance import Stopwatch, provenance
from vrrae_bench.scoring.devices import configure_torch
from vrrae_bench.scoring.settings import ExtractorSettings, check_weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--settings", type=ExtractorSettings.model_validate_json, required=True, help="as JSON")
    parser.add_argument("--weights", type=Path, help="ImageNet weights, if training starts from them")
    parser.add_argument("--out", type=Path, required=True, help="extractor.json to write; the rest beside it")
    parser.add_argument("--accelerator", choices=["cpu", "cuda", "tpu"], default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    arguments = parser.parse_args()

    device = configure_torch(arguments.accelerator, arguments.threads)
    from vrrae_bench.scoring.frechet import Moments
    from vrrae_bench.scoring.inception import FeatureExtractor, fine_tune, save_extractor

    stopwatch = Stopwatch()
    origin = provenance(device)
    if arguments.weights:
        check_weights(arguments.weights)
    data = DataSet(arguments.data)
    train, test = data.array("train"), data.array("test")
    train_labels, test_labels = np.asarray(data.array("train_labels")), np.asarray(data.array("test_labels"))
    network, history = fine_tune(
        train,
        train_labels,
        test,
        test_labels,
        arguments.settings,
        arguments.weights,
        arguments.threads,
        device,
        _report,
    )
    model_file = arguments.out.with_name("inception.pt")
    save_extractor(network, arguments.settings, model_file)
    features = FeatureExtractor.of(network, arguments.settings, device).features(train)
    with atomic_path(arguments.out.with_name("features.npy")) as temporary:
        np.save(temporary, features)
    Moments.from_features(features).save(arguments.out.with_name("reference.npz"))
    record = {
        "settings": arguments.settings.model_dump(),
        "sha256": sha256(model_file),
        "test_accuracy": history[-1].test_accuracy,
        "history": [dataclasses.asdict(epoch) for epoch in history],
        "n_reference": len(train),
    }
    write_json(arguments.out, record | origin | stopwatch.record())


def _report(step: int, total: int, loss: float) -> None:
    if step % max(1, total // 20) == 0 or step == total:
        print(f"step {step} of {total}: loss {loss:.3f}", flush=True)


if __name__ == "__main__":
    run_command(main)
