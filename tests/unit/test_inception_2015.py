"""The FID of most papers: the Inception of 2015, with random weights in the published form."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_fidelity import FeatureExtractorInceptionV3
from torchmetrics.image.fid import FrechetInceptionDistance
from typechecker import unchecked

import reference_2015
import score_2015
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.store import DataSet, write_dataset
from vrrae_bench.datasets.weights import INCEPTION_2015, WEIGHTS
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.scoring.frechet import Moments
from vrrae_bench.scoring.inception_2015 import Inception2015, scores_2015
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import sha256


class Blank(FeatureExtractorInceptionV3):
    """Without published weights."""

    def load_state_dict(self, state):
        pass


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file as torch-fidelity publishes it, of random weights."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("weights") / "weights-inception-2015-12-05-6726825d.pth"
    torch.save({}, file)
    torch.save(Blank("blank", ["2048"], feature_extractor_weights_path=file).state_dict(), file)
    return file


@pytest.fixture(scope="module")
def network(weights):
    return Inception2015(weights)


def images(n, channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 20, 20, channels), np.uint8)


def test_the_distance_is_that_of_torchmetrics(network, weights):
    real, generated = images(4, 3), images(4, 3, seed=1) // 2
    theirs = FrechetInceptionDistance(feature_extractor_weights_path=str(weights))
    for sample, is_real in ((real, True), (generated, False)):
        theirs.update(torch.tensor(sample).permute(0, 3, 1, 2), real=is_real)
    reference = Moments.from_features(network.features(real))
    scores = scores_2015(network, reference, {"random": [generated[:2], generated[2:]]})
    # Theirs resizes a little differently, which random weights hardly see, and sums in single precision.
    assert scores.numbers["fid_2015_random"] == pytest.approx(float(theirs.compute()), rel=1e-3)
    assert scores.details["counts"] == {"fid_2015_random": {"generated": 4, "real": 4}}


def test_grey_images_are_those_with_three_equal_channels_and_batches_do_not_matter(network):
    grey = images(3, 1)
    together = network.features(grey)
    assert together.shape == (3, 2048) and together.dtype == np.float32
    np.testing.assert_allclose(together, network.features(np.repeat(grey, 3, axis=-1), batch_size=1), rtol=1e-4)
    assert network.features(grey[:0]).shape == (0, 2048)


def test_images_that_were_not_rounded_are_refused(network):
    with unchecked(), pytest.raises(UserError, match="float32.*Clip and round"):
        network.features(images(2, 3).astype(np.float32))


def test_a_file_that_is_not_these_weights_or_could_run_code_is_refused(tmp_path):
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(UserError, match="other.pth: not the weights of the Inception of 2015"):
        Inception2015(tmp_path / "other.pth")

    class Harmful:
        def __reduce__(self):
            return (tmp_path / "harm").touch, ()

    torch.save({"weight": Harmful()}, tmp_path / "harmful.pth")
    with pytest.raises(UserError, match=r"harmful.pth: holds more than tensors"):
        Inception2015(tmp_path / "harmful.pth")
    assert not (tmp_path / "harm").exists()


def test_the_commands_score_a_run_and_test_images_against_the_training_images(tmp_path, weights, run_main, monkeypatch):
    write_dataset(tmp_path, "npz", {"train": images(5, 1), "test": images(4, 1, seed=1)})
    sampling = SampleSpec(
        gmm_components=None, random_images=2, random_draws=2, interpolation_pairs=1, interpolation_points=2
    )
    run = RunSpec(
        **dict(
            dataset="mine",
            method="ae",
            beta=None,
            latent_size=8,
            bottleneck=2,
            epochs=1,
            batch_size=4,
            learning_rate=1e-3,
        ),
        **dict(seed=0, variant="batch=4"),
    )
    data = DataSet(tmp_path / "manifest.json")
    np.save(tmp_path / "random.npy", np.asarray(data.array("test")))
    np.save(tmp_path / "interpolation.npy", np.asarray(data.array("train"))[:2])
    (tmp_path / "sample.json").write_text(json.dumps({"sampling": sampling.model_dump() | {"gmm_components": 1}}))
    training = {"run": run.model_dump(), "data": data.manifest.model_dump(mode="json")}
    (tmp_path / "run.json").write_text(json.dumps(training))
    reference = [reference_2015, "--dataset", "mine", "--data", data.path, "--weights", weights]
    reference += ["--sampling", sampling.model_dump_json(), "--seed", 0, "--out", tmp_path / "reference_2015.npz"]
    score = [score_2015, "--run", run.model_dump_json(), "--sample", tmp_path / "sample.json", "--weights", weights]
    score += ["--reference", tmp_path / "reference_2015.npz", "--out", tmp_path / "scores_2015.json"]
    refused = run_main(*reference)
    assert refused.returncode == 1 and f"{weights}: is not the published {weights.name}" in refused.stderr
    as_published = replace(WEIGHTS[INCEPTION_2015], checksum=f"sha256:{sha256(weights)}")
    monkeypatch.setitem(WEIGHTS, INCEPTION_2015, as_published)
    for words in (reference, score):
        outcome = run_main(*words)
        assert outcome.returncode == 0, outcome.stderr
    floor, scores = (json.loads((tmp_path / f"{name}_2015.json").read_text()) for name in ("floor", "scores"))
    # What was "generated" are the test images, so the floor is the score.
    assert scores["fid_2015_random"] == pytest.approx(floor["fid_2015_random"], rel=1e-4)
    assert scores["fid_2015_interpolation"] > 0
    assert scores["details"]["counts"]["fid_2015_random"] == {"generated": 4, "real": 5}
    assert scores["details"]["extractor"]["library"].startswith("torch-fidelity 0.4")
    assert floor["details"]["bound"] == "floor" and floor["details"]["dataset"] == "mine"
    training["data"]["arrays"]["train"] = "0" * 64
    (tmp_path / "run.json").write_text(json.dumps(training))
    refused = run_main(*score)
    told = "reference_2015.npz: is not the reference that is asked for: data is {"
    assert refused.returncode == 1 and told in refused.stderr and "Traceback" not in refused.stderr
