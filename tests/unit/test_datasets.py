"""The data sets that are made here, and the store in which all lie."""

import subprocess
import sys

import numpy as np
import pytest
from commands import ROOT
from sklearn.datasets import load_digits

from vrrae_bench.datasets.settings import BumpSettings
from vrrae_bench.datasets.source import Request
from vrrae_bench.datasets.sources import digits
from vrrae_bench.datasets.store import DataSet, StoredArray, describe, write_array, write_dataset, write_manifest
from vrrae_bench.datasets.synthetic import make_synthetic
from vrrae_bench.scoring.bumps import fit_centres
from vrrae_bench.system.errors import UserError


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic")
    make_synthetic(folder, BumpSettings(grid=10, test_images=400, diagonal_images=20, seed=0))
    return DataSet(folder / "manifest.json")


def test_the_training_grid_is_ten_by_ten_and_reaches_the_edges(synthetic):
    centres = np.asarray(synthetic.array("train_centres"))
    assert len(np.unique(centres, axis=0)) == 100
    assert centres.min() == -0.5 and centres.max() == 0.5


def test_images_are_bumps_at_their_centres(synthetic):
    for name in ("train", "test", "diagonal"):
        centres, errors = fit_centres(synthetic.array(name)[..., 0])
        np.testing.assert_allclose(centres, synthetic.array(f"{name}_centres"), atol=1e-5)
        assert errors.max() < 0.01


def test_test_centres_fill_the_square_and_not_its_diagonal(synthetic):
    centres = np.asarray(synthetic.array("test_centres"))
    assert abs(np.corrcoef(centres.T)[0, 1]) < 0.15  # 1 in the published generator
    counts, *_ = np.histogram2d(*centres.T, bins=2, range=[(-0.5, 0.5)] * 2)
    assert counts.sum() == 400 and counts.min() > 70


def test_the_diagonal_goes_evenly_from_one_corner_of_the_square_to_the_opposite_one(synthetic):
    x, y = np.asarray(synthetic.array("diagonal_centres")).T
    np.testing.assert_array_equal(x, y)
    assert (x[0], x[-1]) == (-0.5, 0.5)
    np.testing.assert_allclose(np.diff(x), 1 / 19)


def test_models_see_standardised_bumps(synthetic):
    seen = synthetic.manifest.normalisation.apply(np.asarray(synthetic.array("train")))
    np.testing.assert_allclose([seen.mean(), seen.std()], [0, 1], atol=1e-4)
    np.testing.assert_allclose(synthetic.manifest.normalisation.undo(seen), synthetic.array("train"), atol=1e-6)


def test_digits_are_scikit_learns_enlarged(tmp_path):
    digits.store(tmp_path, Request(downloads=tmp_path))
    data = DataSet(tmp_path / "manifest.json")
    images = np.concatenate([data.array("train"), data.array("test")])
    assert images.shape == (1797, 28, 28, 1) and images.dtype == np.uint8
    labels = np.concatenate([data.array("train_labels"), data.array("test_labels")])
    original = load_digits()
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(original.target))
    # Shrunk back by averaging, every class looks on average as it did.
    small = images[..., 0].reshape(1797, 4, 7, 4, 7).mean(axis=(2, 4)) / 255
    reference = original.images.reshape(1797, 4, 2, 4, 2).mean(axis=(2, 4)) / 16
    for label in range(10):
        np.testing.assert_allclose(
            small[labels == label].mean(axis=0), reference[original.target == label].mean(axis=0), atol=0.05
        )


def test_every_array_has_its_digest_in_the_manifest(tmp_path, rng):
    def digest(images):
        write_dataset(tmp_path, "x", {"train": images, "test": images})
        return DataSet(tmp_path / "manifest.json").manifest.arrays["train"]

    images = rng.integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
    assert digest(images) == digest(images.copy())
    assert digest(images) != digest(255 - images)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"test": np.zeros((2, 9, 8, 1), np.uint8)}, "differ in shape or type"),
        ({"test": np.zeros((2, 8, 8, 1), np.float32)}, "differ in shape or type"),
        ({"train_labels": np.zeros(3, int)}, "one label per image. Save as many."),
        ({"test_labels": np.array([0, 7])}, "outside 0 to 2. Number classes from 0 on."),
        ({"test": np.zeros((0, 8, 8, 1), np.uint8)}, "4 training and 0 test images; both are needed"),
        (
            {name: np.zeros((4, 8, 6, 1), np.uint8) for name in ("train", "test")},
            "6 pixels wide and 8 high; the decoder makes square images",
        ),
        (
            {name: np.zeros((4, 4, 4, 1), np.uint8) for name in ("train", "test")},
            "4 pixels wide and high; sides of 8 to 1024 are possible",
        ),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(tmp_path, change, message):
    arrays = {
        "train": np.zeros((4, 8, 8, 1), np.uint8),
        "test": np.zeros((2, 8, 8, 1), np.uint8),
        "train_labels": np.arange(4) % 3,
        "test_labels": np.arange(2),
    }
    with pytest.raises(UserError, match=message):
        write_dataset(tmp_path, "mine", arrays | change, n_classes=3)
    assert list(tmp_path.iterdir()) == []


def test_labels_that_are_missing_are_told_with_a_remedy(tiny_colours):
    with pytest.raises(
        UserError, match=r"no array 'train_labels'; it has train, test\. Add it .* remove .*`extractor`"
    ):
        tiny_colours.array("train_labels")


def test_labels_may_be_several_per_image(tmp_path):
    arrays = {name: np.zeros((2, 8, 8, 3), np.uint8) for name in ("train", "test")}
    arrays |= {f"{name}_labels": np.array([[0, 1, 1], [1, 0, 0]], np.uint8) for name in ("train", "test")}
    for name, array in arrays.items():
        write_array(tmp_path, name, array)
    names = ("hat", "smile", "young")
    write_manifest(tmp_path, "faces", list(arrays), n_classes=3, multi_label=True, class_names=names)
    data = DataSet(tmp_path / "manifest.json")
    assert (data.manifest.multi_label, data.manifest.n_classes, data.manifest.class_names) == (True, 3, names)
    assert describe(data).endswith(
        "3 attributes, each with its training + test images: hat: 1 + 1, smile: 1 + 1, young: 1 + 1"
    )
    for labels, message in ((np.zeros(2, int), "a row of 3 labels"), (np.full((2, 3), 2), "outside 0 to 1")):
        write_array(tmp_path, "test_labels", labels)
        with pytest.raises(UserError, match=message):
            write_manifest(tmp_path, "faces", list(arrays), n_classes=3, multi_label=True)


def test_a_missing_or_damaged_store_is_told(tmp_path, rng):
    with pytest.raises(UserError, match="there is no data set here"):
        DataSet(tmp_path / "manifest.json")
    images = rng.integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
    write_dataset(tmp_path, "x", {"train": images, "test": images})
    whole = (tmp_path / "train.npy").read_bytes()
    for damaged in (b"not an array", b"", whole[: len(whole) // 2]):
        (tmp_path / "train.npy").write_bytes(damaged)
        with pytest.raises(UserError, match="train.npy: is damaged.*--forcerun .*manifest.json"):
            DataSet(tmp_path / "manifest.json").array("train")


@pytest.mark.parametrize("shape", [(7,), (7, 3, 2, 1)])
@pytest.mark.parametrize("index", [3, slice(1, 5), np.array([6, 0, -1, 0]), np.arange(6).reshape(2, 3), np.arange(0)])
def test_any_part_of_a_stored_array_is_what_numpy_gives(tmp_path, shape, index):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.save(tmp_path / "train.npy", array)
    stored = StoredArray(tmp_path / "train.npy")
    np.testing.assert_array_equal(stored[index], array[index])
    with pytest.raises(IndexError):
        stored[np.array([0, 7])]


def test_drawing_from_a_file_costs_the_memory_of_what_is_drawn(tmp_path):
    """Pages of a mapped file count as memory of the process: 200 MB here, of which a batch is 1."""
    np.save(tmp_path / "train.npy", np.ones((20_000, 100, 100), np.uint8))
    script = (
        "import sys, numpy as np; from pathlib import Path; sys.path.insert(0, 'workflow/scripts')\n"
        "from vrrae_bench.datasets.store import StoredArray\n"
        "from vrrae_bench.system.provenance import peak_memory_mib\n"
        "images, draw = StoredArray(Path(sys.argv[1])), np.random.default_rng(0)\n"
        "before = peak_memory_mib()\n"
        "for _ in range(300): images[draw.integers(0, 20_000, 100)]\n"
        "print(peak_memory_mib() - before)\n"
    )
    command = [sys.executable, "-c", script, tmp_path / "train.npy"]
    grown = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True).stdout
    assert int(grown) < 20
