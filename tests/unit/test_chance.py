"""Features of a network that has learned nothing are told of, and those of one that has learned something are not."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from commands import ROOT
from scipy.stats import binom

from vrrae_bench.datasets.store import DataSet
from vrrae_bench.extractor.chance import LARGEST_P_VALUE, at_chance, like_noise, of_few_images, why_void
from vrrae_bench.extractor.guessing import AgainstGuessing, against_guessing
from vrrae_bench.scoring.bounds import noise_apart
from vrrae_bench.scoring.frechet import Moments
from vrrae_bench.scoring.reference import Reference
from vrrae_bench.system.errors import SCREEN

SCRIPTS = ROOT / "workflow/scripts"


@pytest.mark.parametrize(
    ("better", "worse", "above"),
    [(0, 0, False), (6, 0, False), (7, 0, True), (12, 12, False), (0, 30, False), (300, 240, True), (3, 20, False)],
)
def test_a_network_is_above_chance_where_a_fair_coin_would_hardly_do_as_well(better, worse, above):
    found = AgainstGuessing(1000, better, worse)
    assert found.p_value == pytest.approx(1 - binom.cdf(better - 1, better + worse, 0.5) if better + worse else 1)
    assert found.above_chance == above == (found.p_value <= LARGEST_P_VALUE)


def test_classes_are_counted_where_the_network_and_the_guess_differ():
    told, guessed = np.array([1, 1, 0, 0, 1], bool), np.array([1, 0, 1, 0, 0], bool)
    assert against_guessing(told, guessed) == (5, 2, 1)


def test_attributes_count_once_for_each_image_however_many_there_are():
    """Of the first image two more are told, of the second as many (others), of the third one fewer."""
    told = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], bool)
    guessed = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]], bool)
    assert against_guessing(told, guessed) == (3, 1, 1)


def test_a_network_that_guesses_is_seldom_above_chance(rng):
    """Whatever the share of the most frequent class: predictions that do not depend on the image."""
    passed = 0
    for share in np.repeat([0.1, 0.5, 0.9], 200):
        labels = rng.random(150) < share
        passed += against_guessing((rng.random(150) < share) == labels, labels == (share >= 0.5)).above_chance
    assert passed / 600 <= LARGEST_P_VALUE


CHANCE = {"test_accuracy": 0.36, "majority_accuracy": 0.33}


@pytest.mark.parametrize(
    ("extractor", "words"),
    [
        (CHANCE | AgainstGuessing(36, 5, 4).recorded(), ("of 36 test images", "36.00%, guessing 33.00%; p = 0.5")),
        (CHANCE | {"test_accuracy": 0.9} | AgainstGuessing(36, 21, 1).recorded(), None),
        # Records of earlier versions, and of a network that was not tuned on labels.
        (CHANCE, None),
        (CHANCE | {"test_accuracy": 0.33}, ("accuracy 33.00%, guessing 33.00%)",)),
        ({"weights": "weights-2015.pth"}, None),
    ],
)
def test_a_network_at_chance_is_told_with_its_numbers(extractor, words):
    told = at_chance(extractor)
    assert told == why_void(extractor) and (told is not None) == (words is not None)
    assert all(part in told for part in words or ())


class Features:
    """In place of an Inception-v3: a number of features that are computed of the pixels of each image."""

    def __init__(self, of):
        self.of = of

    def features(self, images):
        return self.of(images[:, 4::6, 4::6].reshape(len(images), -1).astype(np.float64)).astype(np.float32)


def pixels(values):
    return values


def scattered(values):
    """Features that say nothing about an image."""
    return np.random.default_rng(int(values.sum())).normal(size=values.shape)


@pytest.mark.parametrize(("of", "farther"), [(pixels, True), (scattered, False)])
def test_noise_is_to_be_farther_than_test_images(of, farther, tiny_images, tmp_path):
    network = Features(of)
    features = network.features(tiny_images.array("train")[:])
    moments = Moments.from_features(features)
    found = noise_apart(network, moments, tiny_images, seed=0)
    assert found["noise_is_farther"] == farther and len(found["fid_noise"]) == len(found["fid_test_images"]) == 5
    told = why_void({"noise": found})
    assert (told is None) == farther and (farther or "noise is not clearly farther" in told)
    # It comes with the reference, to stand beside each score.
    reference = Reference.of(moments, features, np.random.default_rng(0))
    reference.save(tmp_path / "reference.json", {"extractor": "ab", "data": {}, "noise": found})
    assert Reference.beside(tmp_path / "extractor.json", {"sha256": "ab"}, {}).recorded == {"noise": found}


def exploding(values):
    """Features that are huge for one image in a hundred."""
    return values * np.where(values.sum(axis=1) >= np.quantile(values.sum(axis=1), 0.99), 100, 1)[:, None]


class Many(DataSet):
    """A thousand random images, in place of those of a data set."""

    def __init__(self):
        self.images = np.random.default_rng(0).integers(0, 200, (1000, 20, 20, 1), dtype=np.uint8)

    def array(self, name):
        return self.images


def test_features_that_a_few_images_decide_are_void():
    """As those of a network for CIFAR-10, by which test images had FIDs of 56 to 1120, and noise an FID of 1201."""
    for of, void in ((pixels, False), (exploding, True)):
        features = Features(of).features(Many().array("test"))
        found = noise_apart(Features(of), Moments.from_features(features), Many(), seed=0)
        squares = np.sort(((features - features.mean(axis=0)) ** 2).sum(axis=1))
        np.testing.assert_allclose(found["share_of_few"], squares[-10:].sum() / squares.sum(), rtol=1e-4)
        told = of_few_images({"noise": found})
        assert found["few"] == 10 and (told is not None) == void
    assert "10 of 1000 test images are so large" in told
    assert why_void({"noise": found | {"noise_is_farther": True}}) == told


def test_too_few_test_images_show_nothing(tiny_images):
    class Few(DataSet):
        def __init__(self):
            self.manifest = tiny_images.manifest

        def array(self, name):
            return tiny_images.array(name)[:9]

    network = Features(pixels)
    found = noise_apart(network, Moments.from_features(network.features(Few().array("train"))), Few(), seed=0)
    assert not found["noise_is_farther"] and "the 9 test images are too few" in like_noise({"noise": found})


@pytest.mark.parametrize("screen", [True, False])
def test_a_warning_reaches_the_log_and_the_screen(tmp_path, screen):
    code = "from vrrae_bench.system.errors import warn; warn('nothing learned'); print('done')"
    with (tmp_path / "screen").open("wb") as file, (tmp_path / "log").open("wb") as log:
        os.set_inheritable(file.fileno(), True)
        environment = os.environ | ({SCREEN: str(file.fileno())} if screen else {})
        environment = {name: value for name, value in environment.items() if screen or name != SCREEN}
        run = partial(subprocess.run, [sys.executable, "-c", code], stderr=log, stdout=subprocess.PIPE, cwd=SCRIPTS)
        assert run(env=environment, pass_fds=[file.fileno()]).stdout == b"done\n"
    assert (tmp_path / "log").read_text() == "warning: nothing learned\n"
    assert (tmp_path / "screen").read_text() == ("warning: nothing learned\n" if screen else "")
