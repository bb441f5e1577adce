"""The Frechet distance between two sets of features, each taken for a normal distribution (VRRAE, Appendix A.7).

    d^2 = ||m1 - m2||^2 + Tr S1 + Tr S2 - 2 Tr (S1 S2)^(1/2)

Let S1 = A A^T be the covariance of the reference, and let Y hold the centred features of N samples, divided by
sqrt(N - 1). The last trace is the sum of the singular values of Y A: sqrt(S1 S2) need never be formed, so nothing turns
complex or NaN when a covariance is singular.

The squares of these singular values are the eigenvalues of the Gram matrix of Y A, which take much less time to
compute. Small singular values lose half of their digits in this way. The error is therefore estimated. If it could be
seen in the distance, the singular values themselves are computed.

The Gram matrices of parts of a set add up. So the distances that a jackknife needs, of a set without each of its parts,
share nearly all of their work (`frechet_distances`).
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, reduce
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import svdvals

from vrrae_bench.artefacts.arrays import read_arrays
from vrrae_bench.artefacts.records import reading
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import atomic_path

# Number of rows that are in double precision at a time, where there may be many rows.
ROWS_AT_A_TIME = 4096
# The error that the eigenvalues of a Gram matrix may bring into a distance, relative to the traces of the covariances.
TOLERANCE = 1e-9
# How many times as large, in squares, a set may be as what is left of it without one of its parts.
MOST_TAKEN_OFF = 10


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and unbiased covariance of a set of features, in float64."""

    mean: Float64[np.ndarray, " D"]
    covariance: Float64[np.ndarray, "D D"]
    count: int

    @classmethod
    def from_features(cls, features: Float[np.ndarray, "N D"]) -> "Moments":
        """Moments of the rows, which may be in single precision and memory-mapped: few rows are copied at a time.

        Raises:
            UserError: fewer than two rows, or a NaN or an infinity among them.
        """
        _check(features)
        mean = features.mean(axis=0, dtype=np.float64)
        covariance = np.zeros((len(mean), len(mean)))
        for start in range(0, len(features), ROWS_AT_A_TIME):
            centred = features[start : start + ROWS_AT_A_TIME] - mean
            covariance += centred.T @ centred
        return cls(mean, covariance / (len(features) - 1), len(features))

    @cached_property
    def sqrt_covariance(self) -> Float64[np.ndarray, "D D"]:
        """A square root A of the covariance A A^T: the costly half of a distance, computed once per reference.

        Its columns are the eigenvectors times the roots of their eigenvalues, from large to small. Gram matrices of
        features times A are then graded in the same way, which keeps the small ones of their eigenvalues accurate.
        """
        eigenvalues, vectors = np.linalg.eigh(self.covariance)
        # Rounding makes the zero eigenvalues of a singular covariance slightly negative.
        return (vectors * np.sqrt(eigenvalues.clip(min=0)))[:, ::-1]

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
    def load(cls, path: Path) -> "Moments":
        """Read what `save` wrote.

        Raises:
            UserError: The file is missing or damaged, or holds something else.
        """
        arrays = read_arrays(path, *(field.name for field in fields(cls)), "sqrt_covariance")
        with reading(path):
            moments = cls(arrays["mean"], arrays["covariance"], int(arrays["count"]))
        # A cached property lives in the instance's dictionary, which frozen does not guard.
        moments.__dict__["sqrt_covariance"] = arrays["sqrt_covariance"]
        return moments


def frechet_distance(reference: Moments, features: Float[np.ndarray, "N D"]) -> float:
    """Squared Frechet distance (the "FID") of a set of features from reference moments.

    Exact for any N >= 2; it is biased upwards for small N, so compare only values of equal N.

    Raises:
        UserError: fewer than two rows, a NaN or an infinity, or not as many features as the reference.
    """
    return next(_distances(reference, [features]))


def frechet_distances(
    reference: Moments, parts: Sequence[Float[np.ndarray, "_ D"]]
) -> tuple[float, Float64[np.ndarray, " M"]]:
    """The distance of all parts of a set together, and the distances of the set without each of its M parts.

    They are those of `frechet_distance` up to rounding, and cost a fraction of it.

    Raises:
        UserError: as `frechet_distance`, for all parts together or for what remains without one of them.
    """
    for j, part in enumerate(parts):
        if sum(map(len, parts)) - len(part) < 2:
            _check(np.concatenate([part[:0], *parts[:j], *parts[j + 1 :]]))
    whole, *without = _distances(reference, parts)
    return whole, np.array(without)


def _distances(reference: Moments, parts: Sequence[Float[np.ndarray, "_ D"]]) -> Iterator[float]:
    """The distance of all parts together, then those without each of them; each is computed when it is asked for."""
    features = np.concatenate(parts)
    _check(features)
    if len(reference.mean) != features.shape[1]:
        raise UserError(
            f"Frechet distance: the reference has {len(reference.mean)} features, the samples {features.shape[1]}; "
            "both must come from the same extractor."
        )
    ends = np.cumsum([len(part) for part in parts])
    groups = [slice(end - len(part), end) for end, part in zip(ends, parts, strict=True)]
    mean, root = features.mean(axis=0, dtype=np.float64), reference.sqrt_covariance
    of_sets = _sums(features, groups, mean, root)
    whole = next(of_sets)
    for left_out, sums in zip((slice(0), *groups), chain([whole], of_sets), strict=True):
        if _is_cancelled(sums, whole):
            # The difference of the sums has lost digits of the rest, which is computed by itself.
            yield next(_distances(reference, [np.delete(features, left_out, axis=0)]))
            continue
        shift = sums.deviation / sums.count  # of the mean
        square = sums.square - sums.count * np.square(shift).sum()
        traces = np.trace(reference.covariance) + square / (sums.count - 1)
        trace_of_root, error = _trace_of_root(sums)
        if 2 * error > TOLERANCE * traces:
            trace_of_root = _singular_values(np.delete(features, left_out, axis=0), root).sum()
        between = np.square(reference.mean - mean - shift).sum()
        # A squared distance; rounding alone takes it below zero.
        yield max(0.0, float(between + traces - 2 * trace_of_root))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over some of the rows of a set, of which a distance is computed. Those of several parts add up.

    Attributes:
        count: Number of the rows.
        deviation: The sum of their deviations from the mean of the set.
        square: The sum of the squares of these deviations.
        projection: The sum of the deviations times the root of the reference, or of their `_coordinates` if the rows
            are few.
        gram: The sum of the outer products of these projections.
    """

    count: int
    deviation: Float64[np.ndarray, " D"]
    square: float
    projection: Float64[np.ndarray, " d"]
    gram: Float64[np.ndarray, "d d"]

    @classmethod
    def of(
        cls,
        rows: Float[np.ndarray, "N D"],
        mean: Float64[np.ndarray, " D"],
        root: Float64[np.ndarray, "D D"],
        coordinates: Float64[np.ndarray, "N d"] | None,
    ) -> "_Sums":
        """The sums over some rows."""
        deviations = rows - mean
        projected = deviations @ root if coordinates is None else coordinates
        square = np.square(deviations).sum()
        return cls(len(rows), deviations.sum(axis=0), square, projected.sum(axis=0), projected.T @ projected)

    def __add__(self, other: "_Sums") -> "_Sums":
        return self._with(operator.add, other)

    def __sub__(self, other: "_Sums") -> "_Sums":
        return self._with(operator.sub, other)

    def _with(self, operation: Callable[[Any, Any], Any], other: "_Sums") -> "_Sums":
        names = (field.name for field in fields(self))
        return _Sums(**{name: operation(getattr(self, name), getattr(other, name)) for name in names})


def _sums(
    features: Float[np.ndarray, "N D"],
    groups: Sequence[slice],
    mean: Float64[np.ndarray, " D"],
    root: Float64[np.ndarray, "D D"],
) -> Iterator[_Sums]:
    """The sums over all rows, then over all rows but those of each group."""
    few = len(features) <= len(mean)
    coordinates = _coordinates((features - mean) @ root) if few else None

    def sums_of(rows: slice) -> _Sums:
        return _Sums.of(features[rows], mean, root, None if coordinates is None else coordinates[rows])

    of_groups = [_total(map(sums_of, _portions(group))) for group in groups]
    yield (of_all := _total(of_groups))
    for of_group in of_groups:
        yield of_all - of_group


def _portions(group: slice) -> Iterator[slice]:
    """The rows of a group, at most `ROWS_AT_A_TIME` at once."""
    for start in range(group.start, group.stop, ROWS_AT_A_TIME):
        yield slice(start, min(start + ROWS_AT_A_TIME, group.stop))


def _total(sums: Iterable[_Sums]) -> _Sums:
    return reduce(operator.add, sums)


def _coordinates(rows: Float64[np.ndarray, "N D"]) -> Float64[np.ndarray, "N N"]:
    """Coordinates of no more rows than columns, with the same products of any two rows.

    The first column holds the direction of the first row, the second column what the second row adds, and so on. Since
    the rows are in no particular order, the columns decrease as the singular values do.
    """
    triangular = np.linalg.qr(rows.T, mode="r")
    return np.asarray(triangular).T


def _is_cancelled(rest: _Sums, whole: _Sums) -> bool:
    """Whether the part that was taken off a whole is so large that the rounding of the whole is seen in the rest."""
    sizes = [(whole.square, rest.square), (np.trace(whole.gram), np.trace(rest.gram))]
    return any(of_whole > MOST_TAKEN_OFF * of_rest for of_whole, of_rest in sizes)


def _trace_of_root(sums: _Sums) -> tuple[float, float]:
    """Tr (S1 S2)^(1/2) by the eigenvalues of the Gram matrix, and an estimate of its rounding error.

    The rows and columns of the matrix are graded: each entry is known up to the rounding of its own row and column. An
    eigenvalue is then known up to the rounding of the diagonal entry of the same rank. The error of the eigenvalue's
    root is this rounding divided by twice the root, or the root of the rounding if that is less.
    """
    gram = (sums.gram - np.outer(sums.projection, sums.projection / sums.count)) / (sums.count - 1)
    rank = min(sums.count - 1, len(gram))
    roots = np.sqrt(np.linalg.eigvalsh(gram)[::-1][:rank].clip(min=0))
    rounding = np.finfo(np.float64).eps * np.sort(np.diag(gram))[::-1][:rank].clip(min=np.finfo(np.float64).tiny)
    errors = rounding / np.maximum(2 * roots, np.sqrt(rounding))
    return float(roots.sum()), float(errors.sum())


def _singular_values(features: Float[np.ndarray, "N D"], root: Float64[np.ndarray, "D D"]) -> Float64[np.ndarray, " d"]:
    """The singular values of Y A, to the last digits."""
    factor = (features - features.mean(axis=0, dtype=np.float64)) / np.sqrt(len(features) - 1)
    if len(factor) > factor.shape[1]:
        factor = np.linalg.qr(factor, mode="r")
    return np.asarray(svdvals(factor @ root))


def _check(features: Float[np.ndarray, "..."]) -> None:
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
