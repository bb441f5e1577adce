"""The bump fit against images whose answer is known, and the coverage of the square."""

import numpy as np
import pytest
from scipy.optimize import minimize
from typechecker import unchecked

from vrrae_bench.datasets.bumps import bump_images, grid
from vrrae_bench.scoring.bumps import coverage, fit_centres
from vrrae_bench.system.errors import UserError


@pytest.fixture
def centres():
    return np.random.default_rng(0).uniform(-0.5, 0.5, (200, 2))


def blend(distance, direction=(1, 0)):
    """Two bumps of half the height, `distance` apart."""
    half = np.array([direction]) * distance / 2
    return (bump_images(half) + bump_images(-half)) / 2


def test_x_runs_along_columns_and_y_along_rows():
    [image] = bump_images(np.array([[0.4, -0.2]]))
    row, column = np.unravel_index(image.argmax(), image.shape)
    positions = grid(64)
    assert positions[column] == pytest.approx(0.4, abs=0.02)
    assert positions[row] == pytest.approx(-0.2, abs=0.02)
    expected = np.exp(-((positions[40] - 0.4) ** 2 + (positions[10] + 0.2) ** 2) / (2 * 0.2**2))
    assert image[10, 40] == pytest.approx(expected, rel=1e-6)


def test_exact_bumps_are_found_without_error(centres):
    fit = fit_centres(bump_images(centres))
    np.testing.assert_allclose(fit.centres, centres, atol=1e-6)
    assert fit.error_percent.max() < 1e-4


@pytest.mark.parametrize(("distance", "error"), [(0.2, 10), (0.4, 36), (0.8, 70)])
def test_blends_of_two_bumps_have_their_known_error(distance, error):
    assert fit_centres(blend(distance)).error_percent == pytest.approx(error, abs=0.5)


def test_wrong_amplitude_and_pixel_noise_have_their_known_error(centres):
    images = bump_images(centres)
    noise = 0.01 * np.random.default_rng(1).standard_normal(images.shape)
    np.testing.assert_allclose(fit_centres(0.9 * images).error_percent, 10, atol=0.01)
    assert fit_centres(images + noise).error_percent.mean() == pytest.approx(5.7, abs=0.1)


def test_dim_bumps_are_found_where_they_are(centres):
    """By plain least squares, a corner, where most of a bump is cut off, would fit a dim bump better."""
    for height in (0.3, 0.1, 0.02):
        fit = fit_centres(height * bump_images(centres))
        np.testing.assert_allclose(fit.centres, centres, atol=1e-3)
        np.testing.assert_allclose(fit.error_percent, 100 * (1 - height), atol=0.01)


def test_the_fit_has_the_least_relative_difference_that_scipy_finds():
    rng = np.random.default_rng(2)
    true = rng.uniform(-0.5, 0.5, (6, 2))
    images = rng.uniform(0.5, 2.5, (6, 1, 1)) * bump_images(true) + 0.1 * rng.standard_normal((6, 64, 64))
    fit = fit_centres(images)
    for image, start, centre, error in zip(images, true, *fit, strict=True):
        best = minimize(_squared_difference, start, args=(image,), tol=1e-9)
        np.testing.assert_allclose(centre, best.x, atol=1e-5)
        assert error == pytest.approx(100 * best.fun**0.5, rel=1e-6)


def _squared_difference(centre, image):
    bump = _float64_bump(centre)
    return np.square(bump - image).sum() / np.square(bump).sum()


def _float64_bump(centre):
    x, y = np.meshgrid(grid(64), grid(64))
    return np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * 0.2**2))


def test_a_zero_image_has_an_error_of_100_percent_and_no_place_in_the_square_of_the_training_centres():
    fit = fit_centres(np.zeros((2, 64, 64)))
    assert fit.error_percent == pytest.approx(100, rel=1e-12)
    assert coverage(fit.centres).outside == 1


@pytest.mark.parametrize("level", [-1.0, 1.0, 1e6])
def test_images_without_a_bump_get_a_finite_answer_within_the_domain(level):
    fit = fit_centres(np.full((2, 64, 64), level))
    assert np.abs(fit.centres).max() <= 1
    assert (fit.error_percent >= 100).all() and np.isfinite(fit.error_percent).all()


def test_images_are_fitted_independently_of_each_other(centres):
    images = bump_images(centres) + 0.3 * np.random.default_rng(3).standard_normal((200, 64, 64))
    together = fit_centres(images)
    apart = np.concatenate([fit_centres(images[i : i + 1]).centres for i in range(0, 200, 20)])
    np.testing.assert_allclose(together.centres[::20], apart, atol=1e-6)


def test_non_finite_images_are_refused():
    images = bump_images(np.zeros((3, 2)))
    images[1, 5, 5] = np.nan
    with pytest.raises(UserError, match="1 of 3 images.*number 1"):
        fit_centres(images)
    with unchecked(), pytest.raises(UserError, match="shape"):
        fit_centres(np.zeros((3, 64, 32)))


def test_coverage_of_known_centres():
    axis = np.linspace(-0.5, 0.5, 10)
    training = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    assert coverage(training) == (1.0, 0.0)
    assert coverage(np.zeros((50, 2))) == (0.01, 0.0)
    assert coverage(training[training[:, 0] < 0]) == (0.5, 0.0)
    assert coverage(np.array([[0.0, 0.0], [0.6, 0.0], [0.0, -0.9], [0.45, 0.45]])) == (0.02, 0.5)
    assert coverage(np.array([[2.0, 2.0]])) == (0.0, 1.0)
    with pytest.raises(UserError, match="no centres"):
        coverage(np.empty((0, 2)))
