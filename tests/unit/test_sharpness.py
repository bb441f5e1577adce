"""The variance of the Laplacian against one written out by hand."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from vrrae_bench.scoring.sharpness import laplacian_variances, sharpness, sharpness_scores
from vrrae_bench.system.errors import UserError


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (300, 9, 9, 3), dtype=np.uint8)


def by_hand(image):
    """Neighbours minus four times the pixel, the outermost row repeated; bytes taken as numbers."""
    grey = image.astype(float).sum(axis=-1) / image.shape[-1]
    padded = np.pad(grey, 1, mode="edge")
    neighbours = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return (neighbours - 4 * grey).var()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_laplacian_is_the_one_written_out_by_hand(images, channels):
    images = images[..., :channels]
    expected = [by_hand(image) for image in images]
    np.testing.assert_allclose(laplacian_variances(images), expected)
    assert sharpness(images) == pytest.approx(np.mean(expected))


def test_an_image_in_grey_is_as_sharp_as_the_same_in_three_equal_colours(images):
    grey = images[..., :1]
    np.testing.assert_allclose(laplacian_variances(np.repeat(grey, 3, axis=-1)), laplacian_variances(grey))


def test_blur_lowers_sharpness_and_the_real_images_themselves_have_one(images, tiny_images):
    blurred = gaussian_filter(images, (0, 1, 1, 0))
    assert sharpness_scores({"random": blurred}, images)["sharpness_random"] < 0.1
    stored = tiny_images.array("test")
    assert sharpness_scores({"reconstruction": stored[...]}, stored) == {"sharpness_reconstruction": 1}


def test_real_images_without_an_edge_are_refused(images):
    with pytest.raises(UserError, match="none of the test images has an edge"):
        sharpness_scores({"random": images}, np.full_like(images, 7))
