"""The contract of every method: it trains, encodes, decodes, samples, saves and loads, the same for the same seed."""

import math
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.methods import Method, methods
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.latent.diagnostics import singular_values
from vrrae_bench.latent.sampling import draw_samples
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.basis import global_basis
from vrrae_bench.models.bottleneck import Bottleneck, Posterior, Sizes
from vrrae_bench.models.convolutions import conv_valid
from vrrae_bench.models.inference import decode, encode, posteriors
from vrrae_bench.models.layers import Convolution
from vrrae_bench.models.methods.variational_svd import places, sides
from vrrae_bench.models.serialisation import ModelHeader, load_model, save_model
from vrrae_bench.models.truncation import truncated_coefficients
from vrrae_bench.scoring.model_scores import model_scores
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import sha256


@eqx.filter_jit
def training_pass(model, images, key):
    """Reconstructions and posterior of a batch as in training, with noise from the key."""
    return model(images, key)


class Finished(NamedTuple):
    """A short training, and what came of it."""

    spec: RunSpec
    model: Autoencoder
    header: ModelHeader
    history: list[dict[str, float]]

    @property
    def method(self):
        return self.spec.definition

    def posteriors(self, images):
        return posteriors(self.model, self.header.normalisation, images)

    def decode(self, points):
        return np.concatenate(list(decode(self.model, self.header.normalisation, points)))


@pytest.fixture(scope="module", params=methods())
def finished(request, trained, run_spec, tiny_images, tmp_path_factory):
    """Each method, trained for two epochs of three steps."""
    spec = run_spec(request.param)
    return Finished(spec, *trained(spec, tiny_images, tmp_path_factory.mktemp(request.param)))


def test_every_epoch_has_a_row_whose_loss_is_the_sum_of_its_weighted_parts(finished):
    assert [(row["epoch"], row["step"]) for row in finished.history] == [(1, 3), (2, 6)]
    for row in finished.history:
        expected = row["reconstruction_error"] + (finished.spec.beta or 0) * row["kl_divergence"]
        expected += (finished.spec.penalty_weight or 0) * row["penalty"]
        assert np.isfinite(expected) and row["loss"] == pytest.approx(expected, rel=1e-5)


def test_a_method_says_in_its_line_whether_its_loss_has_a_penalty(finished):
    own = type(finished.model.bottleneck).penalty is not Bottleneck.penalty
    assert own == finished.method.penalised == any(row["penalty"] for row in finished.history)


def test_every_image_has_a_posterior_and_every_point_an_image(finished, tiny_images):
    images = tiny_images.array("test")
    posterior = finished.posteriors(images)
    width = 12 if finished.method.width == "latent_size" and not finished.method.truncates else 3
    assert posterior.mean.shape == (len(images), width)
    assert (posterior.log_variance is not None) == finished.method.variational
    assert finished.decode(posterior.mean).shape == images.shape


def test_a_saved_model_comes_back_as_it_was(finished, tiny_images, tmp_path):
    save_model(tmp_path / "model.eqx", finished.model, finished.header)
    loaded, header = load_model(tmp_path / "model.eqx")
    assert header == finished.header and header.run == finished.spec
    points = finished.posteriors(tiny_images.array("test")).mean
    decoded = np.concatenate(list(decode(loaded, header.normalisation, points)))
    np.testing.assert_array_equal(decoded, finished.decode(points))


def test_the_same_seed_gives_the_same_model_to_the_byte(finished, trained, tiny_images, tmp_path):
    model, header, history = trained(finished.spec, tiny_images, tmp_path)
    assert history == finished.history
    save_model(tmp_path / "first.eqx", finished.model, finished.header)
    save_model(tmp_path / "again.eqx", model, header)
    assert sha256(tmp_path / "again.eqx") == sha256(tmp_path / "first.eqx")


def test_images_are_drawn_as_the_data_are_stored_and_the_model_is_scored(finished, tiny_images, sample_spec):
    samples = draw_samples(finished.model, finished.header, tiny_images, sample_spec, finished.spec.seed)
    assert samples.random.shape == (30, 28, 28, 1) and samples.interpolation.shape == (20, 28, 28, 1)
    assert samples.random.dtype == samples.interpolation.dtype == np.uint8
    scores = model_scores(finished.model, finished.header, tiny_images)
    assert 0 < scores["reconstruction_error"] < 200 and scores["sharpness_reconstruction"] >= 0
    assert ("identity_energy" in scores) == finished.method.truncates
    if finished.method.truncates:
        assert scores["identity_orthonormal"] < 1e-4 and scores["identity_energy"] < 1e-5
        # The means are the coefficients, but for a method that maps them once more, and says so in its line.
        name = "train_coefficients" if finished.method.maps_coefficients else "train_mean"
        encodings = encode(finished.model.encoder, finished.header.normalisation, tiny_images.array("train"))
        expected = np.linalg.svd(encodings.astype(np.float64), compute_uv=False)[:3]
        np.testing.assert_allclose(singular_values(samples.latents[name]), expected, rtol=1e-4)
        # Up to the sides of the vectors, which are those of the last batch for a method with noise.
        basis, expected = finished.model.bottleneck.basis, global_basis(encodings, 3)
        np.testing.assert_allclose(basis * sides(basis, jnp.asarray(expected)), expected, atol=1e-5)


@pytest.mark.parametrize("method", ["vae", "vrrae", "contractive_ae"])
def test_standardised_colour_images_are_trained_on_and_drawn_too(
    method, trained, run_spec, tiny_colours, sample_spec, tmp_path
):
    """With and without a truncation, and with a penalty that sees the images; no other method's bottleneck does."""
    model, header, history = trained(run_spec(method), tiny_colours, tmp_path)
    assert len(history) == 2 and all(np.isfinite(list(row.values())).all() for row in history)
    samples = draw_samples(model, header, tiny_colours, sample_spec, seed=0)
    assert samples.random.shape == (30, 32, 32, 3) and samples.random.dtype == np.float32


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (32, 3), (64, 1), (160, 3)])
def test_every_image_size_of_the_paper_comes_back(size, channels, untrained):
    model = untrained("ae", image_shape=(size, size, channels))
    images = jnp.zeros((2, size, size, channels))
    prediction, posterior = training_pass(model, images, jax.random.key(1))
    assert prediction.shape == images.shape
    assert posterior.mean.shape == (2, 3)


def test_the_network_has_the_sizes_of_the_published_code(untrained):
    """Counted by hand for MNIST, L = 100: convolutions, transposed convolutions and both linear layers."""
    model = untrained("rrae", Sizes(100, 16))
    count = sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(model, eqx.is_array)))
    encoder = (9 * 1 + 1) * 32 + (9 * 32 + 1) * 64 + (7 * 7 * 64 + 1) * 100
    transposed = sum(9 * i * o + o for i, o in [(32, 256), (256, 128), (128, 32), (32, 8)])
    decoder = (100 + 1) * 2 * 2 * 32 + transposed + (25 * 8 + 1)
    assert count == encoder + decoder


def test_vrrae_without_noise_is_rrae(rng, untrained):
    """The mean of VRRAE is the identity of RRAE's coefficients (Remark 1)."""
    images = jnp.asarray(rng.uniform(size=(16, 28, 28, 1)), jnp.float32)
    vrrae = untrained("vrrae")
    rrae = untrained("rrae")
    silent = eqx.tree_at(lambda m: m.bottleneck.log_variance.bias, vrrae, jnp.full(3, -200.0))
    predictions = [training_pass(model, images, jax.random.key(1))[0] for model in (silent, rrae)]
    np.testing.assert_allclose(*predictions, atol=1e-5)


@pytest.mark.parametrize("method", methods())
def test_only_variational_methods_train_with_noise(method, rng, untrained):
    images = jnp.asarray(rng.uniform(size=(16, 28, 28, 1)), jnp.float32)
    model = untrained(method)
    (one, posterior), (other, same_posterior) = (training_pass(model, images, jax.random.key(seed)) for seed in (1, 2))
    np.testing.assert_array_equal(posterior.mean, same_posterior.mean)
    assert np.array_equal(one, other) != methods()[method].variational


def test_the_noise_of_a_variational_method_has_the_variance_it_states(rng, untrained):
    model = untrained("vae")
    posterior = model.bottleneck.posterior(jnp.asarray(rng.normal(size=(4, 3)), jnp.float32))
    draws = jax.vmap(posterior.sample)(jax.random.split(jax.random.key(2), 4000))
    np.testing.assert_allclose(draws.mean(axis=0), posterior.mean, atol=0.08)
    np.testing.assert_allclose(draws.var(axis=0), np.exp(posterior.log_variance), rtol=0.12)


def test_the_noise_of_every_coordinate_of_every_image_is_its_own():
    """Noise shared by a batch, or by the coordinates of an image, would have the right variance too."""
    posterior = Posterior(jnp.zeros((4, 3)), jnp.zeros((4, 3)))
    draws = jax.vmap(posterior.sample)(jax.random.split(jax.random.key(0), 2000)).reshape(2000, 12)
    np.testing.assert_allclose(np.cov(draws.T), np.eye(12), atol=0.15)


def test_every_layer_starts_uniform_as_those_of_the_published_code(untrained):
    """In +- 1 / sqrt(inputs of one output), written out for MNIST, L = 100: weights and biases."""
    model = untrained("rrae", Sizes(100, 16))
    inputs = {"encoder": [9, 9 * 32, 7 * 7 * 64], "decoder": [100, 9 * 32, 9 * 256, 9 * 128, 9 * 32, 25 * 8]}
    layers = {
        "encoder": [*model.encoder.convolutions, model.encoder.linear],
        "decoder": [model.decoder.linear, *model.decoder.transposed, model.decoder.last],
    }
    for part, counts in inputs.items():
        for layer, count in zip(layers[part], counts, strict=True):
            for values in jax.tree.leaves(eqx.filter(layer, eqx.is_array)):
                assert np.abs(values).max() <= 1 / math.sqrt(count)
                assert values.size < 100 or np.abs(values).max() > 0.95 / math.sqrt(count)


def test_the_same_seed_starts_with_the_numbers_that_jax_draws_for_each_shape():
    key = jax.random.key(3)
    kernel_key, bias_key = jax.random.split(key)
    layer = Convolution(conv_valid, 3, 4, 5, key=key)
    draw = partial(jax.random.uniform, minval=-1 / 6, maxval=1 / 6)  # one over the root of 3 * 3 * 4 inputs
    assert (layer.kernel == draw(kernel_key, (3, 3, 4, 5))).all() and (layer.bias == draw(bias_key, (5,))).all()


@pytest.mark.parametrize("method", ["rrae", "vrrae", "rrae_vae"])
def test_the_gradient_of_a_truncated_bottleneck_is_that_of_lapack(method, rng, untrained):
    """Without noise. RRAE + VAE maps its coefficients, and so depends on the rotation of the basis within its span."""
    left, right = (np.linalg.qr(rng.normal(size=(n, 12)))[0] for n in (12, 30))
    encoding = jnp.asarray((right * 1.5 ** -np.arange(12)) @ left.T, jnp.float32)
    bottleneck = untrained(method, Sizes(12, 4)).bottleneck
    if method != "rrae":
        silent = jnp.zeros((4, 4)), jnp.full(4, -200.0)
        bottleneck = eqx.tree_at(lambda b: (b.log_variance.weight, b.log_variance.bias), bottleneck, silent)

    def ours(encoding):
        decoder_input, posterior = bottleneck(encoding, jax.random.key(1))
        return jnp.sum(jnp.sin(3 * decoder_input)) + jnp.sum(posterior.mean**2)

    def by_lapack(encoding):
        basis, values, codes = jnp.linalg.svd(encoding.T, full_matrices=False)
        side = jnp.sign(jnp.sum(basis[:, :4] * truncated_coefficients(encoding.T, 4)[0], axis=0))
        coefficients = (values[:4, None] * codes[:4]).T * jax.lax.stop_gradient(side)
        mean = coefficients if method == "rrae" else bottleneck.mean(coefficients)
        return jnp.sum(jnp.sin(3 * mean @ (basis[:, :4] * jax.lax.stop_gradient(side)).T)) + jnp.sum(mean**2)

    with jax.enable_x64(True):
        encoding = jnp.asarray(encoding, jnp.float64)
        found, expected = jax.grad(ours)(encoding), jax.grad(by_lapack)(encoding)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_noise_turns_no_axes_of_vrrae_within_their_span(rng, untrained):
    """Its gradient is that of a basis which follows the span and does not turn in it. With turns, training jumps."""
    left, right = (np.linalg.qr(rng.normal(size=(n, 12)))[0] for n in (12, 30))
    start = jnp.asarray((right * 1.5 ** -np.arange(12)) @ left.T, jnp.float32)
    bottleneck = untrained("vrrae", Sizes(12, 4)).bottleneck

    def ours(encoding):
        return jnp.sum(jnp.sin(3 * bottleneck(encoding, jax.random.key(1))[0]))

    def by_lapack(encoding):
        vectors = jnp.linalg.svd(encoding.T, full_matrices=False)[0][:, :4]
        # The projector is the same however the vectors are turned, and so is what it does to fixed ones.
        basis = vectors @ vectors.T @ truncated_coefficients(jax.lax.stop_gradient(encoding.T), 4)[0]
        mean = encoding @ basis
        noise = jax.random.normal(jax.random.key(1), mean.shape) * jnp.exp(bottleneck.log_variance(mean) / 2)
        return jnp.sum(jnp.sin(3 * (mean + noise) @ basis.T))

    with jax.enable_x64(True):
        encoding = jnp.asarray(start, jnp.float64)
        found, expected = jax.grad(ours)(encoding), jax.grad(by_lapack)(encoding)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("method", ["vrrae", "rrae_vae"])
def test_singular_vectors_keep_the_side_they_were_on(method, rng, untrained):
    """Or the log-variances, linear in the coefficients, would be those of other images for a whole batch."""
    encoding = jnp.asarray(rng.normal(size=(16, 12)), jnp.float32)
    bottleneck = untrained(method, Sizes(12, 3)).bottleneck
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
def test_singular_vectors_keep_their_places_when_their_values_cross(method, rng, untrained):
    """Two batches of the same three directions, of which the first and the last change ranks."""
    directions = jnp.linalg.qr(jnp.asarray(rng.normal(size=(12, 3)), jnp.float32))[0]
    codes = jnp.asarray(np.linalg.qr(rng.normal(size=(16, 3)))[0], jnp.float32)
    before, after = ((codes * jnp.array(sizes)) @ directions.T for sizes in ([5.0, 3.0, 2.0], [2.0, 3.0, 5.0]))
    bottleneck = untrained(method, Sizes(12, 3)).bottleneck
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
    means = posteriors(model, header.normalisation, tiny_images.array("train")).mean
    assert (np.diff(np.linalg.norm(means, axis=0)) <= 0).all()


def test_inference_does_not_depend_on_the_rest_of_the_batch(rng, untrained):
    images = jnp.asarray(rng.uniform(size=(6, 28, 28, 1)), jnp.float32)
    model = untrained("vrrae")
    basis = jnp.linalg.qr(jax.random.normal(jax.random.key(1), (12, 3)))[0]
    model = model.with_bottleneck(model.bottleneck.with_basis(basis))
    whole, alone = (eqx.filter_jit(model.posterior)(batch).mean for batch in (images, images[2:3]))
    np.testing.assert_allclose(whole[2:3], alone, atol=1e-5)


def test_a_model_without_its_basis_says_so(untrained):
    model = untrained("rrae")
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
    with pytest.raises(UserError, match="is not a model file, or is damaged|is cut short or damaged"):
        load_model(path)


def test_a_file_of_another_network_is_not_called_damaged_alone(tmp_path, untrained, run_spec):
    """As if the method had been changed since: the file may be sound."""
    header = ModelHeader(run=run_spec("ae"), image_shape=(28, 28, 1), normalisation=Normalisation(shift=0, scale=255))
    path = tmp_path / "model.eqx"
    save_model(path, untrained("ae", Sizes(12, 4)), header)
    with pytest.raises(UserError, match="If another version of this code wrote it, load it with that version"):
        load_model(path)
    definition = Method(file="mine", bottleneck="Mine", width="bottleneck")
    mine = run_spec("ae").model_copy(update={"method": "mine", "definition": definition})
    save_model(
        path,
        untrained("ae"),
        header.model_copy(update={"run": mine}),
    )
    with pytest.raises(UserError, match="trained by the method 'mine', which this code does not have"):
        load_model(path)
