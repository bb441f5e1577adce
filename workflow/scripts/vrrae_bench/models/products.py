"""Matrix products whose operands may be rounded to a coarser type: all that a `precision` below float32 changes.

The sums of such a product are float32. On a CPU this form, bfloat16 times bfloat16 into float32, is the only one that
XLA computes with a processor's instructions for bfloat16 (AMX, avx512_bf16). A product whose result is bfloat16 too is
widened first and computed in float32. `make speed-precision` measures what it brings.

JAX's own derivative of such a product multiplies the float32 gradient by the bfloat16 operand, which is no product in
bfloat16. So each function here that is differentiated brings its derivative, and `convolutions` does so for its layers.
"""

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Axes = Sequence[int]


def rounded(x: Float[Array, "*shape"], precision: str | None) -> Float[Array, "*shape"]:
    """The array in the type `precision`; as it is, if that is None."""
    return x if precision is None else x.astype(precision)


def moved(x: Float[Array, "..."], move: Callable[[Array], Array], precision: str | None) -> Float[Array, "..."]:
    """What a function that only copies numbers makes of the rounded array.

    The numbers are copied as integers: XLA on a CPU widens bfloat16 to float32 for whatever it does with it but
    multiplying, copies and paddings included.
    """
    if precision is None:
        return move(x)
    integer = f"uint{8 * jnp.dtype(precision).itemsize}"
    return lax.bitcast_convert_type(move(lax.bitcast_convert_type(rounded(x, precision), integer)), precision)


def product(
    a: Float[Array, "..."], b: Float[Array, "..."], axes: tuple[Axes, Axes], precision: str | None
) -> Float[Array, "..."]:
    """The sum of products over `axes[0]` of a and `axes[1]` of b, as `jnp.tensordot` has it.

    Args:
        precision: Type to which the operands are rounded; the sums are float32 then. None computes in their own type.
    """
    if precision is None:
        return jnp.tensordot(a, b, axes)
    return jnp.tensordot(rounded(a, precision), rounded(b, precision), axes, preferred_element_type=jnp.float32)


def linear_map(
    x: Float[Array, "*rows I"], weight: Float[Array, "I O"], precision: str | None = None
) -> Float[Array, "*rows O"]:
    """`x @ weight`; with a `precision`, this product and both of its derivative have rounded operands."""
    return x @ weight if precision is None else _rounded_map(x, weight, precision)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _rounded_map(x: Float[Array, "*rows I"], weight: Float[Array, "I O"], precision: str) -> Float[Array, "*rows O"]:
    return _rounded_map_forward(x, weight, precision)[0]


def _rounded_map_forward(
    x: Float[Array, "*rows I"], weight: Float[Array, "I O"], precision: str
) -> tuple[Float[Array, "*rows O"], tuple[Float[Array, "*rows I"], Float[Array, "I O"]]]:
    x, weight = rounded(x, precision), rounded(weight, precision)
    return product(x, weight, ((-1,), (0,)), precision), (x, weight)


def _rounded_map_backward(
    precision: str, residuals: tuple[Float[Array, "*rows I"], Float[Array, "I O"]], g: Float[Array, "*rows O"]
) -> tuple[Float[Array, "*rows I"], Float[Array, "I O"]]:
    x, weight = residuals
    rows = tuple(range(x.ndim - 1))
    g = rounded(g, precision)
    # With an axis of size 1 between: the sum of two matrices over the rows of both, XLA widens to float32.
    of_weight = product(x[..., None, :], g, (rows, rows), precision)[0]
    return product(g, weight, ((-1,), (1,)), precision), of_weight


_rounded_map.defvjp(_rounded_map_forward, _rounded_map_backward)
