"""The reconstruction error: one ratio over the whole set, whatever the batches."""

import numpy as np
import pytest
from typechecker import unchecked

from vrrae_bench.scoring.reconstruction import RelativeError
from vrrae_bench.system.errors import UserError


def relative_error_percent(prediction, target):
    error = RelativeError()
    error.update(prediction, target)
    return error.percent


def test_uniform_scaling_is_read_off_directly():
    target = np.random.default_rng(0).random((10, 4, 4, 3))
    assert relative_error_percent(0.75 * target, target) == pytest.approx(25)


def test_batches_of_any_size_give_the_ratio_of_norms_over_the_whole_set():
    rng = np.random.default_rng(1)
    # Images of very different brightness: a mean of ratios per batch would differ a lot.
    target = rng.random((101, 8, 8)) * np.logspace(-3, 1, 101)[:, None, None]
    prediction = target + 0.1 * rng.standard_normal(target.shape)
    expected = 100 * np.linalg.norm((prediction - target).ravel()) / np.linalg.norm(target.ravel())
    for batch_size in (1, 7, 64, 101):
        error = RelativeError()
        for start in range(0, len(target), batch_size):
            error.update(prediction[start : start + batch_size], target[start : start + batch_size])
        assert error.percent == pytest.approx(expected, rel=1e-12)


def test_float32_images_are_summed_in_float64():
    target = np.ones((1000, 64, 64), dtype=np.float32)
    prediction = target.copy()
    prediction[0, 0, 0] += 1
    assert relative_error_percent(prediction, target) == pytest.approx(100 / target.size**0.5, rel=1e-9)


def test_bad_input_is_explained():
    with unchecked(), pytest.raises(UserError, match=r"\(2, 4\).*\(2, 5\)"):
        relative_error_percent(np.zeros((2, 4)), np.ones((2, 5)))
    with pytest.raises(UserError, match="NaN or infinite"):
        relative_error_percent(np.full((2, 4), np.nan), np.ones((2, 4)))
    with pytest.raises(UserError, match="empty or all zero"):
        relative_error_percent(np.ones((2, 4)), np.zeros((2, 4)))
    with pytest.raises(UserError, match="empty or all zero"):
        _ = RelativeError().percent
