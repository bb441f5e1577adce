"""What is drawn from a trained model: quantisation, errors, and which seeds decide what."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from vrrae_bench.artefacts.shown import spread_over
from vrrae_bench.latent.mixture import fit_mixture
from vrrae_bench.latent.sampling import as_stored, decoded_images, draw_samples, draw_seed
from vrrae_bench.latent.showing import images_shown, means_shown
from vrrae_bench.models.basis import global_basis
from vrrae_bench.models.inference import _in_chunks, decode, encode, posteriors
from vrrae_bench.models.methods.variational_svd import sides
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.models.truncation import truncated_coefficients
from vrrae_bench.scoring.model_scores import (
    basis_disagreement,
    identity_errors,
    reconstruction_errors,
    reconstruction_sharpness,
    truncation_errors,
)
from vrrae_bench.scoring.sharpness import sharpness
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.seeding import derived_seed
from vrrae_bench.training.batches import BatchStream


def test_generated_bytes_are_clipped_and_rounded(tiny_images):
    images = np.array([-3.0, 0.4, 0.6, 254.5, 400.0], np.float32).reshape(1, 5, 1, 1)
    quantised = as_stored(images, tiny_images)
    assert quantised.dtype == np.uint8
    np.testing.assert_array_equal(quantised.ravel(), [0, 0, 1, 254, 255])


def test_generated_floats_stay_as_they_are(tiny_colours):
    images = np.array([-0.25, 1.5], np.float32)
    np.testing.assert_array_equal(as_stored(images, tiny_colours), images)


@pytest.fixture
def start(run_spec):
    """A factory: a model as it is before its training, and its description."""

    def make(method, data):
        manifest = data.manifest
        header = ModelHeader(
            run=run_spec(method), image_shape=manifest.image_shape, normalisation=manifest.normalisation
        )
        return eqx.filter_jit(header.build)(jax.random.key(0)), header

    return make


def decoded(model, header, points):
    return np.concatenate(list(decode(model, header.normalisation, points)))


@pytest.fixture
def small_chunks(monkeypatch):
    """Sets of few images in several chunks, the last of them not full."""
    monkeypatch.setattr("vrrae_bench.models.inference.CHUNKS", (5,))


@pytest.mark.parametrize(("n_rows", "sizes"), [(64, [64]), (65, [512]), (512, [512]), (513, [512, 512])])
def test_a_set_is_cut_into_chunks_of_the_smallest_size_that_holds_it_or_of_the_largest(n_rows, sizes):
    seen, rows = [], np.arange(3 * n_rows, dtype=np.float32).reshape(n_rows, 3)

    def double(factor, chunk):
        seen.append(chunk.shape)
        return factor * chunk

    np.testing.assert_array_equal(np.concatenate(list(_in_chunks(double, (2,), rows))), 2 * rows)
    assert seen == [(size, 3) for size in sizes]


def test_the_error_is_that_of_the_posterior_means_over_the_whole_test_set(start, tiny_colours, small_chunks):
    model, header = start("vae", tiny_colours)
    images, undo = np.asarray(tiny_colours.array("test")), header.normalisation.undo
    seen = header.normalisation.apply(images)
    predictions = np.asarray(eqx.filter_jit(lambda images: model.decode(model.posterior(images).mean))(seen))
    errors = reconstruction_errors(model, header, tiny_colours)
    expected = 100 * np.linalg.norm(predictions - seen) / np.linalg.norm(seen)
    assert errors["reconstruction_error"] == pytest.approx(expected, rel=1e-4)
    expected = 100 * np.linalg.norm(undo(predictions) - images) / np.linalg.norm(images)
    assert errors["reconstruction_error_original_scale"] == pytest.approx(expected, rel=1e-4)


def test_interpolated_images_lie_between_their_pairs_from_the_first_to_the_second(
    start, tiny_colours, sample_spec, small_chunks
):
    model, header = start("ae", tiny_colours)
    samples = draw_samples(model, header, tiny_colours, sample_spec, seed=0)
    seen = header.normalisation.apply(np.asarray(tiny_colours.array("train")))
    means = np.asarray(eqx.filter_jit(model.posterior)(seen).mean)
    np.testing.assert_allclose(samples.latents["train_mean"], means, atol=1e-5)
    first, second = means[samples.latents["interpolation_pairs"]].transpose(1, 0, 2)
    points = [(6 - step) / 6 * first + step / 6 * second for step in range(1, 6)]
    decoded = eqx.filter_jit(model.decode)(np.stack(points, axis=1).reshape(20, 3))
    expected = header.normalisation.undo(np.asarray(decoded))
    np.testing.assert_allclose(samples.interpolation, expected, atol=1e-5)
    ends = eqx.filter_jit(model.decode)(np.stack([first, second], axis=1).reshape(8, 3))
    np.testing.assert_allclose(samples.interpolation_ends, header.normalisation.undo(np.asarray(ends)), atol=1e-5)


def test_methods_interpolate_between_the_same_pairs_and_other_seeds_between_others(start, tiny_images, sample_spec):
    def pairs(method, seed):
        model, header = start(method, tiny_images)
        return draw_samples(model, header, tiny_images, sample_spec, seed).latents["interpolation_pairs"]

    np.testing.assert_array_equal(pairs("ae", 0), pairs("vae", 0))
    assert not np.array_equal(pairs("ae", 0), pairs("ae", 1))


@pytest.mark.parametrize(("configured", "possible"), [(2, [2]), (None, range(1, 11))])
def test_the_record_tells_how_images_were_drawn(configured, possible, start, tiny_images, sample_spec):
    spec = sample_spec.model_copy(update={"gmm_components": configured})
    samples = draw_samples(*start("ae", tiny_images), tiny_images, spec, seed=0)
    assert samples.sampling["gmm_components"] in possible
    assert samples.sampling["random_images"] * samples.sampling["random_draws"] == len(samples.random) == 30
    assert samples.sampling["quantisation"] == "rounded and clipped to (0, 255)"
    told = ("covariance_type", "reg_covar", "init_params", "max_iter", "n_init", "subsample", "standardised", "means")
    told += ("converged", "unconverged_components", "iterations", "log_likelihood")
    assert {f"gmm_{name}" for name in told} <= samples.sampling.keys()


def test_the_first_draw_is_that_of_the_seed_and_the_others_are_independent_of_it(start, tiny_colours, sample_spec):
    model, header = start("ae", tiny_colours)
    means = posteriors(model, header.normalisation, tiny_colours.array("train")).mean
    points = fit_mixture(means, 2, derived_seed(5, "gmm")).sample(10, derived_seed(5, "random_images"))
    fewer = sample_spec.model_copy(update={"random_draws": 2})
    draws, of_fewer = (draw_samples(model, header, tiny_colours, spec, seed=5).random for spec in (sample_spec, fewer))
    np.testing.assert_array_equal(draws[:10], decoded(model, header, points))
    np.testing.assert_array_equal(draws[:20], of_fewer)
    assert len(np.unique(draws.reshape(30, -1), axis=0)) == 30


def test_beside_the_mixture_stand_one_gaussian_and_the_prior(start, tiny_colours, sample_spec):
    model, header = start("vae", tiny_colours)
    means = posteriors(model, header.normalisation, tiny_colours.array("train")).mean
    seed = derived_seed(5, "random_images")
    samples = draw_samples(model, header, tiny_colours, sample_spec, seed=5)
    gaussian = fit_mixture(means, 1, derived_seed(5, "gmm")).sample(10, seed)
    np.testing.assert_array_equal(samples.random_gaussian, decoded(model, header, gaussian))
    prior = np.random.default_rng(seed).normal(size=(10, 3))
    np.testing.assert_allclose(samples.random_prior, decoded(model, header, prior), atol=1e-6)


def test_no_draw_of_one_run_is_a_draw_of_another():
    assert len({draw_seed(seed, number) for seed in range(20) for number in range(20)}) == 400


def test_a_truncation_that_is_none_is_seen_in_the_identities(start, tiny_images, monkeypatch):
    model, header = start("rrae", tiny_images)
    errors = identity_errors(model, header, tiny_images)
    assert errors["identity_orthonormal"] < 1e-4 and errors["identity_energy"] < 1e-5

    def skewed(latent, k):
        basis, coefficients = truncated_coefficients(latent, k)
        return basis, 1.1 * coefficients.at[1].add(coefficients[0])

    monkeypatch.setattr("vrrae_bench.scoring.model_scores.truncated_coefficients", skewed)
    errors = identity_errors(model, header, tiny_images)
    assert errors["identity_orthonormal"] > 0.1 and errors["identity_energy"] > 0.2


def test_the_bases_of_consecutive_batches_are_compared(start, tiny_images):
    """Against the principal angles between LAPACK's singular vectors."""
    model, header = start("vrrae", tiny_images)
    images = tiny_images.array("train")

    def found(batch_size):
        run = header.run.model_copy(update={"batch_size": batch_size})
        return basis_disagreement(model, header.model_copy(update={"run": run}), tiny_images)

    batches = BatchStream(len(images), 10, header.run.seed).indices(0, len(images) // 10)
    latents = [encode(model.encoder, header.normalisation, images[batch]).astype(np.float64) for batch in batches]
    bases = [np.linalg.svd(latent.T, full_matrices=False)[0][:, : header.run.bottleneck] for latent in latents]
    angles = [scipy.linalg.subspace_angles(one, other) for one, other in pairwise(bases)]
    assert len(bases) > 2 and found(10) == {"basis_disagreement": pytest.approx(np.square(np.sin(angles)).mean(), 1e-3)}
    assert found(len(images) // 2 + 1) == {}  # a single batch has nothing to be compared with


@pytest.mark.parametrize(("method", "batch_size"), [("rrae_vae", 10), ("vrrae", 20)])
def test_errors_by_the_truncation_of_a_batch_stand_beside_those_by_the_basis(method, batch_size, start, tiny_images):
    """Against an SVD of each batch in double precision, and the basis' own reconstructions."""
    model, header = start(method, tiny_images)
    header = header.model_copy(update={"run": header.run.model_copy(update={"batch_size": batch_size})})
    of_all = encode(model.encoder, header.normalisation, tiny_images.array("train"))
    basis = jnp.asarray(global_basis(of_all, 3), jnp.float32)
    model = eqx.tree_at(lambda model: model.bottleneck, model, model.bottleneck.with_basis(basis))
    found = truncation_errors(model, header, tiny_images)

    def error(images, latents):
        targets = header.normalisation.apply(images)
        return 100 * np.linalg.norm(model.decoder(jnp.asarray(latents)) - targets) / np.linalg.norm(targets)

    def expected(split, truncated):
        images = tiny_images.array(split)
        batches = BatchStream(len(images), batch_size, header.run.seed).indices(0, len(images) // batch_size)
        latents = [truncated(encode(model.encoder, header.normalisation, images[batch])) for batch in batches]
        return error(images[batches.ravel()], np.concatenate(latents).astype(np.float32))

    def by_batch(encodings):
        left, values, right = np.linalg.svd(encodings.astype(np.float64), full_matrices=False)
        coefficients, basis = left[:, :3] * values[:3], right[:3]
        turn = sides(jnp.asarray(basis.T), model.bottleneck.last_basis) if method == "rrae_vae" else np.ones(3)
        mapped = model.bottleneck.mean(jnp.asarray(coefficients * turn)) if method == "rrae_vae" else coefficients
        return (mapped * turn) @ basis

    def by_basis(encodings):
        return model.bottleneck.decode(model.bottleneck.posterior(jnp.asarray(encodings)).mean)

    assert found["reconstruction_error_train"] == pytest.approx(expected("train", by_basis), rel=1e-5)
    assert found["reconstruction_error_train_by_batch"] == pytest.approx(expected("train", by_batch), rel=1e-4)
    # There are 16 test images, too few for a batch of 20.
    assert ("reconstruction_error_by_batch" in found) == (batch_size <= 16)
    if batch_size <= 16:
        assert found["reconstruction_error_by_batch"] == pytest.approx(expected("test", by_batch), rel=1e-4)


def test_the_sharpness_of_reconstructions_is_of_images_from_the_whole_test_set(start, tiny_images, monkeypatch):
    model, header = start("ae", tiny_images)
    images = np.asarray(tiny_images.array("test"))
    assert len(images) == 16
    images = images[spread_over(16, 5)]
    means = posteriors(model, header.normalisation, images).mean
    reconstructed = as_stored(decoded(model, header, means), tiny_images)
    monkeypatch.setattr("vrrae_bench.scoring.model_scores.N_SHARPNESS", 5)
    score = reconstruction_sharpness(model, header, tiny_images)["sharpness_reconstruction"]
    assert score == pytest.approx(sharpness(reconstructed) / sharpness(images), rel=1e-9)


@pytest.mark.parametrize(("available", "most"), [(10_000, 1000), (91, 10), (111, 12), (60_000, 12)])
@pytest.mark.parametrize("labels", ["in turn", "sorted"])
def test_what_is_spread_over_a_set_has_several_classes_in_whatever_order_they_stand(available, most, labels):
    numbers = np.arange(available)
    classes = numbers % 10 if labels == "in turn" else numbers * 10 // available
    chosen = spread_over(available, most)
    assert len(set(chosen)) == most and len(set(classes[chosen])) >= 6


@pytest.fixture
def samples(start, tiny_images, sample_spec):
    return draw_samples(*start("vae", tiny_images), tiny_images, sample_spec, seed=0)


def test_an_image_without_a_value_is_refused_and_not_shown_as_black(start, tiny_images):
    model, header = start("ae", tiny_images)
    points = np.zeros((3, 3), np.float32)
    points[1, 2] = np.inf
    with pytest.raises(UserError, match=f"{header.run.folder}: this model decodes images with NaN or infinite values"):
        decoded_images(model, header, tiny_images, points)


def test_what_figures_show_are_the_first_images_and_whole_pairs(samples, tiny_images):
    shown, train = images_shown(samples, tiny_images), np.asarray(tiny_images.array("train"))
    np.testing.assert_array_equal(shown["random"], samples.random)  # 30, of 48 that are shown at most
    pairs = samples.latents["interpolation_pairs"]
    np.testing.assert_array_equal(shown["pairs"], pairs)
    for number, (first, second) in enumerate(pairs):
        row = shown["transitions"][number]
        np.testing.assert_array_equal(row[0], train[first])
        np.testing.assert_array_equal(row[-1], train[second])
        np.testing.assert_array_equal(row[[1, -2]], samples.interpolation_ends[2 * number : 2 * number + 2])
        np.testing.assert_array_equal(row[2:-2], samples.interpolation[5 * number : 5 * number + 5])
    parts = train.reshape(12, 4, *train.shape[1:])
    assert [(part == image).all(axis=(1, 2, 3)).sum() for part, image in zip(parts, shown["real"], strict=True)] == [
        1
    ] * 12


def test_beside_the_first_row_of_a_gallery_stand_the_nearest_training_images(samples, tiny_images, monkeypatch):
    monkeypatch.setattr("vrrae_bench.latent.showing.BLOCK", 7)  # the last of several blocks is not full
    train = np.asarray(tiny_images.array("train")).astype(float)
    generated = samples.random.astype(float)
    distances = [np.square(train - image).sum(axis=(1, 2, 3)) for image in (*generated[:6], *generated[24:30])]
    expected = train[np.argmin(distances, axis=1)]
    np.testing.assert_array_equal(images_shown(samples, tiny_images)["nearest"], expected)


def test_the_means_that_figures_show_keep_their_labels(samples, tiny_images, monkeypatch):
    monkeypatch.setattr("vrrae_bench.latent.showing.MOST_MEANS", 16)
    shown, means = means_shown(samples, tiny_images), samples.latents["train_mean"]
    parts = means[:, :2].reshape(16, 3, 2)  # one of each
    places = [np.flatnonzero((part == mean).all(axis=1)) for part, mean in zip(parts, shown["train"], strict=True)]
    numbers = np.concatenate(places) + 3 * np.arange(16)
    np.testing.assert_array_equal(shown["labels"], np.asarray(tiny_images.array("train_labels"))[numbers])
    np.testing.assert_allclose(shown["spread"], means[:, :2].std(axis=0), rtol=1e-5)
    assert "diagonal" not in shown


def test_images_without_labels_have_none_shown(start, tiny_colours, sample_spec):
    samples = draw_samples(*start("ae", tiny_colours), tiny_colours, sample_spec, seed=0)
    assert set(means_shown(samples, tiny_colours)) == {"train", "spread"}
