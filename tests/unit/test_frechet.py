"""The Frechet distance: closed forms, symmetry, parts, files, bad input; test_fidelity.py has its promises."""

import numpy as np
import pytest

from vrrae_bench.scoring import frechet
from vrrae_bench.scoring.frechet import Moments, frechet_distance, frechet_distances
from vrrae_bench.system.errors import UserError


def features(n, d, seed, shift=0.0):
    """Correlated, skewed features with a spectrum that falls off, as those of a network are."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((d, d)) * np.arange(1, d + 1) ** -0.5
    return np.maximum(rng.standard_normal((n, d)) @ mixing.T + shift, -0.2)


def test_closed_form_of_shifted_and_scaled_features():
    x = features(500, 12, seed=4)
    y = 3 * x + 5
    difference = x.mean(axis=0) - y.mean(axis=0)
    expected = difference @ difference + (3 - 1) ** 2 * np.trace(np.cov(x.T))
    assert frechet_distance(Moments.from_features(x), y) == pytest.approx(expected, rel=1e-9)


def test_a_set_without_any_spread_is_at_the_trace_and_the_difference_of_means():
    x = features(100, 64, seed=6)
    reference = Moments.from_features(x)
    mean = x.mean(axis=0) - 1
    expected = mean @ mean + np.trace(reference.covariance)
    assert frechet_distance(reference, np.ones((10, 64))) == pytest.approx(expected, rel=1e-9)


def test_moments_are_those_of_numpy_in_blocks_of_any_size(monkeypatch):
    x = features(50, 12, seed=15).astype(np.float32)
    for rows in (7, 50, 4096):
        monkeypatch.setattr(frechet, "ROWS_AT_A_TIME", rows)
        moments = Moments.from_features(x)
        np.testing.assert_allclose(moments.mean, x.mean(axis=0, dtype=np.float64), rtol=1e-12)
        np.testing.assert_allclose(moments.covariance, np.cov(x.T.astype(np.float64)), rtol=1e-10, atol=1e-12)


def test_order_of_arguments_does_not_matter():
    x, y = features(60, 24, seed=8), features(20, 24, seed=9)
    expected = frechet_distance(Moments.from_features(x), y)
    assert frechet_distance(Moments.from_features(y), x) == pytest.approx(expected, rel=1e-6)


def test_float32_features_with_a_large_mean_lose_nothing():
    rng = np.random.default_rng(10)
    x = (1e3 + rng.standard_normal((300, 16))).astype(np.float32)
    y = (1e3 + rng.standard_normal((200, 16))).astype(np.float32)
    distance = frechet_distance(Moments.from_features(x), y)
    centred = frechet_distance(Moments.from_features(x - np.float32(1e3)), y - np.float32(1e3))
    assert distance == pytest.approx(centred, rel=1e-6)


def by_singular_values(x, y):
    """The distance of y from x by singular values, which lose no digits, of factors of the covariances themselves."""
    means = [rows.mean(axis=0, dtype=np.float64) for rows in (x, y)]
    factors = [(rows - mean) / np.sqrt(len(rows) - 1) for rows, mean in zip((x, y), means, strict=True)]
    traces = sum(np.square(factor).sum() for factor in factors)
    # A symmetric root by the singular values of x: more exact than that of its covariance.
    _, singular_values, vectors = np.linalg.svd(factors[0], full_matrices=False)
    nuclear_norm = np.linalg.svd(factors[1] @ (vectors.T * singular_values), compute_uv=False).sum()
    return np.square(means[0] - means[1]).sum() + traces - 2 * nuclear_norm, traces


# Number of images, of features, and the exponent with which the standard deviations of the features fall off.
SPECTRA = [(400, 40, 0), (400, 40, 1), (400, 40, 4), (85, 80, 1), (80, 80, 3), (40, 80, 1), (40, 80, 4)]


@pytest.mark.parametrize(("n", "d", "decay"), SPECTRA)
@pytest.mark.parametrize("images", ["all different", "repeated", "of few dimensions", "copies of real ones"])
def test_distances_without_each_part_are_those_of_the_other_parts(rng, n, d, decay, images):
    """To 1e-8 of the traces, also where the generated images have collapsed and where features of both are dead."""
    rotation, scales = np.linalg.qr(rng.standard_normal((d, d)))[0], np.arange(1.0, d + 1) ** -decay
    scales[-3:] = 0
    x = rng.standard_normal((500, d)) * scales @ rotation + 1
    y = {
        "all different": rng.standard_normal((n, d)) * scales @ rotation,
        "repeated": np.repeat(rng.standard_normal((n // 5, d)), 5, axis=0),
        "of few dimensions": rng.standard_normal((n, 3)) @ rng.standard_normal((3, d)),
        "copies of real ones": x[:n],
    }[images]
    parts, reference = np.array_split(y, 8), Moments.from_features(x)
    whole, without = frechet_distances(reference, parts)
    for found, rest in zip((whole, *without), (parts, *(parts[:j] + parts[j + 1 :] for j in range(8))), strict=True):
        expected, traces = by_singular_values(x, np.concatenate(rest))
        assert abs(found - expected) <= 1e-8 * traces
        assert found == pytest.approx(frechet_distance(reference, np.concatenate(rest)), abs=1e-8 * traces)


@pytest.mark.parametrize("larger", [1e2, 1e5, 1e6, 1e8])
@pytest.mark.parametrize("n", [40, 400])
@pytest.mark.parametrize("decay", [0, 3])
def test_a_part_that_is_much_larger_takes_no_digits_from_the_others(rng, larger, n, decay):
    """As of a model that has diverged for some images: without these, their rounding must not be left."""
    scales = np.arange(1.0, 81) ** -decay
    x, y = rng.standard_normal((500, 80)) * scales, rng.standard_normal((n, 80)) * scales
    parts, reference = np.array_split(y, 8), Moments.from_features(x)
    parts[3] = larger * parts[3]
    _, without = frechet_distances(reference, parts)
    expected, traces = by_singular_values(x, np.concatenate(parts[:3] + parts[4:]))
    assert abs(without[3] - expected) <= 1e-8 * traces


def test_the_precision_of_moments_saved_with_a_symmetric_root_is_the_same(tmp_path):
    """An older version wrote the symmetric square root of the covariance, which lies in files that are still read."""
    x, y = features(300, 24, seed=16), features(200, 24, seed=17)
    moments = Moments.from_features(x)
    expected = frechet_distances(moments, np.array_split(y, 4))
    eigenvalues, vectors = np.linalg.eigh(moments.covariance)
    symmetric = (vectors * np.sqrt(eigenvalues)) @ vectors.T
    np.savez(
        tmp_path / "old.npz", mean=moments.mean, covariance=moments.covariance, count=300, sqrt_covariance=symmetric
    )
    found = frechet_distances(Moments.load(tmp_path / "old.npz"), np.array_split(y, 4))
    np.testing.assert_allclose(np.hstack(found), np.hstack(expected), rtol=1e-9)


def test_saved_moments_give_the_same_distance(tmp_path):
    moments = Moments.from_features(features(50, 16, seed=11))
    moments.save(tmp_path / "reference.npz")
    loaded = Moments.load(tmp_path / "reference.npz")
    y = features(10, 16, seed=12)
    assert loaded.count == 50
    assert frechet_distance(loaded, y) == frechet_distance(moments, y)
    assert "sqrt_covariance" in vars(loaded)  # read, not computed again


def test_bad_input_is_explained(tmp_path):
    reference = Moments.from_features(features(50, 16, seed=13))
    with pytest.raises(UserError, match="at least two samples"):
        frechet_distance(reference, np.ones((1, 16)))
    with pytest.raises(UserError, match="16 features.*8"):
        frechet_distance(reference, np.ones((5, 8)))
    with pytest.raises(UserError, match="shape \\(1, 16\\).*at least two samples"):
        frechet_distances(reference, [np.ones((1, 16)), np.ones((3, 16))])
    broken = features(10, 16, seed=14)
    broken[3, 2] = np.inf
    with pytest.raises(UserError, match="1 of 10.*number 3"):
        frechet_distance(reference, broken)
    reference.save(tmp_path / "reference.npz")
    np.save(tmp_path / "array.npy", np.ones(3))
    whole, array = ((tmp_path / name).read_bytes() for name in ("reference.npz", "array.npy"))
    for damaged in (b"not an archive", b"", array, whole[: len(whole) // 2]):
        (tmp_path / "reference.npz").write_bytes(damaged)
        with pytest.raises(UserError, match="reference.npz.*--forcerun"):
            Moments.load(tmp_path / "reference.npz")
    with pytest.raises(UserError, match="missing.npz"):
        Moments.load(tmp_path / "missing.npz")
