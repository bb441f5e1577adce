"""Measure how much FIDs move between extractors that differ in nothing but their seed.

    python tests/studies/extractor_seeds.py --data results/data/mnist/manifest.json --settings SETTINGS_JSON \\
        --runs results/runs/mnist/*/*/seed=0 --seeds 0 1 2 --out results/extractor_seeds

SETTINGS_JSON is the `settings` of an extractor.json, or a file with it. Each extractor is tuned by the workflow's own
command, which goes on from its checkpoint if it was interrupted; one that is there already is not made again. The FID
is that of a run's first draw of random images. Beside the spread stands the order of the runs, which is what a
comparison of methods needs: whether every extractor puts the runs in the same one.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
sys.path.insert(0, str(SCRIPTS))

from vrrae_bench.files import read_json
from vrrae_bench.scoring.devices import configure_torch
from vrrae_bench.scoring.settings import ExtractorSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="manifest.json of the data set")
    parser.add_argument("--settings", required=True, help="those of the extractor, as JSON, or a file with it")
    parser.add_argument("--weights", type=Path, help="ImageNet weights, if tuning starts from them")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="folders with random.npy and sample.json")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the extractors (default: 0 1 2)")
    parser.add_argument("--out", type=Path, required=True, help="folder of extractors, checkpoints and fid.csv")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    configure_torch("cpu", arguments.threads)
    text = Path(arguments.settings).read_text() if Path(arguments.settings).is_file() else arguments.settings
    given = json.loads(text)
    settings = ExtractorSettings.model_validate(given.get("settings", given))
    columns = {}
    for seed in arguments.seeds:
        extractor = tune(settings.model_copy(update={"seed": seed}), arguments)
        print(f"seed {seed}: test accuracy {read_json(extractor)['test_accuracy']:.2%}", flush=True)
        columns[f"seed {seed}"] = fids(extractor, arguments.runs)
    table = pd.DataFrame(columns, index=[name_of(run) for run in arguments.runs])
    table.to_csv(arguments.out / "fid.csv", index_label="run")
    print(with_spread(table).to_markdown(floatfmt=".2f"))
    print(f"{n_orders(table)} order(s) of the runs among {len(columns)} extractors")


def tune(settings: ExtractorSettings, arguments: argparse.Namespace) -> Path:
    """The extractor.json of these settings, made by the real command unless it is there."""
    record = arguments.out / f"seed={settings.seed}" / "extractor.json"
    if record.is_file() and read_json(record)["settings"] == settings.model_dump():
        return record
    command = [sys.executable, SCRIPTS / "extractor.py", "--data", arguments.data, "--out", record]
    command += ["--settings", settings.model_dump_json(), "--checkpoints", arguments.out / "checkpoints"]
    command += ["--threads", arguments.threads]
    command += ["--weights", arguments.weights] if arguments.weights else []
    subprocess.run(list(map(str, command)), check=True, stdout=sys.stderr)
    return record


def fids(extractor: Path, runs: list[Path]) -> list[float]:
    """FID of the first draw of each run's random images."""
    from vrrae_bench.scoring.frechet import Moments, frechet_distance
    from vrrae_bench.scoring.inception import load_extractor

    network = load_extractor(extractor.with_name("inception.pt"))
    reference = Moments.load(extractor.with_name("reference.npz"))
    return [frechet_distance(reference, network.features(first_draw(run))) for run in runs]


def first_draw(run: Path) -> np.ndarray:
    n_images = read_json(run / "sample.json")["sampling"]["random_images"]
    return np.load(run / "random.npy", mmap_mode="r")[:n_images]


def name_of(run: Path) -> str:
    """`vrrae/beta=1e-6,batch=576/seed=0`"""
    return "/".join(run.resolve().parts[-3:])


def with_spread(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the mean over extractors, their standard deviation, and this in percent of the mean."""
    mean, deviation = table.mean(axis=1), table.std(axis=1)
    return table.assign(**{"mean": mean, "std": deviation, "std, %": 100 * deviation / mean})


def n_orders(table: pd.DataFrame) -> int:
    """How many different orders the extractors put the runs in."""
    return len({tuple(table[column].argsort()) for column in table})


if __name__ == "__main__":
    main()
