"""The baselines of Table A.4-3, whose penalties and layers the paper takes from others: against their definitions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import entropy
from typechecker import unchecked

from vrrae_bench.models.bottleneck import Posterior, Sizes
from vrrae_bench.models.methods.sigmoid import Sigmoid

SPARSE = Sigmoid(Sizes(6, 3), key=jax.random.key(0))


@unchecked()
def penalty(bottleneck, encoder=None, images=None, posterior=None, key=None):
    """The penalty, computed from what it depends on; all else is None."""
    return bottleneck.penalty(encoder, images, posterior, key)


def test_the_contraction_is_the_squared_norm_of_the_encoders_jacobian(untrained, rng):
    """Estimated by random signs: right in the mean, within what is left of its chance after 100 of them."""
    images = jnp.asarray(rng.uniform(size=(3, 28, 28, 1)), jnp.float32)
    model = untrained("contractive_ae", Sizes(12, 3))
    jacobians = jax.jit(jax.vmap(jax.jacrev(lambda image: model.encoder(image[None])[0])))(images)
    expected = np.square(jacobians).sum() / len(images)
    estimate = jax.jit(lambda key: penalty(model.bottleneck, model.encoder, images, key=key))
    estimates = np.array([estimate(key) for key in jax.random.split(jax.random.key(1), 100)])
    assert abs(estimates.mean() - expected) < 4 * estimates.std() / np.sqrt(len(estimates))
    assert estimates.std() < expected


def test_the_sparsity_is_the_kl_divergence_of_each_units_mean_activation(rng):
    activations = rng.uniform(0.01, 0.99, (20, 6))
    expected = sum(entropy([0.05, 0.95], [mean, 1 - mean]) for mean in activations.mean(axis=0))
    assert float(penalty(SPARSE, posterior=Posterior(jnp.asarray(activations)))) == pytest.approx(expected, rel=1e-5)


def test_units_that_are_saturated_for_a_whole_batch_leave_the_sparsity_finite():
    """A batch of zeros and ones would otherwise end the training, whose learning rate is not at fault."""

    def of(encoding):
        return penalty(SPARSE, posterior=Posterior(jax.nn.sigmoid(encoding)))

    for encoding in (-200.0, -95.0, -80.0, 17.5, 200.0):
        value, gradient = jax.value_and_grad(of)(jnp.full((4, 3), encoding, jnp.float32))
        assert np.isfinite(value) and np.isfinite(gradient).all()


def test_the_nuclear_norm_is_the_sum_of_the_singular_values_of_every_layer(untrained):
    model = untrained("lorae")
    expected = sum(np.linalg.svd(weight, compute_uv=False).sum() for weight in model.bottleneck.weights)
    assert float(penalty(model.bottleneck)) == pytest.approx(expected, rel=1e-5)


def test_the_linear_layers_are_as_many_as_configured_each_of_its_own_and_all_count(untrained, rng):
    """The published code draws all of them with one key, and leaves one out."""
    stack = untrained("irmae", Sizes(12, 3, linear_layers=4)).bottleneck
    assert len({np.asarray(weight).tobytes() for weight in stack.weights}) == 4
    encoding = rng.normal(size=(7, 12)).astype(np.float32)
    np.testing.assert_allclose(
        stack.posterior(jnp.asarray(encoding)).mean,
        np.linalg.multi_dot([encoding, *map(np.asarray, stack.weights)]),
        atol=1e-5,
    )


def test_the_latents_of_the_sparse_autoencoder_are_activations(untrained, rng):
    encoding = rng.normal(size=(7, 12)).astype(np.float32)
    expected = 1 / (1 + np.exp(-encoding))
    np.testing.assert_allclose(
        untrained("sparse_ae", Sizes(12, 3)).bottleneck.posterior(jnp.asarray(encoding)).mean, expected, rtol=1e-5
    )
