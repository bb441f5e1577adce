"""The feature extractor: what decides its features, and what must not."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.models import inception_v3

from vrrae_bench.errors import UserError
from vrrae_bench.files import sha256
from vrrae_bench.scoring.inception import (
    FeatureExtractor,
    build_network,
    fine_tune,
    load_extractor,
    prepare,
    save_extractor,
)
from vrrae_bench.scoring.settings import ExtractorSettings

SETTINGS = ExtractorSettings(
    start="random", image_size=75, epochs=1, batch_size=4, learning_rate=1e-3, precision="float32", seed=0
)


def random_images(n, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28, channels), dtype=np.uint8)


def tiny_training(settings=SETTINGS, n=5):
    labels = np.arange(n) % 3
    return fine_tune(random_images(n), labels, random_images(3, seed=1), labels[:3], settings, threads=2)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network(SETTINGS, n_classes=3)


@pytest.fixture(scope="module")
def trained():
    return tiny_training()


@pytest.fixture(scope="module")
def extractor(trained):
    return FeatureExtractor.of(trained[0], SETTINGS)


def test_features_do_not_depend_on_batches_or_order(extractor):
    images = random_images(10, channels=3)
    expected = extractor.features(images, batch_size=10)
    assert expected.shape == (10, 2048) and expected.dtype == np.float32
    assert expected.std(axis=0).max() > 0
    tolerance = {"rtol": 1e-4, "atol": 1e-4 * np.abs(expected).max()}
    for batch_size in (1, 3):
        np.testing.assert_allclose(extractor.features(images, batch_size), expected, **tolerance)
    order = np.random.default_rng(1).permutation(10)
    np.testing.assert_allclose(extractor.features(images[order]), expected[order], **tolerance)


def test_grey_images_are_rgb_images_with_equal_channels(extractor):
    grey = random_images(3)
    rgb = np.repeat(grey, 3, axis=-1)
    torch.testing.assert_close(prepare(grey, 75), prepare(rgb, 75))
    np.testing.assert_allclose(extractor.features(grey), extractor.features(rgb), rtol=1e-5, atol=1e-6)


def test_the_network_sees_pixels_spread_over_minus_one_to_one(network):
    # What the TensorFlow originals of the ImageNet weights were trained on.
    images = random_images(2, channels=3)
    seen = network._transform_input(prepare(images, 28))
    expected = torch.tensor(images).permute(0, 3, 1, 2) / 127.5 - 1
    torch.testing.assert_close(seen, expected, atol=1e-5, rtol=0)


def test_resizing_is_antialiased():
    # A fine chequerboard becomes an even grey; without antialiasing it would alias into a pattern.
    board = (255 * (np.indices((300, 300)).sum(axis=0) % 2)).astype(np.uint8)[None, :, :, None]
    assert prepare(board, 75)[..., 5:-5, 5:-5].std(dim=(2, 3)).max() < 0.02


def test_features_are_those_of_a_torchvision_network_driven_by_hand(trained, extractor):
    images = random_images(4, channels=3, seed=2)
    by_hand = inception_v3(weights=None, aux_logits=False, num_classes=3, transform_input=True, init_weights=False)
    by_hand.load_state_dict(trained[0].state_dict())
    by_hand.fc = torch.nn.Identity()
    by_hand.eval()
    pixels = torch.tensor(images).permute(0, 3, 1, 2) / 255
    pixels = torch.nn.functional.interpolate(pixels, size=75, mode="bilinear", antialias=True)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        expected = by_hand((pixels - mean[:, None, None]) / std[:, None, None]).numpy()
    np.testing.assert_allclose(extractor.features(images), expected, rtol=1e-3, atol=1e-4 * expected.max())


def test_the_same_seed_gives_the_same_network_and_file_bit_for_bit(trained, tmp_path):
    network, history = trained
    torch.manual_seed(5)  # someone else's random state, which must neither matter nor change
    state = torch.get_rng_state()
    again, history_again = tiny_training()
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.are_deterministic_algorithms_enabled()
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    assert replace(history[0], seconds=0) == replace(history_again[0], seconds=0)
    save_extractor(network, SETTINGS, tmp_path / "a.pt")
    save_extractor(again, SETTINGS, tmp_path / "b.pt")
    assert sha256(tmp_path / "a.pt") == sha256(tmp_path / "b.pt")


def test_attributes_are_learned_each_by_itself():
    """As CelebA has them: bright left halves and bright right halves, both, or none."""
    attributes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    images = np.zeros((4, 28, 28, 1), np.uint8)
    images[:, :, :14] = 255 * attributes[:, 0, None, None, None]
    images[:, :, 14:] = 255 * attributes[:, 1, None, None, None]
    settings = SETTINGS.model_copy(update={"epochs": 12})
    network, history = fine_tune(images, attributes, images, attributes, settings, threads=2)
    assert network.fc.out_features == 2
    assert history[0].loss == pytest.approx(np.log(2), abs=0.3)  # two undecided attributes, averaged
    assert history[-1].loss < 0.3 and history[-1].train_accuracy == 1


@pytest.mark.parametrize(("train", "test"), [([[0, 1], [1, 0]], [[0], [1]]), ([[0, 2], [1, 0]], [[0, 1], [1, 0]])])
def test_attributes_that_do_not_fit_are_refused(train, test):
    images = random_images(2)
    with pytest.raises(UserError, match="both need the same ones, each 0 or 1"):
        fine_tune(images, np.array(train), images, np.array(test), SETTINGS)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_learns_and_reports_every_step(precision):
    settings = SETTINGS.model_copy(update={"precision": precision, "epochs": 6})
    labels = np.arange(4) % 2
    images = np.broadcast_to(255 * labels[:, None, None, None], (4, 28, 28, 1)).astype(np.uint8)
    steps = []
    _, history = fine_tune(
        images, labels, images, labels, settings, threads=2, progress=lambda *step: steps.append(step)
    )
    assert [step[:2] for step in steps] == [(done, 6) for done in range(1, 7)]
    assert [epoch.loss for epoch in history] == [step[2] for step in steps]
    assert history[-1].loss < 0.5 * history[0].loss
    assert history[-1].train_accuracy == 1


def test_a_saved_extractor_gives_the_same_features(extractor, trained, tmp_path):
    save_extractor(trained[0], SETTINGS, tmp_path / "inception.pt")
    loaded = load_extractor(tmp_path / "inception.pt")
    images = random_images(3)
    assert loaded.settings == SETTINGS
    assert np.array_equal(loaded.features(images), extractor.features(images))


def test_an_imagenet_start_takes_all_but_the_heads_from_the_file(tmp_path):
    imagenet = inception_v3(weights=None, init_weights=False)
    torch.save(imagenet.state_dict(), tmp_path / "imagenet.pth")
    settings = SETTINGS.model_copy(update={"start": "imagenet", "image_size": 299})
    network = build_network(settings, n_classes=7, weights=tmp_path / "imagenet.pth")
    assert network.fc.out_features == 7 and network.AuxLogits.fc.out_features == 7
    expected = imagenet.state_dict()
    for name, value in network.state_dict().items():
        if not name.startswith(("fc.", "AuxLogits.fc.")):
            assert torch.equal(value, expected[name]), name
    # The auxiliary head has nothing to read in smaller images.
    assert build_network(SETTINGS, n_classes=7).AuxLogits is None


class Malicious:
    def __reduce__(self):
        return print, ("code was run",)


def test_a_file_that_would_run_code_is_refused(tmp_path, capsys):
    torch.save({"settings": Malicious()}, tmp_path / "torch.pt")
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps(Malicious(), protocol=2))
    for name in ("torch.pt", "pickle.pt"):
        with pytest.raises(UserError, match=f"{name}.*could run code"):
            load_extractor(tmp_path / name)
    assert "code was run" not in capsys.readouterr().out


def test_unusable_files_are_explained(tmp_path):
    with pytest.raises(UserError, match="missing.pt: no such file"):
        load_extractor(tmp_path / "missing.pt")
    torch.save({"weights": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(UserError, match="other.pt: not a feature extractor"):
        load_extractor(tmp_path / "other.pt")
    (tmp_path / "half.pt").write_bytes((tmp_path / "other.pt").read_bytes()[:300])
    with pytest.raises(UserError, match="half.pt"):
        load_extractor(tmp_path / "half.pt")
    imagenet = SETTINGS.model_copy(update={"start": "imagenet"})
    with pytest.raises(UserError, match="inception_v3_google-0cc3c7bd.pth"):
        build_network(imagenet, n_classes=2)
    with pytest.raises(UserError, match="other.pt: not the weights"):
        build_network(imagenet, n_classes=2, weights=tmp_path / "other.pt")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (random_images(4), np.arange(3), "4 training images"),
        (random_images(4), np.eye(4), "one class index"),
        (random_images(4), np.zeros(4, dtype=int), "at least two"),
        (random_images(4), np.array([0, 1, -1, 0]), "count from 0"),
        (random_images(4), np.array([1, 1, 2, 2]), "every class that is tested"),
        (random_images(0), np.arange(0), "no training images"),
        (random_images(4) / 255, np.arange(4), "Clip and round"),
        (random_images(4)[..., 0], np.arange(4), "uint8"),
    ],
)
def test_bad_training_data_is_explained(images, labels, message):
    with pytest.raises(UserError, match=message):
        fine_tune(images, labels, random_images(2), np.arange(2), SETTINGS)


def test_a_diverging_loss_is_explained():
    settings = SETTINGS.model_copy(update={"learning_rate": 1e30, "epochs": 3})
    with pytest.raises(UserError, match="smaller learning rate"):
        tiny_training(settings)
