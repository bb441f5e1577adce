"""The Gaussian bump of the synthetic data set (VRRAE, section 4.1)."""

import numpy as np
from jaxtyping import Float, Float32, Float64

SIZE = 64
SIGMA = 0.2
EXTENT = 0.5  # the centres of training and test bumps lie in [-0.5, 0.5]^2


def grid(size: int = SIZE) -> Float64[np.ndarray, " S"]:
    """Pixel positions along either axis: `size` points of [-1, 1], both ends included."""
    return np.linspace(-1.0, 1.0, size)


def bump_profiles(
    positions: Float[np.ndarray, " N"], size: int = SIZE, sigma: float = SIGMA
) -> Float64[np.ndarray, "N S"]:
    """One-dimensional bumps of height 1; a bump image is the outer product of one along y and one along x."""
    return np.exp(-((grid(size) - np.asarray(positions)[:, None]) ** 2) / (2 * sigma**2))


def bump_images(
    centres: Float[np.ndarray, "N 2"], size: int = SIZE, sigma: float = SIGMA
) -> Float32[np.ndarray, "N S S"]:
    """Images of exp(-((x - x0)^2 + (y - y0)^2) / (2 sigma^2)), one per centre (x0, y0).

    x runs along the columns and y along the rows, both upwards from -1: `image[0, 0]` lies at (-1, -1), so
    show an image with `origin="lower"`. Lengths are in units of the half width of the square [-1, 1]^2.
    """
    x0, y0 = np.asarray(centres, dtype=np.float64).T
    along_x, along_y = bump_profiles(x0, size, sigma), bump_profiles(y0, size, sigma)
    return (along_y[:, :, None] * along_x[:, None, :]).astype(np.float32)
