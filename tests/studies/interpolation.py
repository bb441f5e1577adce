"""Ask what the FID of interpolated images depends on: which pairs of images, and where between them.

    python tests/studies/interpolation.py --data results/data/mnist/manifest.json --out results/interpolation \\
        --extractor results/extractor/mnist/extractor.json --runs results/runs/mnist/*/*/seed=0

The paper says "couples of images" (section 4.2) and no more. Each column is the FID of equally many images: those
between random pairs, between the pairs of one class, between those of two classes, each inner point of the random
pairs by itself, and the pairs' first images reconstructed.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, UInt8

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow/scripts"))

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.extractor.devices import configure_torch
from vrrae_bench.system.files import read_json
from vrrae_bench.training.devices import configure_jax


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of a data set with labels")
    parser.add_argument("--extractor", type=Path, required=True, help="extractor.json; reference.npz lies beside it")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="folders of trained and sampled runs")
    parser.add_argument("--out", type=Path, required=True, help="folder of fid.csv")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    configure_jax("cpu", arguments.threads)
    configure_torch("cpu", arguments.threads)

    from vrrae_bench.extractor.inception import load_extractor
    from vrrae_bench.scoring.frechet import Moments, frechet_distance

    network = load_extractor(arguments.extractor.with_name("inception.pt"))
    reference = Moments.load(arguments.extractor.with_name("reference.npz"))
    data, rows = DataSet(arguments.data), {}
    for run in arguments.runs:
        sets = features_by_kind(run, data, network)
        smallest = min(map(len, sets.values()))
        some = np.random.default_rng(0)
        distances = {
            kind: frechet_distance(reference, some.permutation(features)[:smallest]) for kind, features in sets.items()
        }
        rows["/".join(run.resolve().parts[-3:])] = {"images": smallest} | distances
        print(pd.DataFrame.from_dict(rows, orient="index").iloc[-1].to_string(), flush=True)
    table = pd.DataFrame.from_dict(rows, orient="index")
    arguments.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(arguments.out / "fid.csv", index_label="run")
    print(table.to_markdown(floatfmt=".1f"))


def features_by_kind(run: Path, data: DataSet, network) -> dict[str, Float[np.ndarray, "N D"]]:
    """Features of the run's interpolated images, by kind of pair and by place between, and of reconstructions."""
    with np.load(run / "latents.npz") as latents:
        pairs, means = latents["interpolation_pairs"], latents["train_mean"]
    n_points = read_json(run / "sample.json")["sampling"]["interpolation_points"]
    between = network.features(np.load(run / "interpolation.npy", mmap_mode="r")).reshape(len(pairs), n_points, -1)
    labels = np.asarray(data.array("train_labels"))[pairs]
    same = labels[:, 0] == labels[:, 1]
    every = slice(None)
    kinds = {"random pairs": (every, every), "one class": (same, every), "two classes": (~same, every)}
    kinds |= {f"point {number + 1}": (every, [number]) for number in range(n_points)}
    width = between.shape[-1]
    sets = {kind: between[of_pairs][:, points].reshape(-1, width) for kind, (of_pairs, points) in kinds.items()}
    return sets | {"reconstructions": network.features(reconstructed(run, means[pairs[:, 0]], data))}


def reconstructed(run: Path, means: Float[np.ndarray, "N k"], data: DataSet) -> UInt8[np.ndarray, "N H W C"]:
    """Images of posterior means, as they are stored."""
    from vrrae_bench.latent.sampling import decoded_images
    from vrrae_bench.models.serialisation import load_model

    model, header = load_model(run / "model.eqx")
    return decoded_images(model, header, data, means)


if __name__ == "__main__":
    main()
