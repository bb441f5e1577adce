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


@cache
def check_bottleneck(method: Method, sizes: Sizes, batch_size: int) -> None:
    """Refuse a method whose bottleneck does not do what its entry in `METHODS` and docs/own-method.md say.

    Raises:
        UserError: It does not. The message has everything that is wrong.
    """
    try:
        problems = list(_misfits(method, sizes, batch_size))
        mixes = not problems and _mixes_images(method, sizes)
    except Exception as error:  # whatever a method of a user's own may raise
        first_line = next(iter(str(error).splitlines()), "")
        raise UserError(
            f"{method.module}.py: the bottleneck {method.bottleneck} fails with {type(error).__name__}: {first_line}; "
            "nothing was trained. docs/own-method.md says what each of its functions takes and gives."
        ) from error
    if mixes:
        problems.append(
            "After training, the posterior of an image, or its decoded point, depends on the other images of its "
            "batch. Each row of the result may depend on the same row of the argument only."
        )
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
