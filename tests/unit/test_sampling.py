"""What is drawn from a trained model: quantisation, errors, and which seeds decide what."""

import jax
import numpy as np
import pytest

from vrrae_bench.latent.mixture import fit_mixture
from vrrae_bench.latent.sampling import (
    as_stored,
    draw_samples,
    draw_seed,
    identity_errors,
    reconstruction_errors,
    reconstruction_sharpness,
)
from vrrae_bench.models.inference import decode, posteriors
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.models.truncation import truncated_coefficients
from vrrae_bench.scoring.reconstruction import relative_error_percent
from vrrae_bench.scoring.sharpness import sharpness
from vrrae_bench.seeding import derived_seed


def test_generated_bytes_are_clipped_and_rounded(tiny_images):
    images = np.array([-3.0, 0.4, 0.6, 254.5, 400.0], np.float32).reshape(1, 5, 1, 1)
    quantised = as_stored(images, tiny_images)
    assert quantised.dtype == np.uint8
    np.testing.assert_array_equal(quantised.ravel(), [0, 0, 1, 254, 255])


def test_generated_floats_stay_as_they_are(tiny_colours):
    images = np.array([-0.25, 1.5], np.float32)
    np.testing.assert_array_equal(as_stored(images, tiny_colours), images)


def test_the_error_is_that_of_the_posterior_means_over_the_whole_test_set(tiny_colours, trained, run_spec, tmp_path):
    model, header, _ = trained(run_spec("vae"), tiny_colours, tmp_path)
    images = np.asarray(tiny_colours.array("test"))
    predictions = decode(model, header.normalisation, posteriors(model, header.normalisation, images).mean)
    normalisation = header.normalisation
    errors = reconstruction_errors(model, header, tiny_colours)
    seen = relative_error_percent(normalisation.apply(predictions), normalisation.apply(images))
    assert errors["reconstruction_error"] == pytest.approx(seen, rel=1e-4)
    stored = relative_error_percent(predictions, images)
    assert errors["reconstruction_error_original_scale"] == pytest.approx(stored, rel=1e-4)


def test_pairs_are_those_of_the_seed_and_the_record_tells_how_images_were_drawn(
    tiny_images, trained, run_spec, sample_spec, tmp_path
):
    ae, ae_header, _ = trained(run_spec("ae"), tiny_images, tmp_path)
    vrrae, header, _ = trained(run_spec("vrrae"), tiny_images, tmp_path)
    chosen_by_bic = sample_spec.model_copy(update={"gmm_components": None})
    first = draw_samples(ae, ae_header, tiny_images, sample_spec, seed=0)
    second = draw_samples(vrrae, header, tiny_images, chosen_by_bic, seed=0)
    other_seed = draw_samples(vrrae, header, tiny_images, sample_spec, seed=1)
    np.testing.assert_array_equal(first.latents["interpolation_pairs"], second.latents["interpolation_pairs"])
    assert not np.array_equal(second.latents["interpolation_pairs"], other_seed.latents["interpolation_pairs"])
    assert first.sampling["gmm_components"] == 2 and second.sampling["gmm_components"] in range(1, 11)
    assert second.sampling["random_images"] * second.sampling["random_draws"] == len(second.random) == 30


@pytest.fixture
def untrained(run_spec):
    """A factory: a model as it is before its training, and its description."""

    def make(method, data):
        manifest = data.manifest
        header = ModelHeader(
            run=run_spec(method), image_shape=manifest.image_shape, normalisation=manifest.normalisation
        )
        return header.build(jax.random.key(0)), header

    return make


def test_the_first_draw_is_that_of_the_seed_and_the_others_are_independent_of_it(untrained, tiny_colours, sample_spec):
    model, header = untrained("ae", tiny_colours)
    means = posteriors(model, header.normalisation, tiny_colours.array("train")).mean
    points = fit_mixture(means, 2, derived_seed(5, "gmm")).sample(10, derived_seed(5, "random_images"))
    fewer = sample_spec.model_copy(update={"random_draws": 2})
    draws, of_fewer = (draw_samples(model, header, tiny_colours, spec, seed=5).random for spec in (sample_spec, fewer))
    np.testing.assert_array_equal(draws[:10], decode(model, header.normalisation, points))
    np.testing.assert_array_equal(draws[:20], of_fewer)
    assert len(np.unique(draws.reshape(30, -1), axis=0)) == 30


def test_beside_the_mixture_stand_one_gaussian_and_the_prior(untrained, tiny_colours, sample_spec):
    model, header = untrained("vae", tiny_colours)
    means = posteriors(model, header.normalisation, tiny_colours.array("train")).mean
    seed = derived_seed(5, "random_images")
    samples = draw_samples(model, header, tiny_colours, sample_spec, seed=5)
    gaussian = fit_mixture(means, 1, derived_seed(5, "gmm")).sample(10, seed)
    np.testing.assert_array_equal(samples.random_gaussian, decode(model, header.normalisation, gaussian))
    prior = np.random.default_rng(seed).normal(size=(10, 3))
    np.testing.assert_allclose(samples.random_prior, decode(model, header.normalisation, prior), atol=1e-6)


def test_no_draw_of_one_run_is_a_draw_of_another():
    assert len({draw_seed(seed, number) for seed in range(20) for number in range(20)}) == 400


def test_a_truncation_that_is_none_is_seen_in_the_identities(untrained, tiny_images, monkeypatch):
    model, header = untrained("rrae", tiny_images)
    errors = identity_errors(model, header, tiny_images)
    assert errors["identity_orthonormal"] < 1e-4 and errors["identity_energy"] < 1e-5

    def skewed(latent, k):
        basis, coefficients = truncated_coefficients(latent, k)
        return basis, 1.1 * coefficients.at[1].add(coefficients[0])

    monkeypatch.setattr("vrrae_bench.latent.sampling.truncated_coefficients", skewed)
    errors = identity_errors(model, header, tiny_images)
    assert errors["identity_orthonormal"] > 0.1 and errors["identity_energy"] > 0.2


def test_the_sharpness_of_reconstructions_is_relative_to_the_same_images(untrained, tiny_images, monkeypatch):
    model, header = untrained("ae", tiny_images)
    images = np.asarray(tiny_images.array("test"))[:5]
    means = posteriors(model, header.normalisation, images).mean
    reconstructed = as_stored(decode(model, header.normalisation, means), tiny_images)
    monkeypatch.setattr("vrrae_bench.latent.sampling.N_SHARPNESS", 5)
    score = reconstruction_sharpness(model, header, tiny_images)["sharpness_reconstruction"]
    assert score == pytest.approx(sharpness(reconstructed) / sharpness(images), rel=1e-9)
