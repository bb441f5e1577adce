"""What identifies a run, its batches and its seeds."""

from typing import get_args

import numpy as np
import pytest

from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.system.seeding import Purpose, derived_seed
from vrrae_bench.training.batches import BatchStream, epoch_ends


@pytest.mark.parametrize(
    ("beta", "text"), [(0, "0"), (1e-6, "1e-6"), (1e-4, "1e-4"), (0.0025, "2.5e-3"), (1, "1e0"), (10, "1e1")]
)
def test_beta_has_one_spelling(beta, text):
    assert format_beta(beta) == text
    assert float(text) == beta


@pytest.mark.parametrize(
    ("epochs", "n_images", "batch_size", "steps"),
    [(1280, 100, 64, 2000), (20, 60_000, 576, 2083), (5, 50_000, 64, 3906), (8, 162_770, 576, 2261)],
)
def test_steps_are_those_of_the_paper(epochs, n_images, batch_size, steps):
    assert epoch_ends(n_images, batch_size, epochs)[-1] == steps


def test_nothing_is_dropped_between_batches():
    stream = BatchStream(n_images=10, batch_size=4, seed=3)
    indices = stream.indices(0, 5)
    assert indices.shape == (5, 4)
    np.testing.assert_array_equal(np.bincount(indices.ravel()), np.full(10, 2))
    first_pass = indices.ravel()[:10]
    assert sorted(first_pass) == list(range(10))
    assert list(first_pass) != list(indices.ravel()[10:])


def test_any_stretch_of_batches_is_computed_alone():
    stream = BatchStream(n_images=10, batch_size=4, seed=3)
    np.testing.assert_array_equal(stream.indices(7, 6), stream.indices(0, 13)[7:])


def test_purposes_draw_from_different_streams():
    seeds = [derived_seed(seed, purpose) for seed in (0, 1) for purpose in get_args(Purpose)]
    assert len(set(seeds)) == len(seeds)
