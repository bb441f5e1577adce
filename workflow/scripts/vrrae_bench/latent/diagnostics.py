"""Measures of the latents of a trained model: collapse, spectrum, spread, and the identities of the truncated SVD.

Means and log-variances are those of the posteriors of the training images, a row per image.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import entr

ACTIVE_VARIANCE = 0.01
COLLAPSED_SIGNAL_TO_NOISE = 0.01
# Number of points at which the mutual information is estimated, and of values in memory for it at a time (2 MB).
N_POINTS = 1000
BLOCK = 2**18
# Coefficients in single precision: a norm is wrong by about this share of the largest one.
ROUNDING = 1e-6

Means = Float[np.ndarray, "N k"]
LogVariances = Float[np.ndarray, "N k"]


def spread_ratio(means: Means) -> float:
    """Standard deviation of the least spread mean over that of the most spread mean: 0 for a collapsed dimension."""
    deviations = means.std(axis=0, dtype=np.float64)
    return float(deviations.min() / deviations.max()) if deviations.max() > 0 else 0.0


def mean_spread(means: Means) -> float:
    """Root mean square distance of the means from their centre (what VRRAE, Figure A.2-2 shows)."""
    return float(np.sqrt(means.var(axis=0, dtype=np.float64).sum()))


def diagonal_bend(means: Means) -> float:
    """How far the means of a motion are from a straight line: 0 if they lie on one (VRRAE, section 4.1 and Figure 2).

    The root mean square distance from the best line through their centre, over the root mean square spread along it.
    Both are singular values of the centred means. Means that do not move at all have no direction, and count as 1.
    """
    along, *across = np.linalg.svd(_centred(means), compute_uv=False)
    return float(np.linalg.norm(across) / along) if along > 0 else 1.0


def diagonal_backtracking(means: Means) -> float:
    """Share of a motion's way along the best line through its means that goes backwards (VRRAE, section 4.1, Figure 2).

    It is 0 if the means keep their order along the line, and 1/2 if the way leads back to where it began, which
    `diagonal_bend` does not show. Means that do not move at all count as 1/2. Of the two directions of the line, the
    shorter way counts as backwards.
    """
    direction = np.linalg.svd(_centred(means), full_matrices=False)[2][0]
    steps = np.diff(means.astype(np.float64) @ direction)
    way = np.abs(steps).sum()
    return float((way - abs(steps.sum())) / (2 * way)) if way > 0 else 0.5


def _centred(means: Means) -> Float[np.ndarray, "N k"]:
    return means - means.mean(axis=0, dtype=np.float64)


def effective_rank(means: Means) -> float:
    """In how many directions the means spread: the exponential of the entropy of their normalised singular values.

    The means are centred, and their singular values are divided by their sum (Roy and Vetterli 2007). The rank lies
    between 1, for means on a line, and the number of dimensions, for means that spread equally in each direction. It
    depends neither on the scale nor on the axes. A count of collapsed dimensions misses a collapse that is not along an
    axis. Means that do not move at all spread in no direction, and count as 0.
    """
    values = np.linalg.svd(_centred(means), compute_uv=False)
    return float(np.exp(entr(values / values.sum()).sum())) if values.any() else 0.0


def active_units(means: Means) -> int:
    """Number of dimensions with Var_x(mean_i) > 0.01 (Burda, Grosse and Salakhutdinov 2016, section 5.2).

    The threshold is absolute, so it depends on the scale of the means, which only a strong KL term ties to the prior's.
    """
    return int((means.var(axis=0, dtype=np.float64) > ACTIVE_VARIANCE).sum())


def signal_to_noise(means: Means, log_variances: LogVariances) -> Float[np.ndarray, " k"]:
    """Var_x(mean_i) / E_x[sigma_i^2] of each dimension: near 0 where z_i does not tell images apart.

    It does not depend on the scale, unlike the variance of the means alone.
    """
    noise = np.exp(log_variances, dtype=np.float64).mean(axis=0)
    return means.var(axis=0, dtype=np.float64) / noise


def collapsed_dimensions(means: Means, log_variances: LogVariances) -> int:
    """Number of dimensions whose signal-to-noise is below 0.01: what this benchmark calls posterior collapse."""
    return int((signal_to_noise(means, log_variances) < COLLAPSED_SIGNAL_TO_NOISE).sum())


def kl_per_dimension(means: Means, log_variances: LogVariances) -> Float[np.ndarray, " k"]:
    """E_x KL(q(z_i|x) || N(0, 1)) of each dimension, in nats: (mean^2 + sigma^2 - 1 - log sigma^2) / 2, averaged."""
    squares, variances = np.square(means, dtype=np.float64), np.exp(log_variances, dtype=np.float64)
    return (squares + variances - 1 - log_variances).mean(axis=0) / 2


def mutual_information(
    means: Means, log_variances: LogVariances, generator: np.random.Generator, n_points: int = N_POINTS
) -> float:
    """Monte Carlo estimate of I(x; z) in nats, for x uniform over the training images (Hoffman and Johnson 2016).

        I(x; z) = E_x KL(q(z|x) || p) - KL(q(z) || p) = E_{x, z ~ q(z|x)} [log q(z|x) - log q(z)]

    The prior p cancels. The second form is averaged over `n_points` points z from the posteriors of images in random
    order, each image once before any comes again, with the whole aggregate posterior q(z) = (1/N) sum_n q(z|x_n). The
    first form is not used, since it is the difference of two large numbers, each with its own error. The estimate is
    unbiased, so it may fall slightly below 0 for a collapsed model. It is at most log N, which it reaches if no two
    posteriors overlap.
    """
    n_images, k = means.shape
    images = np.resize(generator.permutation(n_images), n_points)
    noise = generator.standard_normal((n_points, k))
    points = means[images] + noise * np.exp(log_variances[images] / 2, dtype=np.float64)
    own = _log_density(points, means[images], log_variances[images])
    sums = np.full(n_points, -np.inf)
    step = max(1, BLOCK // points.size)
    for start in range(0, n_images, step):
        part = slice(start, start + step)
        densities = _log_density(points[:, None], means[part], log_variances[part])
        sums = np.logaddexp(sums, np.logaddexp.reduce(densities, axis=1))
    return float(np.mean(own - sums) + np.log(n_images))


def _log_density(
    points: Float[np.ndarray, "*#batch k"],
    means: Float[np.ndarray, "*#batch k"],
    log_variances: Float[np.ndarray, "*#batch k"],
) -> Float[np.ndarray, "*#batch"]:
    """Log-densities of normal posteriors, without the constant k/2 log(2 pi), which all of them share.

    Points and posteriors are broadcast against each other.

    Matrix products would be quicker, but are not used: for narrow posteriors their terms are large and cancel.
    """
    log_variances = log_variances.astype(np.float64)
    scaled = (points - means) * np.exp(-log_variances / 2)
    return -(np.einsum("...k,...k->...", scaled, scaled) + log_variances.sum(axis=-1)) / 2


def singular_values(coefficients: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Singular values of the truncated latent matrix: norms of the rows of its coefficients, here columns.

    The coefficients S V^T have orthonormal V (VRRAE, Eq. 3), so that the norm of row i is s_i (Figure A.2-1).
    """
    return np.sqrt(np.square(coefficients, dtype=np.float64).sum(axis=0))


def unsorted_modes(means: Means, log_variances: LogVariances, generator: np.random.Generator) -> int:
    """Number of adjacent dimensions of the bottleneck whose sampled singular value increases from one to the next.

    The sampled singular values are the norms over the training set of the sampled coefficients, mean + eps * sigma, in
    the basis found after training (VRRAE, Eq. 9 and appendix A.1, point 1). Means that are the coefficients of an SVD
    are sorted. A linear map of the coefficients need not be sorted, and noise may change the order of both. An increase
    within the rounding of single precision does not count.
    """
    noise = generator.standard_normal(means.shape)
    norms = singular_values(means + noise * np.exp(log_variances / 2, dtype=np.float64))
    return int((np.diff(norms) > ROUNDING * norms.max()).sum())


def subspace_distance(one: Float[np.ndarray, "L k"], other: Float[np.ndarray, "L k"]) -> float:
    """Mean squared sine of the principal angles between the spans of two orthonormal bases.

    It is 0 for two bases of one subspace, and 1 for orthogonal subspaces. For random subspaces, it is 1 - k / L on
    average.
    """
    cosines = np.linalg.svd(one.astype(np.float64).T @ other.astype(np.float64), compute_uv=False)
    return float(1 - np.square(np.minimum(cosines, 1)).mean())


def orthonormality_error(coefficients: Float[np.ndarray, "k B"]) -> float:
    """Largest entry of |V^T V - I| for the normalised rows of a batch's coefficients S V^T (VRRAE, Eq. 6).

    A row of zeros has no direction, and counts as 1.
    """
    rows = coefficients.astype(np.float64)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return float(np.abs(rows @ rows.T - np.eye(len(rows))).max())


def energy_error(coefficients: Float[np.ndarray, "k B"], latent: Float[np.ndarray, "L B"]) -> float:
    """|sum alpha^2 - sum_{i <= k} s_i^2| / sum_{i <= k} s_i^2 (VRRAE, Eq. 7 and appendix A.2).

    The singular values s_i of the batch of latents are LAPACK's, in double precision.
    """
    values = np.linalg.svd(latent.astype(np.float64), compute_uv=False)[: len(coefficients)]
    expected = np.square(values).sum()
    return float(abs(np.square(coefficients, dtype=np.float64).sum() - expected) / expected)
