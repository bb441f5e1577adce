"""The Frechet distance between two sets of features, each taken as a normal one (VRRAE, Appendix A.7).

    d^2 = ||m1 - m2||^2 + Tr S1 + Tr S2 - 2 Tr (S1 S2)^(1/2)

The last trace is the sum of the singular values of F1 F2^T for any factors with S = F^T F: sqrt(S1 S2) need
never be formed, so nothing turns complex or NaN when a covariance is singular. For N samples, the centred
features divided by sqrt(N - 1) are such a factor: not even the covariance of generated images is formed.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import svdvals

from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path

# Rows that are in double precision at a time where there may be many.
ROWS = 4096


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and unbiased covariance of a set of features, in float64."""

    mean: Float64[np.ndarray, " D"]
    covariance: Float64[np.ndarray, "D D"]
    count: int

    @classmethod
    def from_features(cls, features: Float[np.ndarray, "N D"]) -> "Moments":
        """Moments of the rows, which may be single precision and memory-mapped: few are copied at a time.

        Raises:
            UserError: fewer than two rows, or a NaN or an infinity among them.
        """
        _check(features)
        mean = features.mean(axis=0, dtype=np.float64)
        covariance = np.zeros((len(mean), len(mean)))
        for start in range(0, len(features), ROWS):
            centred = features[start : start + ROWS] - mean
            covariance += centred.T @ centred
        return cls(mean, covariance / (len(features) - 1), len(features))

    @cached_property
    def sqrt_covariance(self) -> Float64[np.ndarray, "D D"]:
        """The symmetric square root: the costly half of a distance, computed once per reference."""
        eigenvalues, vectors = np.linalg.eigh(self.covariance)
        # Rounding makes the zero eigenvalues of a singular covariance slightly negative.
        return (vectors * np.sqrt(eigenvalues.clip(min=0))) @ vectors.T

    def save(self, path: Path | str) -> None:
        """Write an .npz with the square root in it, so that a reader need not compute it again."""
        with atomic_path(path) as temporary:
            np.savez(
                temporary,
                mean=self.mean,
                covariance=self.covariance,
                count=self.count,
                sqrt_covariance=self.sqrt_covariance,
            )

    @classmethod
    def load(cls, path: Path | str) -> "Moments":
        """Read what `save` wrote.

        Raises:
            UserError: the file is not such an .npz.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                moments = cls(archive["mean"], archive["covariance"], int(archive["count"]))
                # A cached property lives in the instance's dictionary, which frozen does not guard.
                moments.__dict__["sqrt_covariance"] = archive["sqrt_covariance"]
        except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
            raise UserError(f"{path}: not reference statistics ({error}). Delete it and rerun.") from error
        return moments


def frechet_distance(reference: Moments, features: Float[np.ndarray, "N D"]) -> float:
    """Squared Frechet distance (the "FID") of a set of features from reference moments.

    Exact for any N >= 2; it is biased upwards for small N, so compare only values of equal N.

    Raises:
        UserError: fewer than two rows, a NaN or an infinity, or not as many features as the reference.
    """
    _check(features)
    if len(reference.mean) != features.shape[1]:
        raise UserError(
            f"Frechet distance: the reference has {len(reference.mean)} features, the samples {features.shape[1]}; "
            "both must come from the same extractor. Rerun the extractor stage."
        )
    mean = features.mean(axis=0, dtype=np.float64)
    factor = _factor(features, mean)
    nuclear_norm = svdvals(factor @ reference.sqrt_covariance).sum()
    traces = np.trace(reference.covariance) + np.square(factor).sum()
    # A squared distance; rounding alone takes it below zero.
    return max(0.0, float(np.square(reference.mean - mean).sum() + traces - 2 * nuclear_norm))


def _check(features) -> None:
    if features.ndim != 2 or len(features) < 2:
        raise UserError(
            f"Frechet distance: features of shape {features.shape}; pass [N, D] with at least two samples, "
            "because one has no covariance."
        )
    broken = ~np.isfinite(features).all(axis=1)
    if broken.any():
        raise UserError(
            f"Frechet distance: {broken.sum()} of {len(features)} samples have NaN or infinite features "
            f"(the first is number {broken.argmax()}). Look at the images: their model probably diverged."
        )


def _factor(features, mean) -> Float64[np.ndarray, "N D"]:
    """F with F^T F = covariance, and no more rows than columns."""
    factor = (features - mean) / np.sqrt(len(features) - 1)
    return np.linalg.qr(factor, mode="r") if len(factor) > factor.shape[1] else factor
