"""The truncated SVD and its derivative, against LAPACK in double precision and against finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vrrae_bench.models.truncation import truncated_coefficients

pytestmark = pytest.mark.usefixtures("optimised")

SHAPES = [(10, 30, 4), (30, 10, 4), (12, 12, 5), (5, 9, 5), (9, 5, 5)]


def matrix(rng, spectrum, n_latent, n_batch, dtype=np.float64):
    """A matrix of given singular values."""
    rank = len(spectrum)
    left = np.linalg.qr(rng.normal(size=(n_latent, rank)))[0]
    right = np.linalg.qr(rng.normal(size=(n_batch, rank)))[0]
    return jnp.asarray((left * spectrum) @ right.T, dtype)


@pytest.mark.parametrize(("n_latent", "n_batch", "k"), SHAPES)
def test_is_the_truncated_svd_of_lapack(rng, n_latent, n_batch, k):
    with jax.enable_x64(True):
        latent = matrix(rng, 2.0 ** -np.arange(min(n_latent, n_batch)), n_latent, n_batch)
        basis, coefficients = map(np.asarray, truncated_coefficients(latent, k))
    left, values, right = np.linalg.svd(np.asarray(latent), full_matrices=False)
    np.testing.assert_allclose(basis @ coefficients, (left[:, :k] * values[:k]) @ right[:k], atol=1e-10)
    np.testing.assert_allclose(basis.T @ basis, np.eye(k), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(coefficients, axis=1), values[:k], rtol=1e-9)
    # Equation 7: the squared coefficients sum to the squared singular values.
    np.testing.assert_allclose((coefficients**2).sum(), (values[:k] ** 2).sum(), rtol=1e-12)


@pytest.mark.parametrize(("n_latent", "n_batch", "k"), SHAPES)
def test_the_largest_entry_of_each_vector_is_positive(rng, n_latent, n_batch, k):
    basis, _ = truncated_coefficients(jnp.asarray(rng.normal(size=(n_latent, n_batch))), k)
    largest = np.take_along_axis(np.asarray(basis), np.abs(basis).argmax(axis=0)[None], axis=0)
    assert (largest > 0).all()


@pytest.mark.parametrize(("n_latent", "n_batch", "k"), SHAPES)
@pytest.mark.parametrize("quantity", ["reconstruction", "spectrum", "mapped"])
def test_gradient_is_that_of_finite_differences_where_gaps_are_open(rng, n_latent, n_batch, k, quantity):
    linear_map = rng.normal(size=(k, k))

    def function(latent):
        basis, coefficients = truncated_coefficients(latent, k, with_rotation=quantity == "mapped")
        if quantity == "reconstruction":
            return jnp.sum(jnp.sin(3 * basis @ coefficients))
        if quantity == "mapped":  # as RRAE + VAE maps its coefficients before they meet the basis again
            return jnp.sum(jnp.sin(3 * basis @ (linear_map @ coefficients + 1)))
        return jnp.sum(jnp.arange(1, k + 1) * jnp.linalg.norm(coefficients, axis=1))

    with jax.enable_x64(True):
        base = 1.5 if quantity == "mapped" else 2.0
        latent = matrix(rng, base ** -np.arange(min(n_latent, n_batch)), n_latent, n_batch)
        gradient = np.asarray(jax.grad(function)(latent))
        direction = rng.normal(size=latent.shape)
        step = 1e-6
        slope = (function(latent + step * direction) - function(latent - step * direction)) / (2 * step)
    # The rotation within the span is damped by a thousandth of the first eigenvalue: even these gaps feel it a little.
    np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-3 if quantity == "mapped" else 1e-5)


@pytest.mark.parametrize(("n_latent", "n_batch"), [(10, 30), (30, 10)])
def test_a_rotation_of_the_basis_within_its_span_has_no_gradient(rng, n_latent, n_batch):
    """Of two kept modes that cross it would be without bounds; only the noise of a variational method depends on it."""
    with jax.enable_x64(True):
        latent = matrix(rng, [1, 0.8, 0.8 - 1e-6, 0.5, 0.1, 0.05], n_latent, n_batch)
        (basis, coefficients), pull_back = jax.vjp(lambda y: truncated_coefficients(y, 4), latent)
        (gradient,) = pull_back((basis @ rng.normal(size=(4, 4)), jnp.zeros_like(coefficients)))
    assert np.linalg.norm(gradient) < 1e-9


@pytest.mark.parametrize(("n_latent", "n_batch"), [(10, 30), (30, 10)])
def test_with_that_rotation_the_gradient_is_bounded_where_two_kept_modes_cross(rng, n_latent, n_batch):
    turned = rng.normal(size=(n_latent, 4))
    norms = []
    with jax.enable_x64(True):
        for gap in 10.0 ** -np.arange(1, 10):
            latent = matrix(rng, [1, 0.8, 0.8 - gap, 0.5, 0.1, 0.05], n_latent, n_batch)
            _, pull_back = jax.vjp(lambda y: truncated_coefficients(y, 4, with_rotation=True), latent)
            norms.append(np.linalg.norm(pull_back((jnp.asarray(turned), jnp.zeros((4, n_batch))))[0]))
    # The factor is at most 1 / (2 * 1e-3 of the first eigenvalue), and is met by coefficients of about 1.
    assert max(norms) < 2 * 500 * np.linalg.norm(turned)
    assert norms[-1] < 2 * norms[0]


@pytest.mark.parametrize(("n_latent", "n_batch"), [(10, 30), (30, 10)])
def test_a_function_of_the_truncated_matrix_has_the_same_gradient_with_that_rotation(rng, n_latent, n_batch):
    def function(with_rotation, latent):
        basis, coefficients = truncated_coefficients(latent, 4, with_rotation=with_rotation)
        return jnp.sum(jnp.sin(3 * basis @ coefficients))

    with jax.enable_x64(True):
        latent = matrix(rng, 1.5 ** -np.arange(10), n_latent, n_batch)
        without, with_it = (np.asarray(jax.grad(partial(function, one))(latent)) for one in (False, True))
    np.testing.assert_allclose(with_it, without, atol=1e-9 * np.abs(without).max())


@pytest.mark.parametrize(("n_latent", "n_batch"), [(10, 30), (30, 10)])
def test_the_gradient_is_bounded_where_a_kept_and_a_dropped_mode_cross(rng, n_latent, n_batch):
    """The truncated matrix jumps there, so that its derivative is infinite: training would not survive it."""
    weights = rng.normal(size=(n_latent, n_batch))

    def function(latent):
        basis, coefficients = truncated_coefficients(latent, 4)
        return jnp.sum(weights * (basis @ coefficients))

    with jax.enable_x64(True):
        norms = {
            gap: np.linalg.norm(
                jax.grad(function)(matrix(rng, [1, 0.9, 0.8, 0.5, 0.5 * (1 - gap), 0.05], n_latent, n_batch))
            )
            for gap in 10.0 ** -np.arange(1, 10)
        }
    assert max(norms.values()) < 500 * np.linalg.norm(weights)
    assert max(norm for gap, norm in norms.items() if gap < 1e-5) < 3 * np.linalg.norm(weights)


def test_gradient_of_the_reconstruction_is_that_of_the_full_svd(rng):
    weights = rng.normal(size=(10, 30))

    def by_full_svd(latent):
        left, values, right = jnp.linalg.svd(latent, full_matrices=False)
        return jnp.sum(weights * ((left[:, :4] * values[:4]) @ right[:4]))

    def by_truncation(latent):
        basis, coefficients = truncated_coefficients(latent, 4)
        return jnp.sum(weights * (basis @ coefficients))

    with jax.enable_x64(True):
        latent = matrix(rng, 1.5 ** -np.arange(10), 10, 30)
        expected, found = jax.grad(by_full_svd)(latent), jax.grad(by_truncation)(latent)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(("n_latent", "n_batch"), [(100, 576), (512, 64)])
def test_in_single_precision_a_decaying_spectrum_keeps_its_leading_modes(rng, n_latent, n_batch):
    """The Gram matrix squares the condition number: what that costs down to 1e-3 of the largest singular value."""
    k = 16
    latent = matrix(rng, np.geomspace(1, 1e-3, min(n_latent, n_batch)), n_latent, n_batch, np.float32)
    basis, coefficients = map(np.asarray, truncated_coefficients(latent, k))
    values = np.linalg.svd(np.asarray(latent, np.float64), compute_uv=False)
    best = np.sqrt((values[k:] ** 2).sum())
    assert np.linalg.norm(latent - basis @ coefficients) <= best * (1 + 1e-4)
    np.testing.assert_allclose(np.linalg.norm(coefficients, axis=1), values[:k], rtol=1e-4)


@pytest.mark.parametrize(("n_latent", "n_batch", "k"), [(100, 576, 16), (512, 64, 60), (200, 64, 2)])
@pytest.mark.parametrize("smallest", [1e-1, 1e-2, 1e-3, 1e-4])
def test_in_single_precision_truncation_and_gradient_are_those_of_double_precision_lapack(
    rng, n_latent, n_batch, k, smallest
):
    """Kept singular values from 1 down to `smallest`, the first dropped one 30 % below that.

    The gradient is that of a function of the truncated matrix and of its spectrum, as the loss of RRAE is. What single
    precision can keep of the smallest mode is about eps / (gap * smallest), 2e-3 at the worst; more is never lost.
    """
    values = np.concatenate([np.geomspace(1, smallest, k), np.full(min(n_latent, n_batch) - k, 0.7 * smallest)])
    values[k:] *= np.geomspace(1, 0.1, len(values) - k)
    single = matrix(rng, values, n_latent, n_batch, np.float32)
    weights = rng.normal(size=single.shape)

    def function(truncate, latent):
        basis, coefficients = truncate(latent)
        return jnp.sum(weights.astype(latent.dtype) * (basis @ coefficients)) + jnp.sum(coefficients**2)

    def by_lapack(latent):
        left, values, right = jnp.linalg.svd(latent, full_matrices=False)
        return left[:, :k], values[:k, None] * right[:k]

    with jax.enable_x64(True):
        double = jnp.asarray(np.asarray(single, np.float64))
        expected = np.asarray(jax.grad(lambda y: function(by_lapack, y))(double))
        best = np.linalg.multi_dot(by_lapack(double))
    basis, coefficients = truncated_coefficients(single, k)
    found = jax.grad(lambda y: function(lambda z: truncated_coefficients(z, k), y))(single)
    lost = 1e-7 / (0.3 * smallest)
    np.testing.assert_allclose(basis @ coefficients, best, atol=1e-5 * np.abs(best).max())
    np.testing.assert_allclose(np.linalg.norm(coefficients, axis=1), values[:k], rtol=lost + 1e-5)
    assert np.linalg.norm(found - expected) <= (lost + 2e-5) * np.linalg.norm(expected)


@pytest.mark.parametrize(("n_latent", "n_batch"), [(64, 16), (16, 64)])
def test_a_batch_of_lower_rank_than_k_has_no_larger_gradients_than_others(rng, n_latent, n_batch):
    """For example a batch of repeated images. Without a bound, its gradients are thousands of times as large."""
    noise, weights = rng.normal(size=(8, n_batch)), rng.normal(size=(n_latent, n_batch))

    def function(latent):
        basis, coefficients = truncated_coefficients(latent, 8)
        return jnp.mean(weights * (basis @ (coefficients + 0.1 * noise)))

    sizes = {}
    for rank in (8, 6, 1, 0):
        latent = rng.normal(size=(n_latent, rank)) @ rng.normal(size=(rank, n_batch)) / np.sqrt(max(rank, 1))
        sizes[rank] = float(np.abs(jax.grad(function)(jnp.asarray(latent, jnp.float32))).max())
    assert max(sizes[rank] for rank in (6, 1, 0)) < 10 * sizes[8]


@pytest.mark.parametrize("with_rotation", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("case", "build"),
    [
        ("zeros", lambda rng: np.zeros((9, 5))),
        ("equal singular values", lambda rng: np.eye(6)),
        ("rank one", lambda rng: np.ones((5, 9))),
        ("rank one, more latents than images", lambda rng: np.ones((9, 5))),
        ("one repeated image", lambda rng: np.repeat(rng.normal(size=(8, 1)), 20, axis=1)),
        ("crossing modes", lambda rng: np.diag([2.0, 1.0, 1.0, 1.0, 0.5])),
    ],
)
def test_degenerate_batches_give_the_best_residual_and_finite_gradients(rng, case, build, dtype, with_rotation):
    with jax.enable_x64(dtype == np.float64):
        latent = jnp.asarray(build(rng), dtype)
        basis, coefficients = truncated_coefficients(latent, 3)

        def function(latent):
            basis, coefficients = truncated_coefficients(latent, 3, with_rotation=with_rotation)
            return jnp.sum(basis**3) + jnp.sum(jnp.sin(coefficients))

        latent, basis, coefficients, gradient = map(
            np.asarray, (latent, basis, coefficients, jax.grad(function)(latent))
        )
    values = np.linalg.svd(latent, compute_uv=False)
    best = np.sqrt((values[3:] ** 2).sum())
    assert np.linalg.norm(latent - basis @ coefficients) <= best + 1e-5 * (1 + values[0])
    np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-5)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("k", [0, 6])
def test_a_rank_that_the_batch_can_not_have_is_refused(k):
    with pytest.raises(ValueError, match=f"rank {k}"):
        truncated_coefficients(jnp.ones((5, 9)), k)
