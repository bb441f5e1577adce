"""A bottleneck that does not do what its method promises is refused before anything is trained."""

import sys
from types import ModuleType

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vrrae_bench.artefacts.methods import Method, methods
from vrrae_bench.models.bottleneck import Bottleneck, Posterior, Sizes
from vrrae_bench.models.contract import check_bottleneck
from vrrae_bench.models.methods.truncated_svd import TruncatedSVD
from vrrae_bench.models.methods.variational_svd import VariationalSVD
from vrrae_bench.system.errors import UserError

SIZES = Sizes(latent_size=6, bottleneck=3)


class Plain(Bottleneck):
    def posterior(self, encoding):
        return Posterior(encoding)


class Variational(Bottleneck):
    def posterior(self, encoding):
        return Posterior(encoding, -jnp.ones_like(encoding))


class OneMeanForAll(Bottleneck):
    """The decoder's input would be broadcast over the batch."""

    def posterior(self, encoding):
        return Posterior(encoding.mean(axis=0, keepdims=True))

    def __call__(self, encoding, key):  # the inherited function would be checked by its annotations in tests
        return self.posterior(encoding).mean, self.posterior(encoding)


class Wide(Bottleneck):
    """It passes twice as many numbers through the bottleneck as the other methods."""

    def posterior(self, encoding):
        return Posterior(jnp.concatenate([encoding, encoding**2], axis=1))

    def decode(self, point):
        return point[:, :3] + point[:, 3:]


class OneVariance(Bottleneck):
    """The KL divergence would be summed over one number in place of all."""

    def posterior(self, encoding):
        return Posterior(encoding, jnp.zeros((1, 1)))


class Penalised(Plain):
    def penalty(self, encoder, images, posterior, key):
        return jnp.sum(posterior.mean**2)


class Centred(Bottleneck):
    def posterior(self, encoding):
        return Posterior(encoding - encoding.mean(axis=0))


class RelativeToTheFirst(Bottleneck):
    def posterior(self, encoding):
        return Posterior(encoding - encoding[0])


class DividedByTheNumber(Bottleneck):
    def posterior(self, encoding):
        return Posterior(encoding / len(encoding))


class NoPosterior(Bottleneck):
    """It returns the means by themselves."""

    def posterior(self, encoding):
        return encoding


class Scaled(Bottleneck):
    """Its points are divided by the length of a column, where the length of a row was meant."""

    def posterior(self, encoding):
        return Posterior(encoding)

    def decode(self, point):
        return point / jnp.linalg.norm(point, axis=0, keepdims=True)


class Standardised(Bottleneck):
    """It divides by what is found after training, which is 0 before."""

    spread: jax.Array | None

    def __init__(self, sizes, *, key):
        self.spread = None

    def posterior(self, encoding):
        return Posterior(encoding if self.spread is None else encoding / (0 * self.spread))

    def after_training(self, encodings):
        return self.like_trained()

    def like_trained(self):
        return eqx.tree_at(lambda one: one.spread, self, jnp.zeros(3), is_leaf=lambda leaf: leaf is None)


class PenaltyOfEachImage(Bottleneck):
    def posterior(self, encoding):
        return Posterior(encoding)

    def penalty(self, encoder, images, posterior, key):
        return jnp.sum(posterior.mean**2, axis=1)


class ForgetfulStep(Plain):
    """It lacks a `return`."""

    def after_step(self, posterior):
        self.posterior(posterior.mean)


class ForgetfulTraining(Plain):
    """It lacks a `return`."""

    def after_training(self, encodings):
        self.posterior(encodings())


class WithoutBasis(TruncatedSVD):
    def __call__(self, encoding, key):
        point, posterior = super().__call__(encoding, key)
        return point, posterior._replace(basis=None)


class PosteriorOfItsOwn(TruncatedSVD):
    """Training would not call it."""

    def posterior(self, encoding):
        return Posterior(2 * super().posterior(encoding).mean)


class DecodedOtherwise(TruncatedSVD):
    def decode(self, point):
        return jnp.tanh(super().decode(point))


class Doubled(TruncatedSVD):
    def posterior_of(self, coefficients):
        return Posterior(2 * coefficients)


class ScaleOfEachDimension(VariationalSVD):
    """Its scales would belong to other dimensions when these are sorted after training."""

    scales: jax.Array

    def __init__(self, sizes, mean="identity", *, key):
        super().__init__(sizes, mean, key=key)
        self.scales = jnp.arange(1.0, 4.0)

    def posterior_of(self, coefficients):
        found = super().posterior_of(coefficients)
        return found._replace(log_variance=found.log_variance + jnp.log(self.scales))


class InPairs(Bottleneck):
    """It works for even sizes only."""

    def posterior(self, encoding):
        pairs = encoding.reshape(len(encoding), -1, 2)
        return Posterior((pairs / jnp.linalg.norm(pairs, axis=2, keepdims=True)).reshape(encoding.shape))


class InGroupsOfThree(Bottleneck):
    """It fails with the small sizes with which functions are run first."""

    def posterior(self, encoding):
        return Posterior(encoding.reshape(len(encoding), -1, 3).sum(axis=2).repeat(3, axis=1))


class OwnBasis(Bottleneck):
    """It truncates, but does not say in which basis points are decoded."""

    def __call__(self, encoding, key):
        basis = jnp.eye(encoding.shape[1])[:, : encoding.shape[1] // 2]
        mean = encoding @ basis
        return mean @ basis.T, Posterior(mean, basis=basis)

    def posterior(self, encoding):
        return Posterior(encoding[:, : encoding.shape[1] // 2])

    def decode(self, point):
        return jnp.concatenate([point, jnp.zeros_like(point)], axis=1)


TRUNCATES = {"width": "latent_size", "truncates": True}


@pytest.fixture
def check(monkeypatch):
    """A factory: check the bottleneck of a method whose file holds a class."""

    def of(bottleneck, sizes=SIZES, **entry):
        module = ModuleType("vrrae_bench.models.methods.mine")
        setattr(module, bottleneck.__name__, bottleneck)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        method = Method(file="mine", bottleneck=bottleneck.__name__, **{"width": "bottleneck"} | entry)
        check_bottleneck.__wrapped__(method, sizes, 16)

    return of


@pytest.mark.parametrize(
    ("bottleneck", "entry", "told"),
    [
        (Plain, {"variational": True}, "log-variance of the posteriors of a batch in training is missing"),
        (Variational, {}, 'has a log-variance, and the entry in METHODS does not say "variational": True'),
        (OneVariance, {"variational": True}, "log-variance .* in training has the shape \\(1, 1\\). It has to be"),
        (OneMeanForAll, {}, "The decoder's input .* has the shape \\(1, 3\\). It has to be \\(16, 3\\)"),
        (Wide, {}, "mean of the posteriors of a batch after training has the shape \\(16, 6\\). It has to be"),
        (Penalised, {}, 'The class has function penalty, and the entry in METHODS does not say "penalised"'),
        (Plain, {"penalised": True}, 'The class has no function penalty, and the entry in METHODS says "penalised"'),
        (Centred, {}, "depends on the other images of its batch"),
        (Scaled, {}, "depends on the other images of its batch"),
        (RelativeToTheFirst, {}, "depends on the other images of its batch"),
        (DividedByTheNumber, {}, "depends on the other images of its batch"),
        (PenaltyOfEachImage, {"penalised": True}, "The penalty of a batch is .*It has to be a single number"),
        (ForgetfulStep, {}, "The result of after_step is not the bottleneck"),
        (ForgetfulTraining, {}, "The result of after_training is not the bottleneck"),
        (Plain, TRUNCATES, "mean of the posteriors of a batch in training has the shape"),
        (WithoutBasis, TRUNCATES, 'basis .* is missing, although the entry in METHODS says "truncates": True'),
        (PosteriorOfItsOwn, TRUNCATES, "the posteriors of a batch are not those that it had in training"),
        (ScaleOfEachDimension, TRUNCATES | {"variational": True}, "are not those that it had in training"),
    ],
)
def test_a_bottleneck_that_would_be_trained_as_another_method_is_refused(bottleneck, entry, told, check):
    with pytest.raises(UserError, match=told) as caught:
        check(bottleneck, **entry)
    assert f"models/methods/mine.py: the bottleneck {bottleneck.__name__} does not" in str(caught.value)


def test_a_bottleneck_that_fails_is_told_with_its_error(check):
    with pytest.raises(UserError, match="the bottleneck NoPosterior fails with .*; nothing was trained"):
        check(NoPosterior)


@pytest.mark.parametrize(
    ("bottleneck", "entry"),
    [
        (Plain, {}),
        (Plain, {"width": "latent_size"}),
        (Variational, {"variational": True}),
        (Penalised, {"penalised": True}),
        (Standardised, {}),
        (DecodedOtherwise, TRUNCATES),
        (Doubled, TRUNCATES),
    ],
)
def test_a_bottleneck_that_does_what_its_entry_says_is_not_refused(bottleneck, entry, check):
    check(bottleneck, **entry)


def test_a_truncating_method_decodes_in_training_as_afterwards(rng):
    """And has the same posteriors, if the basis of the batch is the basis of all images."""
    rows = jnp.asarray(rng.normal(size=(16, 6)), jnp.float32)
    for method in (DecodedOtherwise, Doubled):
        in_training, posterior = method(SIZES, key=jax.random.key(0))(rows, jax.random.key(1))
        trained = method(SIZES, key=jax.random.key(0)).after_training(lambda: np.asarray(rows))
        np.testing.assert_allclose(trained.posterior(rows).mean, posterior.mean, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(trained.decode(trained.posterior(rows).mean), in_training, rtol=1e-4, atol=1e-4)


def test_small_sizes_refuse_no_bottleneck_that_works_with_the_configured_sizes(check):
    for bottleneck, k in ((InPairs, 6), (InGroupsOfThree, 9)):
        check(bottleneck, sizes=Sizes(latent_size=40, bottleneck=k))


def test_a_method_that_truncates_decodes_in_the_basis_of_a_batch(check):
    with pytest.raises(UserError, match="the bottleneck OwnBasis fails with ValueError: OwnBasis has no basis"):
        check(OwnBasis, **TRUNCATES)


@pytest.mark.parametrize("method", methods())
def test_every_method_does_what_its_entry_says(method):
    check_bottleneck(methods()[method], SIZES._replace(linear_layers=2), 16)


def test_nothing_is_trained_by_a_method_that_is_refused(monkeypatch, run_spec, tiny_images, trained, tmp_path):
    monkeypatch.setattr("vrrae_bench.models.methods.identity.Identity", Centred)
    check_bottleneck.cache_clear()
    with pytest.raises(UserError, match="nothing was trained"):
        trained(run_spec("ae"), tiny_images, tmp_path)
    check_bottleneck.cache_clear()
