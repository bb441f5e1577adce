"""How close an image is to a bump, and how much of the square a set of bumps covers (VRRAE, section 4.1)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from vrrae_bench.datasets.bumps import EXTENT, SIGMA, bump_profiles, grid
from vrrae_bench.system.errors import UserError

COARSE_STEP = SIGMA / 4
MAX_ITERATIONS = 40
TOLERANCE = 1e-7


class BumpFit(NamedTuple):
    """For each image, the bump with the smallest relative difference ||image - bump|| / ||bump||.

    Attributes:
        centres: (x, y) of the bump.
        error_percent: The relative difference, in percent.
    """

    centres: Float64[np.ndarray, "N 2"]
    error_percent: Float64[np.ndarray, " N"]


class Coverage(NamedTuple):
    """How well the centres of bumps cover the square from which the training centres are.

    Attributes:
        cells_hit: Share of the cells of the square with a centre.
        outside: Share of the centres that lie outside the square.
    """

    cells_hit: float
    outside: float


def fit_centres(images: Float[np.ndarray, "N S S"], sigma: float = SIGMA) -> BumpFit:
    """The bump of amplitude 1 and width `sigma` with the least error for every image: only its centre is free.

    The centres (x, y) lie in [-1, 1]^2, axes as in `bump_images`; images are on the scale where a bump has
    height 1, so undo any standardisation first. The error is 100 ||image - bump|| / ||bump|| ("the relative
    difference between the image and the fitted Gaussian", VRRAE, section 4.1). For a zero image it is 100, and the
    centre is a corner.

    Bumps that are not cut off by the border have the same norm, and among them this is the least-squares fit. A bump at
    a corner is mostly cut off, so its norm is small. Plain least squares would therefore match every dim image with a
    corner.

    Raises:
        UserError: the images are not [N, S, S], or hold a NaN or an infinity.
    """
    images = np.asarray(images, dtype=np.float64)
    if images.ndim != 3 or images.shape[1] != images.shape[2]:
        raise UserError(f"bump fit: images of shape {images.shape}; pass square ones as [N, size, size].")
    broken = ~np.isfinite(images).all(axis=(1, 2))
    if broken.any():
        raise UserError(
            f"bump fit: {broken.sum()} of {len(images)} images hold NaN or infinity (the first is number "
            f"{broken.argmax()}). The model that made them probably diverged: look at its training history."
        )
    own = np.square(images).sum(axis=(1, 2))
    centres = _refine(images, own, _coarse_centres(images, own, sigma), sigma)
    along_x, along_y = _profiles(images, centres, sigma)
    bumps = along_y[:, :, None] * along_x[:, None, :]
    norms = np.linalg.norm(along_y, axis=1) * np.linalg.norm(along_x, axis=1)
    return BumpFit(centres, 100 * np.linalg.norm(images - bumps, axis=(1, 2)) / norms)


def coverage(centres: Float[np.ndarray, "N 2"], cells: int = 10, half_width: float = EXTENT) -> Coverage:
    """Share of cells that hold a centre, and share of centres outside all of them.

    The cells are `cells` x `cells` equal parts of [-half_width, half_width]^2, the square of the training
    centres. Coverage stands beside the bump error, which a model that only draws one perfect bump would win.

    Raises:
        UserError: there are no centres.
    """
    centres = np.asarray(centres, dtype=np.float64)
    if len(centres) == 0:
        raise UserError("coverage: no centres. Generate at least one image.")
    inside = (np.abs(centres) <= half_width).all(axis=1)
    scaled = (centres[inside] + half_width) / (2 * half_width) * cells
    # The upper edge belongs to the last cell.
    cell = np.minimum(scaled.astype(int), cells - 1)
    return Coverage(len(np.unique(cell, axis=0)) / cells**2, 1 - inside.mean().item())


def _profiles(
    images: Float64[np.ndarray, "N S S"], centres: Float64[np.ndarray, "N 2"], sigma: float
) -> tuple[Float64[np.ndarray, "N S"], Float64[np.ndarray, "N S"]]:
    """The bumps at the centres along x and along y."""
    size = images.shape[-1]
    return bump_profiles(centres[:, 0], size, sigma), bump_profiles(centres[:, 1], size, sigma)


def _coarse_centres(
    images: Float64[np.ndarray, "N S S"], own: Float64[np.ndarray, " N"], sigma: float
) -> Float64[np.ndarray, "N 2"]:
    """The best centre of a grid fine enough to land in the right valley.

    Args:
        own: The squared norms of the images.
    """
    positions = grid(round(2 / COARSE_STEP) + 1)
    profiles = bump_profiles(positions, images.shape[-1], sigma)
    energies = (profiles**2).sum(axis=1)
    # A bump is separable, so no bump image has to be formed.
    gain = _gain(own[:, None, None], profiles @ images @ profiles.T, np.outer(energies, energies))
    row, column = np.unravel_index(gain.reshape(len(images), -1).argmax(axis=1), gain.shape[1:])
    return np.stack([positions[column], positions[row]], axis=1)


def _gain(
    own: Float64[np.ndarray, "N ..."], products: Float64[np.ndarray, "N ..."], energies: Float64[np.ndarray, "..."]
) -> Float64[np.ndarray, "N ..."]:
    """1 - (error / 100)^2, from the squared norms of images and bumps, and from their inner products."""
    return (2 * products - own) / energies


def _refine(
    images: Float64[np.ndarray, "N S S"],
    own: Float64[np.ndarray, " N"],
    centres: Float64[np.ndarray, "N 2"],
    sigma: float,
) -> Float64[np.ndarray, "N 2"]:
    """Gauss-Newton on all images at once; a step that does not help is halved."""
    scale = np.ones((len(images), 1))
    gain, step = _gain_and_step(images, own, centres, sigma)
    for _ in range(MAX_ITERATIONS):
        trial = np.clip(centres + scale * step, -1, 1)
        if np.abs(trial - centres).max(initial=0) < TOLERANCE:
            break
        trial_gain, trial_step = _gain_and_step(images, own, trial, sigma)
        better = trial_gain > gain
        centres, step = np.where(better, trial, centres), np.where(better, trial_step, step)
        gain, scale = np.where(better, trial_gain, gain), np.where(better, scale, scale / 2)
    return centres


def _gain_and_step(
    images: Float64[np.ndarray, "N S S"],
    own: Float64[np.ndarray, " N"],
    centres: Float64[np.ndarray, "N 2"],
    sigma: float,
) -> tuple[Float64[np.ndarray, "N 1"], Float64[np.ndarray, "N 2"]]:
    """The gain, and the Gauss-Newton step of both coordinates.

    The bump is separable, so an inner product is an image between two vectors: no bump image is ever formed.
    """
    along_x, along_y = _profiles(images, centres, sigma)
    positions = grid(images.shape[-1])
    slope_x = along_x * (positions - centres[:, :1]) / sigma**2
    slope_y = along_y * (positions - centres[:, 1:]) / sigma**2

    columns = images @ np.stack([along_x, slope_x], axis=2)
    value, value_y = _dot(along_y, columns[..., 0]), _dot(slope_y, columns[..., 0])
    value_x = _dot(along_y, columns[..., 1])

    xx, xs, ss_x = _dot(along_x, along_x), _dot(along_x, slope_x), _dot(slope_x, slope_x)
    yy, ys, ss_y = _dot(along_y, along_y), _dot(along_y, slope_y), _dot(slope_y, slope_y)
    gain = _gain(own, value, xx * yy)
    # The slopes are orthogonal but for what the border cuts off, so the normal matrix is taken as diagonal.
    step = np.stack([(value_x - gain * xs * yy) / (ss_x * yy), (value_y - gain * ys * xx) / (ss_y * xx)], axis=1)
    # The true curvature grows with the height of what is in the image; at a height of 2, plain Gauss-Newton
    # would jump back and forth over the optimum.
    height = (value / (xx * yy)).clip(min=0.01)
    return gain[:, None], step / height[:, None]


def _dot(a: Float64[np.ndarray, "N S"], b: Float64[np.ndarray, "N S"]) -> Float64[np.ndarray, " N"]:
    return np.einsum("ns,ns->n", a, b)


def bump_scores(random: Float[np.ndarray, "N S S 1"]) -> dict[str, float]:
    """The metrics of randomly generated bumps, as scores.json names them (VRRAE, section 4.1 and Table 1).

    The mean error alone would be 0 for a model that always draws one perfect bump, so coverage stands beside it.
    """
    centres, errors = fit_centres(random[..., 0])
    covered, outside = coverage(centres)
    return {
        "random_generation_error": float(errors.mean()),
        "coverage": float(covered),
        "share_outside": float(outside),
    }
