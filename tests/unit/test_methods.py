"""The contract of every method: it trains, encodes, decodes, samples, saves and loads, the same for the same seed."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vrrae_bench.errors import UserError
from vrrae_bench.files import sha256
from vrrae_bench.latent.diagnostics import singular_values
from vrrae_bench.latent.sampling import draw_samples
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottlenecks import Sizes, places
from vrrae_bench.models.inference import decode, encode, posteriors
from vrrae_bench.models.registry import METHODS
from vrrae_bench.models.serialisation import load_model, save_model, with_basis
from vrrae_bench.models.truncation import truncated_coefficients


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["tiny_images", "tiny_colours"])
def test_a_method_keeps_its_contract(method, kind, request, trained, run_spec, sample_spec, tmp_path):
    data = request.getfixturevalue(kind)
    entry, spec = METHODS[method], run_spec(method)
    model, header, history = trained(spec, data, tmp_path)

    assert [row["epoch"] for row in history] == [1, 2]
    assert history[-1]["step"] == round(spec.epochs * data.manifest.n_train / spec.batch_size)
    assert all(np.isfinite(list(row.values())).all() for row in history)
    for row in history:
        expected = row["reconstruction_error"] + (spec.beta or 0) * row["kl_divergence"]
        expected += (spec.penalty_weight or 0) * row["penalty"]
        assert row["loss"] == pytest.approx(expected, rel=1e-5)

    posterior = posteriors(model, header.normalisation, data.array("test"))
    width = 12 if entry.width == "latent_size" and not entry.truncates else 3
    assert posterior.mean.shape == (data.manifest.n_test, width)
    assert (posterior.log_variance is not None) == entry.variational
    images = decode(model, header.normalisation, posterior.mean)
    assert images.shape == data.array("test").shape

    save_model(tmp_path / "model.eqx", model, header)
    loaded, loaded_header = load_model(tmp_path / "model.eqx")
    assert loaded_header == header and loaded_header.run == spec
    np.testing.assert_array_equal(decode(loaded, loaded_header.normalisation, posterior.mean), images)

    samples = draw_samples(loaded, loaded_header, data, sample_spec, spec.seed)
    assert samples.random.shape == (30, *data.manifest.image_shape)
    assert samples.interpolation.shape == (20, *data.manifest.image_shape)
    assert samples.random.dtype == data.manifest.dtype
    assert 0 < samples.scores["reconstruction_error"] < 200
    assert samples.scores["sharpness_reconstruction"] >= 0
    assert ("identity_energy" in samples.scores) == entry.truncates
    if entry.truncates:
        assert samples.scores["identity_orthonormal"] < 1e-4 and samples.scores["identity_energy"] < 1e-5
        # The means are the coefficients, but for the ablation that maps them once more.
        coefficients = samples.latents["train_coefficients" if method == "rrae_vae" else "train_mean"]
        encodings = encode(model.encoder, header.normalisation, data.array("train")).astype(np.float64)
        expected = np.linalg.svd(encodings, compute_uv=False)[:3]
        np.testing.assert_allclose(singular_values(coefficients), expected, rtol=1e-4)

    if kind != "tiny_images":
        return
    again, header, history_again = trained(spec, data, tmp_path / "again")
    save_model(tmp_path / "again.eqx", again, header)
    assert history_again == history
    assert sha256(tmp_path / "again.eqx") == sha256(tmp_path / "model.eqx")


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (32, 3), (64, 1), (160, 3)])
def test_every_image_size_of_the_paper_comes_back(size, channels):
    model = Autoencoder("ae", (size, size, channels), Sizes(12, 3, 2), key=jax.random.key(0))
    images = jnp.zeros((2, size, size, channels))
    prediction, posterior = model(images, jax.random.key(1))
    assert prediction.shape == images.shape
    assert posterior.mean.shape == (2, 3)


def test_the_network_has_the_sizes_of_the_published_code():
    """Counted by hand for MNIST, L = 100: convolutions, transposed convolutions and both linear layers."""
    model = Autoencoder("rrae", (28, 28, 1), Sizes(100, 16), key=jax.random.key(0))
    count = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_array)))
    encoder = (9 * 1 + 1) * 32 + (9 * 32 + 1) * 64 + (7 * 7 * 64 + 1) * 100
    transposed = sum(9 * i * o + o for i, o in [(32, 256), (256, 128), (128, 32), (32, 8)])
    decoder = (100 + 1) * 2 * 2 * 32 + transposed + (25 * 8 + 1)
    assert count == encoder + decoder


def test_vrrae_without_noise_is_rrae(rng):
    """The mean of VRRAE is the identity of RRAE's coefficients (Remark 1)."""
    images = jnp.asarray(rng.uniform(size=(16, 28, 28, 1)), jnp.float32)
    vrrae = Autoencoder("vrrae", (28, 28, 1), Sizes(12, 3, 2), key=jax.random.key(0))
    rrae = Autoencoder("rrae", (28, 28, 1), Sizes(12, 3, 2), key=jax.random.key(0))
    silent = eqx.tree_at(lambda m: m.bottleneck.log_variance.bias, vrrae, jnp.full(3, -200.0))
    np.testing.assert_allclose(silent(images, jax.random.key(1))[0], rrae(images, jax.random.key(1))[0], atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_only_variational_methods_train_with_noise(method, rng):
    images = jnp.asarray(rng.uniform(size=(16, 28, 28, 1)), jnp.float32)
    model = Autoencoder(method, (28, 28, 1), Sizes(12, 3, 2), key=jax.random.key(0))
    (one, posterior), (other, same_posterior) = (model(images, jax.random.key(seed)) for seed in (1, 2))
    np.testing.assert_array_equal(posterior.mean, same_posterior.mean)
    assert np.array_equal(one, other) != METHODS[method].variational


def test_the_noise_of_a_variational_method_has_the_variance_it_states(rng):
    model = Autoencoder("vae", (28, 28, 1), Sizes(12, 3, 2), key=jax.random.key(0))
    posterior = model.bottleneck.posterior(jnp.asarray(rng.normal(size=(4, 3)), jnp.float32))
    draws = np.stack([posterior.sample(key) for key in jax.random.split(jax.random.key(2), 4000)])
    np.testing.assert_allclose(draws.mean(axis=0), posterior.mean, atol=0.08)
    np.testing.assert_allclose(draws.var(axis=0), np.exp(posterior.log_variance), rtol=0.12)


@pytest.mark.parametrize("method", ["vrrae", "rrae_vae"])
def test_singular_vectors_keep_the_side_they_were_on(method, rng):
    """Or the log-variances, linear in the coefficients, would be those of other images for a whole batch."""
    encoding = jnp.asarray(rng.normal(size=(16, 12)), jnp.float32)
    bottleneck = Autoencoder(method, (28, 28, 1), Sizes(12, 3), key=jax.random.key(0)).bottleneck
    _, first = bottleneck(encoding, jax.random.key(1))
    np.testing.assert_array_equal(first.basis, truncated_coefficients(encoding.T, 3)[0])
    turned = first.basis * jnp.array([1.0, -1.0, -1.0])
    after = eqx.tree_at(lambda b: b.last_basis, bottleneck, turned)
    decoder_input, posterior = after(encoding, jax.random.key(1))
    np.testing.assert_array_equal(posterior.basis, turned)
    coefficients = encoding @ turned
    np.testing.assert_allclose(posterior.log_variance, bottleneck.log_variance(coefficients), atol=1e-5)
    silent = eqx.tree_at(lambda b: b.log_variance.bias, after, jnp.full(3, -200.0))
    _, quiet = silent(encoding, jax.random.key(1))
    np.testing.assert_allclose(quiet.mean, bottleneck.mean(coefficients), atol=1e-5)


@pytest.mark.parametrize("method", ["vrrae", "rrae_vae"])
def test_singular_vectors_keep_their_places_when_their_values_cross(method, rng):
    """Two batches of the same three directions, of which the first and the last change ranks."""
    directions = jnp.linalg.qr(jnp.asarray(rng.normal(size=(12, 3)), jnp.float32))[0]
    codes = jnp.asarray(np.linalg.qr(rng.normal(size=(16, 3)))[0], jnp.float32)
    before, after = ((codes * jnp.array(sizes)) @ directions.T for sizes in ([5.0, 3.0, 2.0], [2.0, 3.0, 5.0]))
    bottleneck = Autoencoder(method, (28, 28, 1), Sizes(12, 3), key=jax.random.key(0)).bottleneck
    _, first = bottleneck(before, jax.random.key(1))
    bottleneck = eqx.tree_at(lambda b: b.last_basis, bottleneck, first.basis)
    _, second = bottleneck(after, jax.random.key(1))
    np.testing.assert_allclose(second.basis, first.basis, atol=1e-5)
    np.testing.assert_allclose(second.log_variance, bottleneck.log_variance(after @ first.basis), atol=1e-5)

    # When training is over the pairs are sorted, and the function is the same.
    unsorted = eqx.tree_at(lambda b: b.basis, bottleneck, first.basis, is_leaf=lambda leaf: leaf is None)
    done = bottleneck.with_basis(truncated_coefficients(after.T, 3)[0])
    np.testing.assert_allclose(np.abs(done.basis[:, 0] @ directions), [0, 0, 1], atol=1e-5)
    was, now = unsorted.posterior(after), done.posterior(after)
    np.testing.assert_allclose(now.log_variance, was.log_variance[:, ::-1], atol=1e-5)
    np.testing.assert_allclose(done.decode(now.mean), unsorted.decode(was.mean), atol=1e-5)


def test_each_vector_takes_one_place_and_the_nearest_pairs_come_first(rng):
    reference = np.linalg.qr(rng.normal(size=(30, 8)))[0]
    order = rng.permutation(8)
    near = np.linalg.qr(reference[:, order] * rng.choice([-1, 1], 8) + 0.1 * rng.normal(size=(30, 8)))[0]
    np.testing.assert_array_equal(order[places(jnp.asarray(near), jnp.asarray(reference))], np.arange(8))
    # Half-way between two places a vector has one all the same, and the other goes to the other.
    turned = reference[:, :2] @ np.array([[0.7, -0.72], [0.72, 0.7]])
    assert sorted(places(jnp.asarray(turned), jnp.asarray(reference[:, :2])).tolist()) == [0, 1]
    far = np.linalg.qr(rng.normal(size=(30, 8)))[0]
    nearness, greedy = np.abs(reference.T @ far), np.zeros(8, int)
    for _ in range(8):
        place, vector = np.unravel_index(nearness.argmax(), nearness.shape)
        greedy[place] = vector
        nearness[place], nearness[:, vector] = -1, -1
    np.testing.assert_array_equal(places(jnp.asarray(far), jnp.asarray(reference)), greedy)
    # A training that diverged ends by being told, not by looking for pairs for ever.
    assert places(jnp.full((30, 8), jnp.nan), jnp.asarray(reference)).shape == (8,)
    zeros = jnp.zeros((30, 8))
    np.testing.assert_array_equal(places(jnp.asarray(near), zeros), np.arange(8))


def test_training_hands_on_the_basis_and_ends_with_one_that_is_sorted_on_the_same_sides(
    trained, run_spec, tiny_images, tmp_path
):
    model, header, _ = trained(run_spec("vrrae", epochs=3), tiny_images, tmp_path)
    last, basis = np.asarray(model.bottleneck.last_basis), np.asarray(model.bottleneck.basis)
    np.testing.assert_allclose(last.T @ last, np.eye(3), atol=1e-5)
    assert ((last * basis).sum(axis=0) > 0).all()
    means = model.posterior(header.normalisation.apply(jnp.asarray(tiny_images.array("train")[:]))).mean
    assert (np.diff(np.linalg.norm(means, axis=0)) <= 0).all()


def test_inference_does_not_depend_on_the_rest_of_the_batch(rng):
    images = jnp.asarray(rng.uniform(size=(6, 28, 28, 1)), jnp.float32)
    model = Autoencoder("vrrae", (28, 28, 1), Sizes(12, 3, 2), key=jax.random.key(0))
    model = with_basis(model, jnp.linalg.qr(jax.random.normal(jax.random.key(1), (12, 3)))[0])
    np.testing.assert_allclose(model.posterior(images).mean[2:3], model.posterior(images[2:3]).mean, atol=1e-5)


def test_a_model_without_its_basis_says_so():
    model = Autoencoder("rrae", (28, 28, 1), Sizes(12, 3, 2), key=jax.random.key(0))
    with pytest.raises(ValueError, match="no basis yet"):
        model.posterior(jnp.zeros((1, 28, 28, 1)))


@pytest.mark.parametrize("content", [b"", b"not json\n", b'{"method": "ae"}\n', None])
def test_damaged_model_files_are_refused(tmp_path, tiny_images, trained, run_spec, content):
    path = tmp_path / "model.eqx"
    if content is None:
        model, header, _ = trained(run_spec("ae", epochs=0.4), tiny_images, tmp_path)
        save_model(path, model, header)
        content = path.read_bytes()[:-1000]
    path.write_bytes(content)
    with pytest.raises(UserError, match="is not a model file, or is damaged"):
        load_model(path)
