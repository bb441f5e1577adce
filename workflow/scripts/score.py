"""Score the images of one run.

Reads sample.json, random.npy and interpolation.npy of the run and, for a data set with labels, the extractor and its
reference. Writes scores.json: a number per metric, and under `details` all it depends on.
"""

import argparse
from pathlib import Path

import numpy as np

from vrrae_bench.errors import run_command
from vrrae_bench.files import read_json, write_json
from vrrae_bench.runs import RunSpec
from vrrae_bench.scoring.bumps import bump_scores
from vrrae_bench.scoring.devices import configure_torch

ERRORS = ("reconstruction_error", "reconstruction_error_original_scale")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=RunSpec.model_validate_json, required=True, help="specification, as JSON")
    parser.add_argument("--sample", type=Path, required=True, help="sample.json; the arrays lie beside it")
    parser.add_argument("--extractor", type=Path, help="extractor.json; its network and reference lie beside it")
    parser.add_argument("--bumps", action="store_true", help="the images should be Gaussian bumps: fit some")
    parser.add_argument("--out", type=Path, required=True, help="scores.json to write")
    parser.add_argument("--accelerator", choices=["cpu", "cuda", "tpu"], default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    arguments = parser.parse_args()

    sample = read_json(arguments.sample)
    random, interpolation = (
        np.load(arguments.sample.with_name(f"{name}.npy"), mmap_mode="r") for name in ("random", "interpolation")
    )
    scores = {name: sample[name] for name in ERRORS if name in sample}
    details = {"run": arguments.run.model_dump()}
    details["sampling"] = {name: value for name, value in sample.items() if name not in ERRORS}
    if arguments.bumps:
        scores |= bump_scores(random)
    if arguments.extractor:
        scores |= _fid_scores(arguments.extractor, random, interpolation, arguments.accelerator, arguments.threads)
        record = read_json(arguments.extractor)
        details["extractor"] = {key: record[key] for key in ("settings", "sha256", "test_accuracy", "n_reference")}
    write_json(arguments.out, scores | {"details": details})


def _fid_scores(
    record: Path, random: np.ndarray, interpolation: np.ndarray, accelerator: str, threads: int
) -> dict[str, float]:
    """FID of generated and of interpolated images from the training images (VRRAE, appendix A.7)."""
    device = configure_torch(accelerator, threads)
    from vrrae_bench.scoring.frechet import Moments, frechet_distance
    from vrrae_bench.scoring.inception import load_extractor

    extractor = load_extractor(record.with_name("inception.pt"), device)
    reference = Moments.load(record.with_name("reference.npz"))
    return {
        "fid_random": frechet_distance(reference, extractor.features(random)),
        "fid_interpolation": frechet_distance(reference, extractor.features(interpolation)),
    }


if __name__ == "__main__":
    run_command(main)
