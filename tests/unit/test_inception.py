"""The feature extractor: what decides its features, and what must not."""

import pickle

import numpy as np
import pytest
import torch
from torchvision.models import inception_v3
from typechecker import unchecked

from vrrae_bench.extractor.inception import (
    FeatureExtractor,
    build_network,
    load_extractor,
    load_plain,
    prepare,
    save_extractor,
)
from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.system.errors import UserError

SETTINGS = ExtractorSettings(
    start="random", image_size=75, epochs=1, batch_size=4, learning_rate=1e-3, precision="float32", seed=0
)


def random_images(n, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28, channels), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    """With batch normalisation as after a training: of statistics and weights that are not 0 and 1."""
    torch.manual_seed(0)
    network = build_network(SETTINGS, n_classes=3)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the statistics of the batches seen
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    with torch.no_grad():
        network.train()(prepare(random_images(8, seed=3), 75))
    return network.eval()


@pytest.fixture(scope="module")
def extractor(network):
    return FeatureExtractor.of(network, SETTINGS)


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


def test_features_are_those_of_a_torchvision_network_driven_by_hand(network, extractor):
    images = random_images(4, channels=3, seed=2)
    by_hand = inception_v3(weights=None, aux_logits=False, num_classes=3, transform_input=True, init_weights=False)
    by_hand.load_state_dict(network.state_dict())
    by_hand.fc = torch.nn.Identity()
    by_hand.eval()
    pixels = torch.tensor(images).permute(0, 3, 1, 2) / 255
    pixels = torch.nn.functional.interpolate(pixels, size=75, mode="bilinear", antialias=True)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        expected = by_hand((pixels - mean[:, None, None]) / std[:, None, None]).numpy()
    np.testing.assert_allclose(extractor.features(images), expected, rtol=1e-3, atol=1e-4 * expected.max())


def test_bfloat16_features_are_near_and_only_where_they_are_asked_for(network, extractor, tmp_path):
    images = random_images(4, channels=3)
    coarse = SETTINGS.model_copy(update={"feature_precision": "bfloat16"})
    save_extractor(network, coarse, tmp_path / "inception.pt")
    expected, found = extractor.features(images), load_extractor(tmp_path / "inception.pt").features(images)
    assert found.dtype == np.float32
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    assert 1e-4 < error < 0.05  # a unit in the last place of bfloat16 is 2^-8


def test_preparing_an_extractor_leaves_its_network_as_it_is(network):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    FeatureExtractor.of(network, SETTINGS.model_copy(update={"feature_precision": "bfloat16"}))
    after = network.state_dict()
    assert list(after) == list(before) and all(torch.equal(after[name], before[name]) for name in before)


def test_a_saved_extractor_gives_the_same_features(extractor, network, tmp_path):
    save_extractor(network, SETTINGS, tmp_path / "inception.pt")
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
    with pytest.raises(UserError, match="other.pt: is damaged, or was not written by this version"):
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
    ("images", "message"), [(random_images(4) / 255, "Clip and round"), (random_images(4)[..., 0], "uint8")]
)
def test_images_that_are_no_bytes_are_refused(extractor, images, message):
    with unchecked(), pytest.raises(UserError, match=message):
        extractor.features(images)


def test_memory_that_runs_out_while_a_file_is_read_is_no_damage(monkeypatch, tmp_path):
    """Else the message would have hours of work made again."""

    def load(*arguments, **how):
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(RuntimeError, match="out of memory"):
        load_plain(tmp_path / "inception.pt")
