"""What latents tell, against closed forms, quadrature, scikit-learn and LAPACK."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.decomposition import PCA

from vrrae_bench.latent import diagnostics
from vrrae_bench.models.bottleneck import Posterior
from vrrae_bench.training.losses import kl_divergence


def test_spread_ratio_is_zero_for_a_collapsed_dimension(rng):
    assert diagnostics.spread_ratio(rng.normal(size=(1000, 2)) * [3, 0]) == 0
    assert diagnostics.spread_ratio(np.ones((10, 2), np.float32)) == 0
    assert diagnostics.spread_ratio(rng.normal(size=(1000, 2))) > 0.9


def test_mean_spread_is_the_distance_from_the_centre():
    corners = np.array([[0, 0], [6, 0], [0, 8], [6, 8]], np.float32)
    assert diagnostics.mean_spread(corners + 100) == pytest.approx(5)


def test_a_straight_motion_has_no_bend_and_a_half_circle_its_known_one():
    share = np.linspace(0, 1, 10_001)[:, None]
    assert diagnostics.diagonal_bend(share * [3.0, -1.0, 2.0] + 7) == pytest.approx(0, abs=1e-12)
    half_circle = np.concatenate([np.cos(np.pi * share), np.sin(np.pi * share)], axis=1)
    expected = np.sqrt((1 / 2 - 4 / np.pi**2) / (1 / 2))  # the variances of sine and cosine
    assert diagnostics.diagonal_bend(half_circle) == pytest.approx(expected, rel=1e-3)
    assert diagnostics.diagonal_bend(np.ones((5, 2), np.float32)) == 1


def test_a_motion_that_turns_back_is_not_in_order_however_straight():
    line = np.array([3.0, -1.0, 2.0], np.float32)
    for steps, expected in (([1, 1, 1, 1], 0), ([1, 1, -1, -1], 1 / 2), ([-2, 1, -2, -3], 1 / 8), ([0, 0], 1 / 2)):
        means = np.cumsum([0, *steps])[:, None] * line
        assert diagnostics.diagonal_bend(means) == pytest.approx(0, abs=1e-6) or not any(steps)
        assert diagnostics.diagonal_backtracking(means) == pytest.approx(expected)


def test_bend_is_that_of_principal_components(rng):
    means = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3))
    along, *across = PCA().fit(means).explained_variance_
    assert diagnostics.diagonal_bend(means) == pytest.approx(np.sqrt(sum(across) / along))


def test_the_effective_rank_is_that_of_roy_and_vetterli(rng):
    """By their definitions 1 to 4, from the eigenvalues of the covariance in place of an SVD of the means."""
    means = (rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4)) + 7).astype(np.float32)
    values = np.sqrt(np.linalg.eigvalsh(np.cov(means.astype(float), rowvar=False)))
    shares = values / values.sum()
    assert diagnostics.effective_rank(means) == pytest.approx(np.prod(shares**-shares), rel=1e-6)


def test_the_effective_rank_counts_equal_directions_wherever_they_lie(rng):
    directions, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    for rank in (1, 3, 8):
        shares = np.concatenate([np.eye(rank), -np.eye(rank)])
        means = 40 * shares @ directions[:rank] + 2
        assert diagnostics.effective_rank(means) == pytest.approx(rank, abs=1e-4)
    assert diagnostics.effective_rank(np.ones((9, 3), np.float32)) == 0


def test_a_collapse_that_is_not_along_an_axis_shows_in_the_effective_rank_alone(rng):
    """Two means that nearly lie on a line, as VAE's of a quick run: neither of them is noise, and no count tells."""
    along = rng.normal(size=(1000, 1))
    means = (along * [1.0, 1.0] + 1e-3 * rng.normal(size=(1000, 2))).astype(np.float32)
    log_variances = np.full_like(means, np.log(0.04))
    assert diagnostics.collapsed_dimensions(means, log_variances) == 0 and diagnostics.active_units(means) == 2
    assert 1 < diagnostics.effective_rank(means) < 1.02


@pytest.fixture
def posterior(rng):
    """Means of variance 1, 0.0025 and 1e-6; noise of variance 0.04, 1 and 1e-8."""
    means = rng.normal(size=(4000, 3)) * [1, 0.05, 1e-3]
    log_variances = np.tile(np.log([0.04, 1, 1e-8]), (4000, 1))
    return means.astype(np.float32), log_variances.astype(np.float32)


def test_collapse_does_not_depend_on_the_scale_and_active_units_do(posterior):
    means, log_variances = posterior
    np.testing.assert_allclose(diagnostics.signal_to_noise(means, log_variances), [25, 0.0025, 100], rtol=0.1)
    assert diagnostics.collapsed_dimensions(means, log_variances) == 1
    assert diagnostics.active_units(means) == 1
    # The encoder may scale all that it says, as long as the decoder undoes it: here a hundredth, noise with it.
    assert diagnostics.collapsed_dimensions(means / 100, log_variances - 2 * np.log(100)) == 1
    assert diagnostics.active_units(means / 100) == 0


def test_the_divergences_of_the_dimensions_add_up_to_that_of_the_loss(rng):
    means, log_variances = rng.normal(size=(2, 40, 5)).astype(np.float32) * 3
    parts = diagnostics.kl_per_dimension(means, log_variances)
    total = kl_divergence(Posterior(jnp.asarray(means), jnp.asarray(log_variances)))
    assert 40 * parts.sum() == pytest.approx(float(total), rel=1e-5)
    at_the_prior = diagnostics.kl_per_dimension(np.zeros((40, 5), np.float32), np.zeros((40, 5), np.float32))
    np.testing.assert_array_equal(at_the_prior, 0)


def estimate(means, log_variances, **options):
    return diagnostics.mutual_information(means, log_variances, np.random.default_rng(0), **options)


def test_mutual_information_is_none_for_a_collapsed_model_and_log_n_for_separate_posteriors(rng):
    same = np.zeros((300, 4), np.float32)
    assert estimate(same, same) == pytest.approx(0, abs=1e-12)
    apart = np.float32(1e3) * np.arange(300, dtype=np.float32)[:, None]
    for log_variance in (0, -80):
        assert estimate(apart, np.full_like(apart, log_variance)) == pytest.approx(np.log(300))
    # Images that share a posterior in groups are told apart only by their group.
    groups = apart[np.arange(300) % 7]
    assert estimate(groups, np.zeros_like(groups)) == pytest.approx(np.log(7), rel=0.01)


def test_mutual_information_is_what_quadrature_gives():
    means, deviations = np.array([-1.0, 0.0, 0.5, 2.0, 2.2]), np.array([0.4, 1.0, 0.2, 0.3, 0.8])
    log_variances = 2 * np.log(deviations)[:, None]

    def aggregate(z):
        return norm.pdf(z, means, deviations).mean()

    def integral(function):
        return quad(function, -6, 8, points=[-1, 0, 0.5, 2], limit=200)[0]

    from_prior = integral(lambda z: aggregate(z) * (np.log(aggregate(z)) - norm.logpdf(z)))
    expected = diagnostics.kl_per_dimension(means[:, None], log_variances).sum() - from_prior
    assert expected == pytest.approx(integral(lambda z: -aggregate(z) * np.log(aggregate(z))) - norm.entropy(
        means, deviations).mean(), rel=1e-6)  # fmt: skip
    found = estimate(means[:, None], log_variances, n_points=50_000)
    assert found == pytest.approx(expected, abs=0.015)


def test_memory_for_the_mutual_information_does_not_change_it(posterior, monkeypatch):
    means, log_variances = (array[:500] for array in posterior)
    at_once = estimate(means, log_variances)
    monkeypatch.setattr(diagnostics, "BLOCK", 1)
    assert estimate(means, log_variances) == pytest.approx(at_once, rel=1e-12)


@pytest.fixture
def truncated(rng):
    """A batch of latents, its coefficients of rank 4 and its singular values."""
    latent = rng.normal(size=(12, 40)) * 0.7 ** np.arange(12)[:, None]
    _, values, right = np.linalg.svd(latent, full_matrices=False)
    return latent, values[:4, None] * right[:4], values


def test_singular_values_are_the_norms_of_the_coefficients(truncated):
    _, coefficients, values = truncated
    np.testing.assert_allclose(diagnostics.singular_values(coefficients.T.astype(np.float32)), values[:4], rtol=1e-6)


def test_sampled_modes_out_of_order_are_counted(truncated, rng):
    coefficients = truncated[1].T
    no_noise = np.full_like(coefficients, -np.inf)
    assert diagnostics.unsorted_modes(coefficients, no_noise, rng) == 0
    assert diagnostics.unsorted_modes(coefficients[:, [1, 0, 3, 2]], no_noise, rng) == 2
    assert diagnostics.unsorted_modes(coefficients[:, ::-1], no_noise, rng) == 3
    # Two modes of one size are in order, whichever rounding made the larger.
    equal = np.ones((50, 2), np.float32) * np.float32([1, 1 + 2e-7])
    assert diagnostics.unsorted_modes(equal, np.full_like(equal, -np.inf), rng) == 0


def test_noise_may_put_modes_out_of_order(truncated, rng):
    """But for chance, the norm of sampled coefficients is the root of s_i^2 + N sigma_i^2."""
    _, coefficients, values = truncated
    for last, expected in ((0.05, 0), (3.0, 1)):  # that of the last mode's noise, as a share of s_1
        variance = (last * values[0]) ** 2 / len(coefficients.T)
        log_variances = np.broadcast_to([-np.inf, -np.inf, -np.inf, np.log(variance)], coefficients.T.shape)
        assert diagnostics.unsorted_modes(coefficients.T, log_variances, rng) == expected


def test_the_distance_of_subspaces_is_the_squared_sine_of_their_angles(rng):
    bases = [np.linalg.qr(rng.normal(size=(60, 20)))[0] for _ in range(2)]
    expected = np.square(np.sin(scipy.linalg.subspace_angles(*bases))).mean()
    assert diagnostics.subspace_distance(*bases) == pytest.approx(expected)
    assert expected == pytest.approx(1 - 20 / 60, abs=0.05)  # of random subspaces
    turned = bases[0] @ np.linalg.qr(rng.normal(size=(20, 20)))[0]
    assert diagnostics.subspace_distance(bases[0], turned) == pytest.approx(0, abs=1e-12)
    assert diagnostics.subspace_distance(np.eye(60)[:, :20], np.eye(60)[:, 20:40]) == 1


def test_the_identities_hold_for_lapack_and_a_violation_has_its_size(truncated):
    latent, coefficients, _ = truncated
    assert diagnostics.orthonormality_error(coefficients) < 1e-12
    assert diagnostics.energy_error(coefficients, latent) < 1e-12
    assert diagnostics.energy_error(1.1 * coefficients, latent) == pytest.approx(0.21)
    at_60_degrees = np.array([[5.0, 0.0], [0.5, np.sqrt(3) / 2]])
    assert diagnostics.orthonormality_error(at_60_degrees) == pytest.approx(0.5)
    assert diagnostics.orthonormality_error(np.array([[1.0, 0.0], [0.0, 0.0]])) == 1
