"""The published data set of docs/own-data.md, added to a copy of the project as the page says: by one file."""

import hashlib
import json
import re

import numpy as np
import pytest
import yaml
from commands import ROOT, copy_of_project, python

from vrrae_bench.study.costs import CPU_SECONDS_PER_IMAGE

SETTINGS = {
    "source": "letters",
    "bottleneck": 4,
    "latent_size": 16,
    "epochs": 1,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "beta": {"vae": 1e-3, "vrrae": 1e-6},
    "ablations": [],
    "baselines": [],
    "timed": [],
    "test_images": 26,
    "extractor": {"start": "random", "image_size": 75},
}
ESTIMATE = """
import sys; sys.path.insert(0, "workflow/scripts")
from vrrae_bench.study import costs
from vrrae_bench.study.invocation import Invocation
settings = Invocation(configfiles=("letters.yaml",)).settings()
print(costs.training_seconds(settings.datasets["letters"], "cpu"))
"""


@pytest.fixture
def added(tmp_path, rng):
    """A copy of the project with the module of the page, a mirror that has the published file, and its arrays.

    The size and the checksum of the page are those of no file; here they are those of the file in the mirror.
    """
    labels = {"train_labels": np.arange(78) % 26, "test_labels": np.arange(52) % 26}
    shapes = {"train": (78, 28, 28, 1), "test": (52, 28, 28, 1)}
    arrays = labels | {name: rng.integers(0, 256, shape, dtype=np.uint8) for name, shape in shapes.items()}
    path = tmp_path / "mirror/letters/letters.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, **arrays)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/own-data.md").read_text(), flags=re.DOTALL)
    assert code.count("104_000") == code.count("0" * 64) == 1
    code = code.replace("104_000", str(path.stat().st_size))
    code = code.replace("0" * 64, hashlib.sha256(path.read_bytes()).hexdigest())
    copy_of_project(tmp_path)
    (tmp_path / "workflow/scripts/vrrae_bench/datasets/sources/letters.py").write_text(code)
    overlay = {
        "offline": True,
        "mirror": "mirror",
        "experiment": {"datasets": ["letters"]},
        "datasets": {"letters": SETTINGS},
    }
    (tmp_path / "letters.yaml").write_text(yaml.safe_dump(overlay))
    return tmp_path, arrays


def run(root, *words):
    outcome = python(*words, cwd=root)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


def test_one_file_and_its_settings_add_a_published_data_set(added):
    """It is configured, its trainings are estimated, it is fetched and stored, and tables print its name."""
    root, arrays = added
    assert "# 12 runs: 12 on letters" in run(root, "workflow/scripts/config.py", "--configfile", "letters.yaml")
    (root / "estimate.py").write_text(ESTIMATE)
    assert float(run(root, "estimate.py")) == pytest.approx(78 * CPU_SECONDS_PER_IMAGE["mnist"])
    command = ("-m", "snakemake", "--cores", "1", "--configfile", "letters.yaml", "--", "data_letters", "table_a3_1")
    run(root, *command)
    manifest = json.loads((root / "results/data/letters/manifest.json").read_text())
    assert (manifest["n_train"], manifest["n_test"], manifest["published_test_images"]) == (78, 26, 52)
    np.testing.assert_array_equal(np.load(root / "results/data/letters/test.npy"), arrays["test"][:26])
    assert "Letters" in (root / "results/tables/table_a3_1.md").read_text()
