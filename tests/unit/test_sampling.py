"""What is drawn from a trained model: quantisation, errors, and which seeds decide what."""

import numpy as np
import pytest

from vrrae_bench.latent.sampling import as_stored, draw_samples, reconstruction_errors
from vrrae_bench.models.inference import decode, posteriors
from vrrae_bench.scoring.reconstruction import relative_error_percent


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
    assert first.record["gmm_components"] == 2 and second.record["gmm_components"] in range(1, 11)
    assert second.record["random_images"] == len(second.random) == 10
