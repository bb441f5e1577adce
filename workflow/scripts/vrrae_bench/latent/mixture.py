"""Random generation: a Gaussian mixture over the posterior means (VRRAE, sections 4.1 and 4.2).

The paper states neither the number of Gaussians nor their covariance. Ten of full covariance is the convention of
comparisons of autoencoders; 100 points in two dimensions overfit that, so BIC may choose instead.
"""

import warnings
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from vrrae_bench.errors import UserError

BIC_CANDIDATES = range(1, 11)
MAX_ITERATIONS = 500


class FittedMixture(NamedTuple):
    """A mixture over standardised means, and what undoes the standardisation."""

    mixture: GaussianMixture
    scaler: StandardScaler

    def sample(self, n: int, seed: int) -> Float[np.ndarray, "N k"]:
        """`n` points of the bottleneck, in random order."""
        self.mixture.random_state = seed
        points, _ = self.mixture.sample(n)  # grouped by component
        return self.scaler.inverse_transform(np.random.default_rng(seed).permutation(points))

    def record(self) -> dict[str, float | int | bool]:
        """What to record beside scores of its samples."""
        return {
            "gmm_components": self.mixture.n_components,
            "gmm_converged": bool(self.mixture.converged_),
            "gmm_iterations": int(self.mixture.n_iter_),
            "gmm_log_likelihood": float(self.mixture.lower_bound_),
        }


def fit_mixture(means: Float[np.ndarray, "N k"], n_components: int | None, seed: int) -> FittedMixture:
    """Fit a mixture of full-covariance Gaussians to posterior means, standardised, in double precision.

    Standardising comes first because the regularisation of the covariances is absolute, while coefficients of a
    truncated SVD differ in scale by orders of magnitude.

    Args:
        n_components: Number of Gaussians; none lets BIC choose from 1 to 10.

    Raises:
        UserError: There are fewer means than Gaussians.
    """
    if len(means) < (n_components or 1):
        raise UserError(
            f"{len(means)} posterior means can not carry {n_components} Gaussians; set gmm_components lower"
        )
    scaler = StandardScaler()
    standardised = scaler.fit_transform(means.astype(np.float64))
    candidates = [n for n in BIC_CANDIDATES if n <= len(means)] if n_components is None else [n_components]
    best = min((_fit(standardised, n, seed) for n in candidates), key=lambda mixture: mixture.bic(standardised))
    if not best.converged_:
        warnings.warn(f"the Gaussian mixture did not converge in {MAX_ITERATIONS} iterations", stacklevel=2)
    return FittedMixture(best, scaler)


def _fit(points: Float[np.ndarray, "N k"], n_components: int, seed: int) -> GaussianMixture:
    mixture = GaussianMixture(
        n_components, covariance_type="full", max_iter=MAX_ITERATIONS, random_state=seed, init_params="kmeans"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # recorded, and told by the caller
        return mixture.fit(points)
