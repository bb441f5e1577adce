"""Results as an earlier run of the workflow would have left them: real bumps, and trainings whose models are none."""

from pathlib import Path

from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.settings import BumpSettings
from vrrae_bench.datasets.synthetic import make_synthetic


def write_bumps(root: Path) -> None:
    """The bumps of a configuration with `bumps: {grid: 8, test_images: 20, diagonal_images: 10}`."""
    bumps = BumpSettings(grid=8, test_images=20, diagonal_images=10, seed=0)
    make_synthetic(root / "results/data/synthetic", bumps)


def write_training(root: Path, run: RunSpec) -> Path:
    """The files of a training on these bumps and of its sampling, in the folder that is returned."""
    folder = root / "results" / run.folder
    folder.mkdir(parents=True)
    for name in ("model.eqx", "history.csv", "latents.npz", "random.npy"):
        (folder / name).write_bytes(name.encode())
    manifest = read_record(root / "results/data/synthetic/manifest.json")
    write_record(folder / "run.json", {"run": run.model_dump(), "data": manifest}, ["model.eqx", "history.csv"])
    return folder
