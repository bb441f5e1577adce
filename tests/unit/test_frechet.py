"""The Frechet distance in both forms: 50 digits, closed forms, bad input; test_fidelity.py has its promises."""

import mpmath
import numpy as np
import pytest

from vrrae_bench.errors import UserError
from vrrae_bench.scoring.frechet import Moments, frechet_distance, frechet_distance_moments


def features(n, d, seed, shift=0.0):
    """Correlated, skewed features with a spectrum that falls off, as those of a network are."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((d, d)) * np.arange(1, d + 1) ** -0.5
    return np.maximum(rng.standard_normal((n, d)) @ mixing.T + shift, -0.2)


def fifty_digit_distance(x, y):
    with mpmath.workdps(50):
        moments = []
        for rows in (mpmath.matrix(x.tolist()), mpmath.matrix(y.tolist())):
            ones = mpmath.ones(rows.rows, 1)
            mean = rows.T * ones / rows.rows
            centred = rows - ones * mean.T
            moments.append((mean, centred.T * centred / (rows.rows - 1)))
        (m1, s1), (m2, s2) = moments
        eigenvalues, _ = mpmath.eig(s1 * s2)
        trace = sum(s1[i, i] + s2[i, i] for i in range(s1.rows))
        root = sum(mpmath.sqrt(abs(mpmath.re(value))) for value in eigenvalues)
        return float(mpmath.norm(m1 - m2) ** 2 + trace - 2 * root)


@pytest.mark.parametrize("n", [5, 30])
def test_fifty_digits(n):
    # Fewer samples than features (a singular covariance), and more.
    x, y = features(40, 8, seed=0), features(n, 8, seed=1, shift=0.3)
    expected = fifty_digit_distance(x, y)
    reference = Moments.from_features(x)
    assert frechet_distance(reference, y) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance_moments(reference, Moments.from_features(y)) == pytest.approx(expected, rel=1e-6)


def test_closed_form_of_shifted_and_scaled_features():
    x = features(500, 12, seed=4)
    y = 3 * x + 5
    difference = x.mean(axis=0) - y.mean(axis=0)
    expected = difference @ difference + (3 - 1) ** 2 * np.trace(np.cov(x.T))
    assert frechet_distance(Moments.from_features(x), y) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [2, 20, 200])
def test_a_set_is_at_no_distance_from_itself(n):
    x = features(n, 64, seed=5)
    reference = Moments.from_features(x)
    scale = np.trace(reference.covariance)
    assert 0 <= frechet_distance(reference, x) < 1e-8 * scale
    assert 0 <= frechet_distance_moments(reference, reference) < 1e-8 * scale


def test_rank_deficient_sets_agree_in_both_forms_and_stay_finite():
    x = features(100, 64, seed=6)
    x[:, 10:20] = 0
    y = features(20, 64, seed=7)
    y[:, :30] = 1.5
    reference = Moments.from_features(x)
    direct = frechet_distance(reference, y)
    assert np.isfinite(direct)
    assert direct == pytest.approx(frechet_distance_moments(reference, Moments.from_features(y)), rel=1e-6)
    constant = np.ones((10, 64))
    mean = x.mean(axis=0) - 1
    expected = mean @ mean + np.trace(reference.covariance)
    assert frechet_distance(reference, constant) == pytest.approx(expected, rel=1e-9)


def test_order_of_samples_and_of_arguments_does_not_matter():
    x, y = features(60, 24, seed=8), features(20, 24, seed=9)
    shuffled = np.random.default_rng(0).permutation(y)
    a, b = Moments.from_features(x), Moments.from_features(y)
    expected = frechet_distance(a, y)
    assert frechet_distance(a, shuffled) == pytest.approx(expected, rel=1e-10)
    assert frechet_distance(b, x) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance_moments(a, b) == pytest.approx(frechet_distance_moments(b, a), rel=1e-6)


def test_float32_features_with_a_large_mean_lose_nothing():
    rng = np.random.default_rng(10)
    x = (1e3 + rng.standard_normal((300, 16))).astype(np.float32)
    y = (1e3 + rng.standard_normal((200, 16))).astype(np.float32)
    distance = frechet_distance(Moments.from_features(x), y)
    centred = frechet_distance(Moments.from_features(x - np.float32(1e3)), y - np.float32(1e3))
    assert distance == pytest.approx(centred, rel=1e-6)


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
    broken = features(10, 16, seed=14)
    broken[3, 2] = np.inf
    with pytest.raises(UserError, match="1 of 10.*number 3"):
        frechet_distance(reference, broken)
    (tmp_path / "reference.npz").write_bytes(b"not an archive")
    with pytest.raises(UserError, match="reference.npz.*rerun"):
        Moments.load(tmp_path / "reference.npz")
    with pytest.raises(UserError, match="missing.npz"):
        Moments.load(tmp_path / "missing.npz")
