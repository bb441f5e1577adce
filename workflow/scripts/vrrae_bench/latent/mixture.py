"""Random generation: a Gaussian mixture over the posterior means (VRRAE, sections 4.1 and 4.2).

The paper states neither the number of Gaussians nor their covariance. Comparisons of autoencoders usually take ten
Gaussians with full covariance. 100 points in two dimensions overfit these, so BIC may choose the number instead. Two
simpler samplers stand beside the mixture: one Gaussian, and the prior N(0, I), to which the KL divergence draws the
posteriors. For a method without a KL term, the prior is only a reference.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from vrrae_bench.latent.settings import BIC_CANDIDATES, are_enough
from vrrae_bench.system.errors import UserError

FIT: dict[str, Any] = {"covariance_type": "full", "reg_covar": 1e-6, "init_params": "kmeans", "max_iter": 500}


class FittedMixture(NamedTuple):
    """A mixture over standardised means, with the mean and scale that undo the standardisation.

    Attributes:
        n_means: Number of means that it was fitted to.
        unconverged: Numbers of Gaussians for which no fit converged, of those that were tried.
    """

    mixture: GaussianMixture
    scaler: StandardScaler
    n_means: int
    unconverged: list[int]

    def sample(self, n: int, seed: int) -> Float[np.ndarray, "N k"]:
        """`n` points of the bottleneck, in random order."""
        self.mixture.set_params(random_state=seed)
        points, _ = self.mixture.sample(n)  # grouped by component
        return self.scaler.inverse_transform(np.random.default_rng(seed).permutation(points))

    def recorded(self) -> dict[str, float | int | bool | str | list[int]]:
        """What is recorded beside scores of its samples. The log-likelihood is the average over standardised means."""
        return {f"gmm_{name}": value for name, value in FIT.items()} | {
            "gmm_standardised": True,
            "gmm_components": len(self.mixture.weights_),
            "gmm_means": self.n_means,
            "gmm_converged": bool(self.mixture.converged_),
            "gmm_unconverged_components": self.unconverged,
            "gmm_iterations": int(self.mixture.n_iter_),
            "gmm_log_likelihood": float(self.mixture.lower_bound_),
        }


def fit_mixture(
    means: Float[np.ndarray, "N k"],
    n_components: int | None,
    seed: int,
    *,
    n_init: int = 1,
    subsample: int | None = None,
) -> FittedMixture:
    """Fit a mixture of full-covariance Gaussians to posterior means, standardised, in double precision.

    Standardising comes first because the regularisation of the covariances is absolute, while coefficients of a
    truncated SVD differ in scale by orders of magnitude.

    Args:
        n_components: Number of Gaussians. If it is none, BIC chooses among `BIC_CANDIDATES`, as far as there are enough
            means.
        n_init: Number of fits from different starts, of which the likeliest is taken.
        subsample: The largest number of means to fit to, which are drawn without replacement; none takes all means. An
            iteration over 163,000 means of 186 dimensions takes half a minute on two cores.

    Raises:
        UserError: There are fewer means than Gaussians, or a single mean.
    """
    n_means = min(len(means), subsample or len(means))
    if n_components is not None and n_components < 1:
        raise UserError(f"gmm_components is {n_components}. Set it to 1 or more, or to none, so that BIC chooses")
    if n_means < 2:
        raise UserError(f"a mixture is fitted to at least two posterior means, and there is {n_means}")
    if n_means < (n_components or 1):
        raise UserError(
            f"{n_means} posterior means are too few for {n_components} Gaussians; set gmm_components lower"
            + (", or gmm_subsample higher" if n_means < len(means) else "")
        )
    scaler = StandardScaler()
    standardised = scaler.fit_transform(means.astype(np.float64))
    if n_means < len(means):
        chosen = np.random.default_rng(seed).choice(len(means), n_means, replace=False)
        standardised = standardised[chosen]
    candidates = [n_components] if n_components is not None else _candidates(*standardised.shape)
    fitted = [_fit(standardised, n, seed, n_init) for n in candidates]
    unconverged = [len(mixture.weights_) for mixture in fitted if not mixture.converged_]
    if unconverged:
        numbers = ", ".join(map(str, unconverged))
        warnings.warn(
            f"the mixture of {numbers} Gaussian(s) did not converge in {FIT['max_iter']} iterations", stacklevel=2
        )
    best = min(fitted, key=lambda mixture: mixture.bic(standardised))
    return FittedMixture(best, scaler, n_means, unconverged)


def _candidates(n_means: int, size: int) -> list[int]:
    """The numbers of Gaussians among which BIC chooses. One Gaussian is always among them."""
    return [n for n in BIC_CANDIDATES if are_enough(n_means, n, size)]


def sample_prior(n: int, size: int, seed: int) -> Float[np.ndarray, "N k"]:
    """`n` points of a bottleneck of `size` dimensions, from N(0, I)."""
    return np.random.default_rng(seed).standard_normal((n, size))


def _fit(points: Float[np.ndarray, "N k"], n_components: int, seed: int, n_init: int) -> GaussianMixture:
    mixture = GaussianMixture(n_components, n_init=n_init, random_state=seed, **FIT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is recorded, and the caller tells of it
        return mixture.fit(points)
