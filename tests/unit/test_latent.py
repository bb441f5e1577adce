"""The latent space after training: basis, mixture, interpolation."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from sample import warn_of_few_means
from vrrae_bench.latent import mixture
from vrrae_bench.latent.interpolation import inner_points, random_pairs
from vrrae_bench.latent.mixture import fit_mixture, sample_prior
from vrrae_bench.models.basis import global_basis
from vrrae_bench.system.errors import UserError


def test_the_basis_is_that_of_the_whole_training_latent_matrix(rng):
    latents = rng.normal(size=(500, 12)) * 0.7 ** np.arange(12)
    basis = global_basis(latents.astype(np.float32), 4)
    left = np.linalg.svd(latents.T)[0][:, :4]
    np.testing.assert_allclose(np.abs((basis * left).sum(axis=0)), 1, atol=1e-5)
    np.testing.assert_allclose(basis.T @ basis, np.eye(4), atol=1e-12)


def test_fewer_images_than_dimensions_still_have_a_basis(rng):
    basis = global_basis(rng.normal(size=(6, 20)), 5)
    np.testing.assert_allclose(basis.T @ basis, np.eye(5), atol=1e-12)
    with pytest.raises(ValueError, match="span no 7 directions"):
        global_basis(rng.normal(size=(6, 20)), 7)


def test_mixture_is_scikit_learns_on_standardised_means(rng):
    means = np.concatenate([rng.normal(0, 1, (300, 2)), rng.normal(8, 1, (300, 2))]) * [1, 1000]
    fitted = fit_mixture(means.astype(np.float32), 2, seed=0)
    scaler = StandardScaler().fit(means)
    expected = GaussianMixture(2, random_state=0).fit(scaler.transform(means))
    assert fitted.mixture.lower_bound_ == pytest.approx(expected.lower_bound_, rel=1e-3)
    points = fitted.sample(4000, seed=1)
    np.testing.assert_allclose(points.mean(axis=0), means.mean(axis=0), rtol=0.05)
    np.testing.assert_allclose(points.std(axis=0), means.std(axis=0), rtol=0.05)
    assert fitted.recorded()["gmm_converged"] and fitted.recorded()["gmm_components"] == 2


def test_bic_finds_the_number_of_clusters(rng):
    centres = np.array([[0, 0], [10, 0], [0, 10]])
    means = np.concatenate([rng.normal(centre, 0.5, (60, 2)) for centre in centres])
    assert fit_mixture(means, None, seed=0).mixture.n_components == 3


def test_few_means_are_enough_for_bic_but_not_for_many_gaussians(rng):
    for n in (6, 12, 20):  # BIC would take nearly one Gaussian a point, if it might
        assert fit_mixture(rng.normal(size=(n, 2)), None, seed=0).mixture.n_components == 1
    with pytest.raises(UserError, match="6 posterior means are too few for 10 Gaussians"):
        fit_mixture(rng.normal(size=(6, 2)), 10, seed=0)


@pytest.mark.parametrize("n_components", [1, None])
def test_a_mixture_of_a_single_mean_is_refused(n_components):
    with pytest.raises(UserError, match="fitted to at least two posterior means, and there is 1"):
        fit_mixture(np.zeros((1, 4)), n_components, seed=0)


def test_the_likeliest_of_several_starts_is_taken(rng):
    """Points without clusters, where every start ends elsewhere."""
    means = rng.normal(size=(200, 3))
    one, many = (fit_mixture(means, 8, seed=0, n_init=n_init).recorded() for n_init in (1, 10))
    assert many["gmm_log_likelihood"] > one["gmm_log_likelihood"] + 0.01


def test_a_large_set_is_fitted_to_a_stated_subsample(rng):
    means = rng.normal([5, -5], [1, 100], (20_000, 2))
    fitted = fit_mixture(means, 1, seed=0, subsample=1000)
    assert fitted.recorded()["gmm_means"] == 1000
    # The mean of 1000 points, not of all, and of others for another seed; standard error 0.03.
    centre, other = (fit_mixture(means, 1, seed, subsample=1000).mixture.means_[0] for seed in (0, 1))
    np.testing.assert_array_equal(centre, fitted.mixture.means_[0])
    assert np.abs(centre).max() < 0.15 and np.abs(centre).min() > 1e-6 and not np.array_equal(centre, other)
    np.testing.assert_allclose(fitted.sample(20_000, seed=1).std(axis=0), [1, 100], rtol=0.1)
    assert fit_mixture(means[:500], 1, seed=0, subsample=1000).recorded()["gmm_means"] == 500
    with pytest.raises(UserError, match="5 posterior means are too few for 10 Gaussians.*or gmm_subsample higher"):
        fit_mixture(means, 10, seed=0, subsample=5)


def test_the_prior_is_standard_normal():
    points = sample_prior(50_000, 3, seed=0)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(np.cov(points.T), np.eye(3), atol=0.03)
    np.testing.assert_array_equal(sample_prior(4, 3, seed=1), sample_prior(4, 3, seed=1))


def test_samples_are_those_of_their_seed(rng):
    fitted = fit_mixture(rng.normal(size=(200, 3)), 2, seed=0)
    np.testing.assert_array_equal(fitted.sample(5, seed=1), fitted.sample(5, seed=1))
    assert not np.array_equal(fitted.sample(5, seed=1), fitted.sample(5, seed=2))


def test_a_mixture_that_does_not_converge_is_warned_of(rng, monkeypatch):
    monkeypatch.setitem(mixture.FIT, "max_iter", 1)
    with pytest.warns(UserWarning, match="did not converge"):
        fitted = fit_mixture(rng.normal(size=(200, 3)), 5, seed=0)
    assert not fitted.recorded()["gmm_converged"]


def test_a_mixture_that_bic_tried_and_that_did_not_converge_is_warned_of(rng, monkeypatch):
    monkeypatch.setitem(mixture.FIT, "max_iter", 2)
    with pytest.warns(UserWarning, match=r"the mixture of .*10 Gaussian\(s\) did not converge in 2 iterations"):
        record = fit_mixture(rng.uniform(size=(500, 2)), None, seed=0).recorded()
    assert 10 in record["gmm_unconverged_components"] and 1 not in record["gmm_unconverged_components"]


def test_pairs_are_of_two_different_images(rng):
    pairs = random_pairs(7, 2000, rng)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    counts = np.bincount(pairs.ravel(), minlength=7)
    assert len(counts) == 7 and counts.min() > 450


def test_inner_points_divide_the_segment_evenly():
    means = np.array([[0.0, 0.0], [6.0, -12.0], [1.0, 1.0]])
    points = inner_points(means, np.array([[0, 1], [2, 2]]), 5)
    np.testing.assert_allclose(points[:5], [[1, -2], [2, -4], [3, -6], [4, -8], [5, -10]])
    np.testing.assert_allclose(points[5:], np.ones((5, 2)))


@pytest.mark.parametrize("n_components", [0, -1])
def test_a_mixture_of_no_gaussians_is_refused(n_components, rng):
    """Zero does not mean that BIC chooses: that is what None means."""
    with pytest.raises(UserError, match=f"gmm_components is {n_components}. Set it to 1 or more"):
        fit_mixture(rng.normal(size=(20, 2)), n_components, 0)


def test_few_means_for_each_gaussian_are_told_because_samples_then_repeat_them(rng, capfd):
    """A Gaussian needs 5 (k + 1) means; with fewer, most covariances are flat in some direction."""
    warn_of_few_means(Path("sample.json"), {"gmm_means": 850, "gmm_components": 10}, 16)
    warn_of_few_means(Path("sample.json"), {"gmm_means": 20, "gmm_components": 1}, 16)
    assert capfd.readouterr().err == ""
    fitted = fit_mixture(rng.normal(size=(144, 16)), 10, seed=0)
    flat = np.linalg.eigvalsh(fitted.mixture.covariances_)[:, 0] < 1e-5
    assert flat.mean() > 0.5
    warn_of_few_means(Path("sample.json"), fitted.recorded(), 16)
    told = capfd.readouterr().err
    assert "sample.json: 144 posterior means are few for 10 Gaussians in 16 dimensions" in told
    assert "gmm_components of the data set to null" in told
