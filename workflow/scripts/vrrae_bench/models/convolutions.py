"""Strided convolutions. On a CPU they are written as matrix products, because XLA's own convolutions are slow there.

The public functions take and return NHWC arrays, and take HWIO kernels. On a CPU, the work is done on `C H W B` arrays
(channels first, batch last). A tap, a shift or an interleaving of pixels then moves whole runs of B floats, for which
XLA makes vector loops and memcpy. With channels last, the runs would have 8 to 32 floats (docs/performance.md).

Each layer begins and ends with a transpose, and the two transposes between consecutive layers cancel. Nothing may stand
between them, so the ReLU belongs to the layer.

Products contract arrays without reshaping them. The batch stays an axis of its own, over which XLA can spread the work
on several devices.

With a `precision`, convolutions compute in this coarser type. Arguments and results keep their type.

On a CPU, only the operands of the products are rounded (`products`). They are rounded before their taps are copied,
because then half the bytes are copied.

On a GPU or TPU, the whole layer computes in the coarser type. Their matrix units add in float32 anyway, and the time of
a layer is the time to move its arrays, which have half the size. XLA drops the conversions between two layers.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Shaped

from vrrae_bench.models.products import moved, product, rounded

_LAYOUT = ("NHWC", "HWIO", "NHWC")

Images = Float[Array, "B H W I"]
Kernel = Float[Array, "K K I O"]
Kernel3 = Float[Array, "3 3 I O"]
Bias = Float[Array, " O"]
# What the three kinds of layers make of images.
Doubled = Float[Array, "B 2*H 2*W O"]
Halved = Float[Array, "B (H+1)//2 (W+1)//2 O"]
Cut = Float[Array, "B H-K+1 W-K+1 O"]


def conv_transpose_relu(x: Images, kernel: Kernel3, bias: Bias, precision: str | None = None) -> Doubled:
    """ReLU of a transposed convolution of stride 2: `out[2 i + k - 1] += x[i] kernel[k]` (output padding 1)."""
    return _choose(_transpose_fast, _transpose_plain)(x, kernel, bias, precision)


def conv_stride2_relu(x: Images, kernel: Kernel3, bias: Bias, precision: str | None = None) -> Halved:
    """ReLU of a convolution of stride 2, padding 1: `out[i] = sum_k x[2 i + k - 1] kernel[k]`."""
    return _choose(_stride2_fast, _stride2_plain)(x, kernel, bias, precision)


def conv_valid(x: Images, kernel: Kernel, bias: Bias, precision: str | None = None) -> Cut:
    """Convolution of stride 1 without padding."""
    return _choose(_valid_fast, _valid_plain)(x, kernel, bias, precision)


def in_computed_order(x: Float[Array, "B H W C"]) -> Float[Array, "..."]:
    """The array with its axes in the order in which the convolutions hold it, so that none has to be moved."""
    return _choose(_batch_last, lambda x: x)(x)


def _choose(fast: Callable, plain: Callable) -> Callable:
    # Not `lax.platform_dependent`: differentiating it goes through `cond`, whose branches pool their residuals.
    return fast if jax.default_backend() == "cpu" else plain


# The plain form, for GPU and TPU.


def _convolve(
    x: Images, kernel: Kernel, bias: Bias, precision: str | None, finish: Callable = lambda y: y, **options: Any
) -> Float[Array, "B h w O"]:
    images, taps = rounded(x, precision), rounded(kernel, precision)
    y = lax.conv_general_dilated(images, taps, dimension_numbers=_LAYOUT, **options) + rounded(bias, precision)
    return finish(y).astype(x.dtype)


def _transpose_plain(x: Images, kernel: Kernel3, bias: Bias, precision: str | None = None) -> Doubled:
    # The dilated input is met by the kernel in reverse: tap 2 looks back one pixel, tap 0 ahead.
    padding = [(1, 2), (1, 2)]
    how = dict(window_strides=(1, 1), padding=padding, lhs_dilation=(2, 2))
    return _convolve(x, kernel[::-1, ::-1], bias, precision, jax.nn.relu, **how)


def _stride2_plain(x: Images, kernel: Kernel3, bias: Bias, precision: str | None = None) -> Halved:
    how = dict(window_strides=(2, 2), padding=[(1, 1), (1, 1)])
    return _convolve(x, kernel, bias, precision, jax.nn.relu, **how)


def _valid_plain(x: Images, kernel: Kernel, bias: Bias, precision: str | None = None) -> Cut:
    return _convolve(x, kernel, bias, precision, window_strides=(1, 1), padding="VALID")


# The fast form, for CPU: inside, arrays are `C H W B`. The residuals of a layer are what its derivative needs.


def _batch_last(x: Float[Array, "B H W C"]) -> Float[Array, "C H W B"]:
    return x.transpose(3, 1, 2, 0)


_batch_first = _batch_last  # swapping the first and last axes undoes itself


def _per_channel(bias: Float[Array, " C"]) -> Float[Array, "C 1 1 1"]:
    return bias[:, None, None, None]


def _bias_gradient(g: Float[Array, "C H W B"]) -> Float[Array, " C"]:
    # A product with ones: within a whole step XLA makes a reduce-window of the sum (8 ms in a profiled step).
    return jnp.tensordot(g, jnp.ones(g.shape[1:], g.dtype), 3)


def _kernel_gradient(
    taps: Float[Array, "K K C h w B"], x: Float[Array, "D h w B"], precision: str | None
) -> Float[Array, "K K C D"]:
    """Products of the taps with another array, summed over pixels and batch."""
    if jax.device_count() > 1:
        # Reshaped, the batch is no axis that could stay spread: every device would gather and multiply all of it.
        return product(taps, x, ((3, 4, 5), (1, 2, 3)), precision)
    # As a product of matrices; contracted axis by axis, XLA transposes x first (10 % of a CIFAR-10 step).
    matrix = product(taps.reshape(-1, x[0].size), x.reshape(len(x), -1), ((1,), (1,)), precision)
    return matrix.reshape(*taps.shape[:3], len(x))


def _scatter(
    x: Float[Array, "I H W B"],
    kernel: Float[Array, "3 3 I O"],
    precision: str | None,
    finish: Callable = lambda y: y,
) -> Float[Array, "O 2*H 2*W B"]:
    """`out[2 i + k - 1] += x[i] kernel[k]`: one product for the nine taps, then a sum for each parity of the output."""
    I, H, W, B = x.shape
    O = kernel.shape[-1]
    tap = product(kernel, x, ((2,), (0,)), precision)

    def ahead(y: Float[Array, "O H W B"], axis: int) -> Float[Array, "O H W B"]:
        edges = [(0, 0, 0)] * y.ndim
        edges[axis] = (-1, 1, 0)
        return lax.pad(y, jnp.zeros((), y.dtype), edges)

    def row(k: int, parity: int) -> Float[Array, "O H W B"]:
        return tap[k, 1] if parity == 0 else tap[k, 2] + ahead(tap[k, 0], 2)

    def phase(p: int, q: int) -> Float[Array, "O H W B"]:
        return finish(row(1, q) if p == 0 else row(2, q) + ahead(row(0, q), 1))

    rows = [jnp.stack([phase(p, 0), phase(p, 1)], axis=3) for p in (0, 1)]
    return jnp.stack(rows, axis=2).reshape(O, 2 * H, 2 * W, B)


def _gather(y: Shaped[Array, "C H W B"]) -> Shaped[Array, "3 3 C h w B"]:
    """`y[2 i + k - 1]` for the nine taps k: the adjoint of the scattering. `moved` gives it numbers as integers."""
    _, H, W, _ = y.shape
    h, w = (H + 1) // 2, (W + 1) // 2
    y = jnp.pad(y, ((0, 0), (1, H % 2), (1, W % 2), (0, 0)))
    taps = [y[:, a : a + 2 * h - 1 : 2, b : b + 2 * w - 1 : 2] for a in range(3) for b in range(3)]
    return jnp.stack(taps).reshape(3, 3, *taps[0].shape)


_TransposeResiduals = tuple[Float[Array, "I H W B"], Kernel3, Float[Array, "O 2*H 2*W B"]]


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _transpose_fast(x: Images, kernel: Kernel3, bias: Bias, precision: str | None = None) -> Doubled:
    return _transpose_forward(x, kernel, bias, precision)[0]


def _transpose_forward(
    x: Images, kernel: Kernel3, bias: Bias, precision: str | None
) -> tuple[Doubled, _TransposeResiduals]:
    x = rounded(_batch_last(x), precision)
    y = _scatter(x, kernel, precision, lambda sums: jax.nn.relu(sums + _per_channel(bias)))
    return _batch_first(y), (x, kernel, y)


def _transpose_backward(
    precision: str | None, residuals: _TransposeResiduals, g: Doubled
) -> tuple[Images, Kernel3, Bias]:
    x, kernel, y = residuals
    g = jnp.where(y > 0, _batch_last(g), 0)
    taps = moved(g, _gather, precision)
    dx = product(kernel, taps, ((0, 1, 3), (0, 1, 2)), precision)
    return _batch_first(dx), _kernel_gradient(taps, x, precision).transpose(0, 1, 3, 2), _bias_gradient(g)


_transpose_fast.defvjp(_transpose_forward, _transpose_backward)


_Stride2Residuals = tuple[Float[Array, "3 3 I h w B"], Kernel3, tuple[int, ...], Float[Array, "O h w B"]]


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _stride2_fast(x: Images, kernel: Kernel3, bias: Bias, precision: str | None = None) -> Halved:
    return _stride2_forward(x, kernel, bias, precision)[0]


def _stride2_forward(x: Images, kernel: Kernel3, bias: Bias, precision: str | None) -> tuple[Halved, _Stride2Residuals]:
    taps = moved(_batch_last(x), _gather, precision)
    y = jax.nn.relu(product(kernel, taps, ((0, 1, 2), (0, 1, 2)), precision) + _per_channel(bias))
    return _batch_first(y), (taps, kernel, x.shape, y)


def _stride2_backward(
    precision: str | None, residuals: _Stride2Residuals, g: Float[Array, "B h w O"]
) -> tuple[Images, Kernel3, Bias]:
    taps, kernel, (_, H, W, _), y = residuals
    g = jnp.where(y > 0, _batch_last(g), 0)
    # For the first layer only the contractive penalty asks for this; else it is never computed.
    dx = _scatter(g, kernel.transpose(0, 1, 3, 2), precision)[:, :H, :W]
    return _batch_first(dx), _kernel_gradient(taps, g, precision), _bias_gradient(g)


_stride2_fast.defvjp(_stride2_forward, _stride2_backward)


_ValidResiduals = tuple[Float[Array, "I H W B"], Kernel]


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _valid_fast(x: Images, kernel: Kernel, bias: Bias, precision: str | None = None) -> Cut:
    return _valid_forward(x, kernel, bias, precision)[0]


def _valid_forward(x: Images, kernel: Kernel, bias: Bias, precision: str | None) -> tuple[Cut, _ValidResiduals]:
    x = rounded(_batch_last(x), precision)
    (_, H, W, _), K = x.shape, kernel.shape[0]
    h, w = H - K + 1, W - K + 1
    tap = product(kernel, x, ((2,), (0,)), precision)
    y = sum(tap[a, b, :, a : a + h, b : b + w] for a in range(K) for b in range(K)) + _per_channel(bias)
    # Fused with a loss that runs in NHWC order, this sum would be strided (50 ms in a profiled step).
    return _batch_first(lax.optimization_barrier(y)), (x, kernel)


def _valid_backward(precision: str | None, residuals: _ValidResiduals, g: Cut) -> tuple[Images, Kernel, Bias]:
    x, kernel = residuals
    (_, H, W, _), K = x.shape, kernel.shape[0]
    g = lax.optimization_barrier(_batch_last(lax.optimization_barrier(g)))

    def gather(g: Shaped[Array, "O h w B"]) -> Shaped[Array, "K K O H W B"]:
        e = K - 1
        # Padded once and then copied: as K * K paddings each was a slow loop of its own, 25 of about 10 ms.
        p = lax.optimization_barrier(jnp.pad(g, ((0, 0), (e, e), (e, e), (0, 0))))
        taps = [p[:, e - a : e - a + H, e - b : e - b + W] for a in range(K) for b in range(K)]
        return jnp.stack(taps).reshape(K, K, *taps[0].shape)

    taps = moved(g, gather, precision)
    dx = product(kernel, taps, ((0, 1, 3), (0, 1, 2)), precision)
    return _batch_first(dx), _kernel_gradient(taps, x, precision).transpose(0, 1, 3, 2), _bias_gradient(g)


_valid_fast.defvjp(_valid_forward, _valid_backward)
