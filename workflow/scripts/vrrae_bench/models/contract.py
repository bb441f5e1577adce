"""What a bottleneck has to do, checked before a training begins.

A bottleneck that does something else could be trained all the same: arrays of other shapes are broadcast, and a part of
the loss that is missing counts as 0.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from vrrae_bench.artefacts.methods import Method
from vrrae_bench.models.autoencoder import bottleneck_class
from vrrae_bench.models.bottleneck import Bottleneck, Posterior, Sizes
from vrrae_bench.system.errors import UserError, numbered

# The number of images for which it is asked whether the posterior of an image depends on other images.
FEW = 4
# Small sizes, with which the functions of a bottleneck are run. With those of CelebA, this would take half a minute.
SMALL = Sizes(latent_size=16, bottleneck=4)


@cache
def check_bottleneck(method: Method, sizes: Sizes, batch_size: int) -> None:
    """Refuse a method whose bottleneck does not do what its entry in `METHODS` and docs/own-method.md say.

    Raises:
        UserError: It does not. The message has everything that is wrong.
    """
    try:
        problems = list(_misfits(method, sizes, batch_size)) or _inconsistencies(method, sizes)
    except Exception as error:  # whatever a method of a user's own may raise
        first_line = next(iter(str(error).splitlines()), "")
        raise UserError(
            f"{method.module}.py: the bottleneck {method.bottleneck} fails with {type(error).__name__}: {first_line}; "
            "nothing was trained. docs/own-method.md says what each of its functions takes and gives."
        ) from error
    if problems:
        raise UserError(
            f"{method.module}.py: the bottleneck {method.bottleneck} does not do what it has to; nothing was trained. "
            f"docs/own-method.md says what a bottleneck has to do.\n{numbered(problems)}"
        )


def _misfits(method: Method, sizes: Sizes, batch_size: int) -> Iterator[str]:
    """What is wrong with the shapes that a bottleneck gives, and with the parts that its method has. Nothing is run."""
    key = jax.eval_shape(lambda: jax.random.key(0))
    bottleneck, trained = (eqx.filter_eval_shape(make, method, sizes) for make in (_start, _like_trained))
    width, size = getattr(sizes, method.width), getattr(sizes, method.size_key)
    encoding, points = (jax.ShapeDtypeStruct((batch_size, axis), jnp.float32) for axis in (width, size))
    decoder_input, posterior = eqx.filter_eval_shape(bottleneck, encoding, key)
    of_trained = eqx.filter_eval_shape(lambda model, rows: model.posterior(rows), trained, encoding)
    expected = {
        "The decoder's input of a batch in training": (decoder_input, encoding),
        "The mean of the posteriors of a batch in training": (posterior.mean, points),
        "The mean of the posteriors of a batch after training": (of_trained.mean, points),
    }
    if method.truncates and posterior.basis is None:
        yield 'The basis of a batch in training is missing, although the entry in METHODS says "truncates": True.'
    elif method.truncates:
        expected["The basis of a batch in training"] = posterior.basis, jax.ShapeDtypeStruct((width, size), jnp.float32)
    if of_trained.mean.shape == points.shape:
        decoded = eqx.filter_eval_shape(lambda model, rows: model.decode(rows), trained, points)
        expected["The result of decode"] = decoded, encoding
    if method.variational:
        expected["The log-variance of the posteriors of a batch in training"] = (posterior.log_variance, points)
        expected["The log-variance of the posteriors of a batch after training"] = (of_trained.log_variance, points)
    elif posterior.log_variance is not None or of_trained.log_variance is not None:
        yield 'The posterior has a log-variance, and the entry in METHODS does not say "variational": True.'
    for what, (found, asked) in expected.items():
        if found is None:
            yield f'{what} is missing, although the entry in METHODS says "variational": True.'
        elif found.shape != asked.shape:
            yield f"{what} has the shape {found.shape}. It has to be {asked.shape}."
    if (type(bottleneck).penalty is not Bottleneck.penalty) != method.penalised:
        has, says = ("has", "does not say") if not method.penalised else ("has no", "says")
        remedy = "" if method.penalised else " A class that only inherits it may say `penalty = Bottleneck.penalty`."
        yield f'The class {has} function penalty, and the entry in METHODS {says} "penalised": True.{remedy}'


def _inconsistencies(method: Method, sizes: Sizes) -> list[str]:
    """What a bottleneck with the right shapes does otherwise than it has to, when it is run on random numbers.

    A bottleneck that fails with small sizes, for example because it divides its dimensions into groups, is run with the
    configured sizes.
    """
    smaller = {name: min(size, getattr(sizes, name)) for name, size in SMALL._asdict().items() if size}
    try:
        return list(_inconsistencies_with(method, sizes._replace(**smaller)))
    except Exception:  # whatever a method of a user's own may raise
        return list(_inconsistencies_with(method, sizes))


def _inconsistencies_with(method: Method, sizes: Sizes) -> Iterator[str]:
    yield from _wrong_results(method, sizes)
    if _mixes_images(method, sizes):
        yield (
            "After training, the posterior of an image, or its decoded point, depends on the other images of its "
            "batch. Each row of the result may depend on the same row of the argument only."
        )
    if method.truncates and _differs_after_training(method, sizes):
        yield (
            "After training, the posteriors of a batch are not those that it had in training. A class that inherits "
            "from TruncatedSVD defines posterior_of instead of posterior. Numbers of its own for each dimension have "
            "to follow the dimensions, which after_training sorts by their singular values."
        )


def _wrong_results(method: Method, sizes: Sizes) -> Iterator[str]:
    """Results of `penalty`, `after_step` and `after_training` that are not what they have to be."""
    bottleneck, rows = _start(method, sizes), _random_rows(method, sizes)
    posterior = bottleneck(rows, jax.random.key(0))[1]
    images = jax.ShapeDtypeStruct((len(rows), 1, 1, rows.shape[1]), jnp.float32)
    encoder = jax.vmap(jnp.ravel)  # one that gives encodings of the right shape
    penalty = eqx.filter_eval_shape(bottleneck.penalty, encoder, images, posterior, jax.random.key(0))
    if not isinstance(penalty, float | int) and getattr(penalty, "shape", None) != ():
        yield f"The penalty of a batch is {penalty}. It has to be a single number."
    if posterior.basis is not None and bottleneck.holding(posterior.basis).decode(posterior.mean).shape != rows.shape:
        yield "The result of decode of a batch in training has another shape than its encodings."
    stepped = bottleneck.after_step(posterior)
    if not _alike(stepped, bottleneck):
        yield "The result of after_step is not the bottleneck with arrays of the same shapes."
    elif not _alike(stepped.after_training(lambda: np.asarray(rows)), bottleneck.like_trained()):
        yield "The result of after_training is not the bottleneck with arrays of the shapes of like_trained."


def _alike(bottleneck: Any, other: Bottleneck) -> bool:
    """Whether two bottlenecks have the same parts, and arrays of the same shapes."""
    shapes = [jax.tree.map(jnp.shape, eqx.filter(one, eqx.is_array)) for one in (bottleneck, other)]
    return bool(eqx.tree_equal(*shapes))


def _differs_after_training(method: Method, sizes: Sizes) -> bool:
    """Whether a batch has other posteriors after training than in training, if its basis is the basis of all images.

    The latents have rank k. The batch before had the same singular vectors in another order, so that a method which
    keeps places from batch to batch has them in another order than after training. The order of dimensions therefore
    does not count here. The singular values lie so far apart that rounding does not mix their vectors.
    """
    vectors, _, images = np.linalg.svd(np.asarray(_random_rows(method, sizes)).T, full_matrices=False)
    k = sizes.bottleneck
    before, now = (
        jnp.asarray((vectors[:, :k] * values) @ images[:k], jnp.float32).T
        for values in (np.geomspace(1, 100, k), np.geomspace(100, 1, k))
    )
    bottleneck, of_batch = _start(method, sizes), eqx.filter_jit(lambda model, rows: model(rows, jax.random.key(0))[1])
    bottleneck = bottleneck.after_step(of_batch(bottleneck, before))
    in_training = of_batch(bottleneck, now)
    afterwards = bottleneck.after_training(lambda: np.asarray(now)).posterior(now)
    means = np.asarray(in_training.mean), np.asarray(afterwards.mean)
    order = np.linalg.norm(means[0][:, :, None] - means[1][:, None], axis=0).argmin(axis=1)
    return not all(
        np.allclose(one, other[:, order], rtol=0, atol=1e-2 * np.abs(one).max())
        for one, other in zip(in_training[:2], afterwards[:2])
        if one is not None and other is not None
    )


def _random_rows(method: Method, sizes: Sizes) -> Float[Array, "B E"]:
    """Encodings of more images than a bottleneck has dimensions."""
    shape = (sizes.bottleneck + FEW, getattr(sizes, method.width))
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


def _mixes_images(method: Method, sizes: Sizes) -> bool:
    """Whether the result of one image after training changes if another image changes, or if there are fewer images.

    The values of the bottleneck's own arrays do not matter.
    """
    trained = jax.tree.map(_some_value, eqx.filter_eval_shape(_like_trained, method, sizes))
    random = np.random.default_rng(0)
    rows, others = random.normal(size=(2, FEW, getattr(sizes, method.width))).astype(np.float32)
    found = _of_images(trained, rows)
    for changed in range(FEW):
        keeps = np.arange(FEW) != changed
        of_changed = _of_images(trained, np.where(keeps[:, None], rows, others))
        pairs = zip(jax.tree.leaves(found), jax.tree.leaves(of_changed))
        if not all(np.array_equal(one[keeps], other[keeps], equal_nan=True) for one, other in pairs):
            return True
    fewer = zip(jax.tree.leaves(found), jax.tree.leaves(_of_images(trained, rows[: FEW // 2])))
    return not all(np.allclose(one[: FEW // 2], other, rtol=1e-3, atol=1e-5, equal_nan=True) for one, other in fewer)


def _some_value(leaf: Any) -> Any:
    """An array in place of its shape. Numbers that training changes are not 0, so that they have an effect."""
    if not isinstance(leaf, jax.ShapeDtypeStruct):
        return leaf
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jnp.broadcast_to(jax.random.key(0), leaf.shape)
    return jnp.full(leaf.shape, 0.1, leaf.dtype)


@eqx.filter_jit
def _of_images(
    trained: Bottleneck, encodings: Float[Array | np.ndarray, "N E"]
) -> tuple[Posterior, Float[Array, "N E"]]:
    """The posteriors of encodings after training, and their decoded means."""
    posterior = trained.posterior(jnp.asarray(encodings))
    return posterior, trained.decode(posterior.mean)


def _start(method: Method, sizes: Sizes) -> Bottleneck:
    return bottleneck_class(method)(sizes, **method.options, key=jax.random.key(0))


def _like_trained(method: Method, sizes: Sizes) -> Bottleneck:
    return _start(method, sizes).like_trained()
