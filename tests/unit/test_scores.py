"""scores.json: which numbers a run of which kind has, and of which images they are."""

import json

import numpy as np
import pytest

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.datasets.bumps import bump_images
from vrrae_bench.datasets.settings import BumpSettings
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.datasets.synthetic import make_synthetic
from vrrae_bench.extractor import inception
from vrrae_bench.extractor.inception import extractor_record
from vrrae_bench.scoring.frechet import Moments, frechet_distance
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.scoring.scores import score_run
from vrrae_bench.scoring.sharpness import sharpness
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import read_json, sha256, write_json

EVERY = {"reconstruction_error", "mean_spread", "effective_rank"}
VARIATIONAL = {"active_units", "kl_divergence", "collapsed_dimensions", "mutual_information"}
SHARPNESS = {"sharpness_random", "sharpness_interpolation"}
FID = {"fid_random", "fid_random_other_draw", "fid_random_mean", "fid_random_all_draws", "fid_interpolation"}
FID |= {"fid_random_gaussian", "fid_random_prior"}
PAIRS = {"kid_random", "precision_random", "recall_random", "density_random", "coverage_random"}
BUMPS = {"random_generation_error", "coverage", "share_outside", "spread_ratio", "diagonal_bend"}
BUMPS |= {"diagonal_backtracking"}


@pytest.fixture
def write_sample(tmp_path):
    """A factory: write what the sample stage would, with latents of width 3 and the given images."""

    def write(method, random, interpolation, **latents):
        means = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32) * np.float32([1, 3, 2])
        latents = {"train_mean": means} | latents
        if methods()[method].variational:
            latents["train_log_variance"] = np.full_like(means, -1)
        np.savez(tmp_path / "latents.npz", **latents)
        np.save(tmp_path / "random.npy", random)
        np.save(tmp_path / "interpolation.npy", interpolation)
        first = random[: len(random) // 3]
        np.save(tmp_path / "random_gaussian.npy", first // 2)
        np.save(tmp_path / "random_prior.npy", first // 3)
        sampling = {"random_images": len(random) // 3, "random_draws": 3, "interpolation_points": 2}
        write_json(tmp_path / "sample.json", {"scores": {"reconstruction_error": 20.0}, "sampling": sampling})
        return tmp_path / "sample.json"

    return write


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (30, 28, 28, 1), dtype=np.uint8)


def pixels(images):
    return images[:, 4::6, 4::6].reshape(len(images), -1).astype(np.float32)


@pytest.fixture
def extractor(tmp_path, tiny_images, monkeypatch):
    """A network whose features are 16 pixels, in place of an Inception-v3."""

    class Pixels:
        def features(self, images):
            return pixels(images)

    monkeypatch.setattr(inception, "load_extractor", lambda path, device: Pixels())
    features = Pixels().features(tiny_images.array("train"))
    reference = Reference.of(Moments.from_features(features), features, np.random.default_rng(0))
    settings = {"start": "random", "image_size": 75, "epochs": 1, "batch_size": 4, "learning_rate": 1e-3}
    settings |= {"precision": "float32", "seed": 0}
    (tmp_path / "inception.pt").write_text("in place of a network")
    record = {
        "settings": settings,
        "sha256": sha256(tmp_path / "inception.pt"),
        "test_accuracy": 0.9,
        "n_reference": 48,
        "seconds": 5,
    }
    record |= {"labels": "10 classes", "majority_accuracy": 0.1, "threads": 1}
    record |= {"device": "cpu", "versions": {"torch": "2"}, "shell_settings": {}, "commit": "c0"}
    record["data"] = tiny_images.manifest.arrays
    write_json(tmp_path / "extractor.json", record)
    reference.save(tmp_path / "reference.json", {"extractor": record["sha256"], "data": record["data"]})
    return tmp_path / "extractor.json"


@pytest.mark.parametrize(
    ("method", "numbers", "lists"),
    [
        ("ae", set(), set()),
        ("vae", VARIATIONAL, {"kl_per_dimension", "signal_to_noise"}),
        ("rrae", set(), {"singular_values"}),
        ("vrrae", VARIATIONAL | {"unsorted_modes"}, {"kl_per_dimension", "signal_to_noise", "singular_values"}),
    ],
)
def test_a_method_has_the_numbers_of_its_kind(method, numbers, lists, write_sample, run_spec, tiny_images, images):
    scores = score_run(run_spec(method), write_sample(method, images, images), tiny_images, None)
    details = json.loads(json.dumps(scores.details))
    assert set(scores.numbers) == EVERY | SHARPNESS | numbers
    assert set(details) == {"run", "sampling"} | lists
    assert all(len(details[name]) == 3 for name in lists)
    assert details["run"] == run_spec(method).model_dump()


def test_bumps_have_scores_of_their_own_and_no_sharpness(write_sample, run_spec, tmp_path, rng):
    make_synthetic(tmp_path / "data", BumpSettings(grid=3, test_images=4, diagonal_images=5, seed=0))
    bumps = bump_images(np.tile([[0.2, -0.3]], (6, 1)))[..., None]
    bumps[2:] *= 2  # the second and third draw
    diagonal = np.linspace([0, 0, 0], [1, 2, 3], 5, dtype=np.float32)
    sample = write_sample("ae", bumps, bumps, diagonal_mean=diagonal)
    data = DataSet(tmp_path / "data/manifest.json")
    scores = score_run(run_spec("ae", dataset="synthetic"), sample, data, None).numbers
    assert set(scores) == EVERY | BUMPS
    assert scores["random_generation_error"] == pytest.approx(0, abs=1e-3) and scores["coverage"] == 0.01
    assert scores["diagonal_bend"] == pytest.approx(0, abs=1e-6) and scores["diagonal_backtracking"] == 0


def test_a_fid_per_draw_and_the_papers_scores_of_the_first(write_sample, run_spec, tiny_images, images, extractor):
    interpolation = images[10:20] // 2

    def scored(images):
        return score_run(run_spec("ae"), write_sample("ae", images, interpolation), tiny_images, extractor)

    scores, details = scored(images)
    assert set(scores) == EVERY | SHARPNESS | FID | PAIRS
    reference = Moments.load(extractor.with_name("reference.npz"))
    expected = [frechet_distance(reference, pixels(draw)) for draw in images.reshape(3, 10, 28, 28, 1)]
    assert details["fid_random_draws"] == pytest.approx(expected)
    for name, others in (("gaussian", images[:10] // 2), ("prior", images[:10] // 3)):
        other = frechet_distance(reference, pixels(others))
        assert scores[f"fid_random_{name}"] == pytest.approx(other)
    assert [scores["fid_random"], scores["fid_random_other_draw"]] == pytest.approx(expected[:2])

    changed = images.copy()
    changed[10:] = 255 - changed[10:] // 2
    changed_scores = scored(changed).numbers
    different = {name for name in scores if scores[name] != changed_scores[name]}
    assert different - PAIRS == {"fid_random_other_draw", "fid_random_mean", "fid_random_all_draws"}


def test_random_and_interpolated_images_each_have_a_fid_and_a_sharpness(
    write_sample, run_spec, tiny_images, images, extractor
):
    """FID from the training images, sharpness over that of the test images."""
    interpolation = images[10:20] // 2
    scores = score_run(run_spec("ae"), write_sample("ae", images, interpolation), tiny_images, extractor).numbers
    reference, of_real = Moments.load(extractor.with_name("reference.npz")), sharpness(tiny_images.array("test"))
    for name, shown in (("random", images[:10]), ("interpolation", interpolation)):
        expected = frechet_distance(reference, pixels(shown))
        assert scores[f"fid_{name}"] == pytest.approx(expected)
        assert scores[f"sharpness_{name}"] == pytest.approx(sharpness(shown) / of_real)


@pytest.mark.parametrize(("n_pairs", "taken"), [(5, 5), (15, 10)], ids=["fewer than a draw", "more than a draw"])
def test_each_position_between_two_images_has_a_fid_of_its_own(
    n_pairs, taken, write_sample, run_spec, tiny_images, images, extractor
):
    interpolation = images[: 2 * n_pairs]  # two images between each pair; a draw has ten images
    sample, reference = write_sample("ae", images, interpolation), Moments.load(extractor.with_name("reference.npz"))
    details = score_run(run_spec("ae"), sample, tiny_images, extractor).details
    name = "fid_interpolation_by_position"
    assert len(details[name]) == 2 and details["counts"][name] == {"generated": taken, "real": 48}
    for position, fid in enumerate(details[name]):
        shown = np.stack([interpolation[2 * pair + position] for pair in range(taken)])
        assert fid == pytest.approx(frechet_distance(reference, pixels(shown)))


def test_a_single_pair_has_no_fid_by_position(write_sample, run_spec, tiny_images, images, extractor):
    scores = score_run(run_spec("ae"), write_sample("ae", images, images[:2]), tiny_images, extractor)
    assert "fid_interpolation" in scores.numbers and "fid_interpolation_by_position" not in scores.details


def test_all_that_fixes_a_fid_stands_beside_it(write_sample, run_spec, tiny_images, images, extractor):
    sample = write_sample("ae", images, images[:10])
    details = score_run(run_spec("ae"), sample, tiny_images, extractor).details
    network, preparation = details["extractor"], details["extractor"]["preparation"]
    assert network["sha256"] == sha256(extractor.with_name("inception.pt"))
    assert (network["test_accuracy"], network["n_reference"]) == (0.9, 48)
    assert network["start_weights"].startswith("random")
    assert preparation["resize"] == {"mode": "bilinear", "antialias": True} and preparation["image_size"] == 75
    assert preparation["grey_to_rgb"] == "repeated" and len(preparation["normalisation_mean"]) == 3
    assert details["counts"]["fid_random"] == {"generated": 10, "real": 48}
    assert details["counts"]["fid_random_all_draws"] == {"generated": 30, "real": 48}
    assert (
        details["counts"]["fid_interpolation"] == details["counts"]["fid_random_prior"] == {"generated": 10, "real": 48}
    )
    assert preparation["precision"] == "float32"
    assert network["versions"] == {"torch": "2"} and network["labels"] == "10 classes"
    assert details["run"]["seed"] == 0
    json.dumps(details)


def test_every_fid_says_of_how_many_images_it_is_and_how_sure(write_sample, run_spec, tiny_images, rng, extractor):
    """But the paper's of one draw, and the second draw, whose mean with all others has the interval."""
    images = rng.integers(0, 256, (60, 28, 28, 1), dtype=np.uint8)
    scores, details = score_run(run_spec("ae"), write_sample("ae", images, images), tiny_images, extractor)
    fids = {name for name in scores if name.startswith("fid")}
    assert set(details["counts"]) == fids | PAIRS | {"fid_interpolation_by_position"}
    intervals = details["intervals"]
    assert set(intervals) == fids - {"fid_random", "fid_random_other_draw"} | {"kid_random"}
    for name, interval in intervals.items():
        assert interval["value"] == scores[name] and interval["low"] < interval["value"] < interval["high"]


def test_a_network_of_another_record_scores_nothing(write_sample, run_spec, tiny_images, images, extractor):
    extractor.with_name("inception.pt").write_text("another one")
    with pytest.raises(UserError, match=r"inception.pt: is damaged, or is not the file for which extractor.json"):
        score_run(run_spec("ae"), write_sample("ae", images, images), tiny_images, extractor)


@pytest.mark.parametrize("record", ["extractor.json", "reference.json"])
def test_a_network_of_other_images_scores_nothing(record, write_sample, run_spec, tiny_images, images, extractor):
    """Whether it was tuned on others, or its reference holds the features of others."""
    path = extractor.with_name(record)
    content = read_record(path)
    write_record(path, content | {"data": content["data"] | {"train": "0" * 64}}, content.get("files", ()))
    with pytest.raises(UserError, match=f"{record}: is not the .* that is asked for: data is .*--forcerun .*{record}"):
        score_run(run_spec("ae"), write_sample("ae", images, images), tiny_images, extractor)


def test_a_reference_of_an_earlier_version_scores_nothing(write_sample, run_spec, tiny_images, images, extractor):
    """It does not say which images it is of."""
    path = extractor.with_name("reference.json")
    content = read_record(path)
    del content["data"]
    write_record(path, content, content["files"])
    with pytest.raises(UserError, match="does not tell which images the reference was made of.*--forcerun .*reference"):
        score_run(run_spec("ae"), write_sample("ae", images, images), tiny_images, extractor)


def test_a_coarse_feature_is_recorded_as_such(extractor, tiny_images):
    record = read_json(extractor)
    record["settings"]["feature_precision"] = "bfloat16"
    write_json(extractor, record)
    assert extractor_record(extractor, tiny_images.manifest.arrays)["preparation"]["precision"] == "bfloat16"


def test_the_means_of_a_linear_map_are_not_taken_for_coefficients(write_sample, run_spec, tiny_images, images, rng):
    """RRAE + VAE: what is sampled need not be sorted, while the latents have singular values as ever."""
    coefficients = np.linalg.qr(rng.normal(size=(60, 3)))[0].astype(np.float32) * np.float32([5, 4, 3])
    sample = write_sample("rrae_vae", images, images, train_coefficients=coefficients)
    scores, details = score_run(run_spec("rrae_vae"), sample, tiny_images, None)
    np.testing.assert_allclose(details["singular_values"], [5, 4, 3], rtol=1e-6)
    assert scores["unsorted_modes"] == 1  # the second mean is the largest, and all have the same noise


def test_the_same_run_has_the_same_scores(write_sample, run_spec, tiny_images, images):
    sample = write_sample("vae", images, images)
    first, again = (score_run(run_spec("vae"), sample, tiny_images, None) for _ in range(2))
    assert first == again
    other_seed = score_run(run_spec("vae", seed=1), sample, tiny_images, None)
    assert first.numbers["mutual_information"] != other_seed.numbers["mutual_information"]
