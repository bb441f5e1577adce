"""The heart of a rank-reduction autoencoder: the truncated SVD of a batch of latents, and its derivative.

Only the first k left singular vectors U and the coefficients alpha = U^T Y = S V^T are needed, never the full SVD.
Where that is accurate, they come from the eigenvectors of the smaller Gram matrix of Y, which on two cores takes a
quarter of the time of an SVD of 100 x 576, and is one small matrix product where the batch is spread over devices.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

# A Gram matrix squares the condition number: rounding turns a kept mode by about eps * lambda_1 / lambda_k towards the
# others. Where that exceeds a thousandth (in single precision: a singular value below 1.1 % of the first), the SVD of Y
# itself is taken. On a CPU that costs 1 to 4 ms; on an accelerator it is the slow way, and rare.
LARGEST_ROTATION = 1e-3

# The derivative of singular vectors has a factor 1/d for each pair of modes, where d is the difference of their
# eigenvalues. It is damped: d / (d^2 + damping^2). docs/studies.md ("The derivative of the truncated SVD") has the
# study that led to these numbers.
#
# The damping between a kept and a dropped mode, relative to the sum of their eigenvalues. The factor is therefore exact
# wherever the gap between the two is open, however small both eigenvalues are.
KEPT_DROPPED_DAMPING = 1e-3
# The damping between two kept modes, relative to the largest eigenvalue. It is used only if the gradient has the
# rotation of U in its span (`with_rotation`); otherwise that part of the gradient is left out.
KEPT_KEPT_DAMPING = 1e-3


def truncated_coefficients(
    latent: Float[Array, "L B"], k: int, *, with_rotation: bool = False
) -> tuple[Float[Array, "L k"], Float[Array, "k B"]]:
    """Basis and coefficients of the best rank-`k` approximation of a batch of latents.

    The columns of the basis are orthonormal, and the entry of largest magnitude of each is positive. The rows of the
    coefficients are sorted by decreasing norm; their squared norms are the leading squared singular values (VRRAE,
    section 3 and Eq. 7). All is finite for equal singular values.

    The gradient is that of functions of U U^T Y and of the spectrum; it leaves out the rotation of U in its span,
    unless that is asked for. It is exact where the k-th and the next singular value differ (with a gap of 3 %, to 1e-3)
    and damped where they cross.

    If a batch has a lower rank than `k`, the further columns of the basis may have any direction, and the derivative of
    these directions does not exist. The part of the gradient that turns them towards dropped modes is zero then. The
    gradient of their coefficients remains.

    Args:
        with_rotation: Whether the gradient has the rotation of U in its span too, for functions that depend on it.
            That part is damped where two kept singular values are close, or both small beside the first.

    Raises:
        ValueError: `k` is less than 1, or exceeds min(L, B).
    """
    if not 1 <= k <= min(latent.shape):
        raise ValueError(f"a batch of latents of shape {latent.shape} cannot be truncated to rank {k}")
    return _truncate(latent, k, with_rotation)


@partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def _truncate(
    latent: Float[Array, "L B"], k: int, with_rotation: bool
) -> tuple[Float[Array, "L k"], Float[Array, "k B"]]:
    svd = _split_svd(latent, k)
    return svd.basis, svd.coefficients


class _SplitSVD(NamedTuple):
    """Y = U alpha + P Q^T: the kept modes, and the dropped ones as a product of two factors.

    The factor of the shorter side of Y is orthonormal, and the other one carries the singular values, so that nothing
    is divided by a singular value that may be zero.

    There are m = min(L, B) modes, of which r = m - k are dropped.

    Attributes:
        eigenvalues: Of Y Y^T, in decreasing order: the squared singular values.
    """

    basis: Float[Array, "L k"]
    coefficients: Float[Array, "k B"]
    left: Float[Array, "L r"]
    right: Float[Array, "B r"]
    eigenvalues: Float[Array, " m"]


def _split_svd(latent: Float[Array, "L B"], k: int) -> _SplitSVD:
    n_latent, n_batch = latent.shape
    gram = latent @ latent.T if n_latent <= n_batch else latent.T @ latent
    eigenvalues, eigenvectors = jnp.linalg.eigh(gram)
    eigenvalues = jnp.maximum(eigenvalues[::-1], 0)
    rotation = jnp.finfo(latent.dtype).eps * eigenvalues[0]
    svd = lax.cond(
        rotation > LARGEST_ROTATION * eigenvalues[k - 1],
        lambda: _by_svd(latent, k),
        lambda: _by_eigenvectors(latent, k, eigenvalues, eigenvectors[:, ::-1]),
    )
    largest = jnp.take_along_axis(svd.basis, jnp.argmax(jnp.abs(svd.basis), axis=0)[None], axis=0)
    sign = jnp.where(largest < 0, -1, 1)
    return svd._replace(basis=svd.basis * sign, coefficients=svd.coefficients * sign.T)


def _by_eigenvectors(
    latent: Float[Array, "L B"], k: int, eigenvalues: Float[Array, " m"], vectors: Float[Array, "m m"]
) -> _SplitSVD:
    """From the eigenvectors of the smaller Gram matrix."""
    kept, dropped = vectors[:, :k], vectors[:, k:]
    if latent.shape[0] <= latent.shape[1]:
        return _SplitSVD(kept, kept.T @ latent, dropped, latent.T @ dropped, eigenvalues)
    # Y V = U S; its QR decomposition gives U without dividing by S.
    basis, _ = jnp.linalg.qr(latent @ kept)
    return _SplitSVD(basis, basis.T @ latent, latent @ dropped, dropped, eigenvalues)


def _by_svd(latent: Float[Array, "L B"], k: int) -> _SplitSVD:
    left, values, right = jnp.linalg.svd(latent, full_matrices=False)
    dropped_left, dropped_right = left[:, k:], right[k:].T
    if latent.shape[0] <= latent.shape[1]:
        dropped_right *= values[k:]
    else:
        dropped_left *= values[k:]
    return _SplitSVD(left[:, :k], values[:k, None] * right[:k], dropped_left, dropped_right, values**2)


def _forward(
    latent: Float[Array, "L B"], k: int, with_rotation: bool
) -> tuple[tuple[Float[Array, "L k"], Float[Array, "k B"]], _SplitSVD]:
    svd = _split_svd(latent, k)
    return (svd.basis, svd.coefficients), svd


def _backward(
    k: int, with_rotation: bool, svd: _SplitSVD, cotangents: tuple[Float[Array, "L k"], Float[Array, "k B"]]
) -> tuple[Float[Array, "L B"]]:
    """The vector-Jacobian product of U and alpha = U^T Y, where U are eigenvectors of Y Y^T.

    A change of Y turns kept mode j towards dropped mode i by an amount with the factor 1 / (lambda_j - lambda_i). With
    the cotangents W (L x k) of these rotations, orthogonal to U, the gradient is U alpha_bar + U W^T Y + W alpha. Of Y,
    W^T meets only the dropped modes P Q^T, and they alone stand here: large modes that cancel would leave rounding
    errors, and these factors would multiply them.
    """
    basis, coefficients, left, right, eigenvalues = svd
    basis_bar, coefficients_bar = cotangents
    precision = jnp.finfo(basis.dtype)
    kept = jnp.maximum(eigenvalues[:k], precision.eps**2 * eigenvalues[0] + precision.tiny)
    dropped = eigenvalues[k:, None]
    gap, damping = kept - dropped, KEPT_DROPPED_DAMPING * (kept + dropped)
    # The numerical rank, with the tolerance of `numpy.linalg.matrix_rank`. Beyond it, rounding errors are divided by
    # rounding errors, and gradients would be thousands of times too large.
    has_direction = eigenvalues[:k] > (max(len(basis), coefficients.shape[1]) * precision.eps) ** 2 * eigenvalues[0]
    factor = jnp.where(has_direction, gap / (gap**2 + damping**2 + precision.tiny), 0)

    if len(basis) <= coefficients.shape[1]:
        rotations = left @ (factor * (left.T @ basis_bar + right.T @ coefficients_bar.T))
    else:
        # P carries singular values, and misses the directions that Y does not reach, in which the factor is 1/lambda_j.
        # Split off everywhere, it leaves lambda_i / (lambda_j (lambda_j - lambda_i)) for the dropped modes.
        outside = basis_bar - basis @ (basis.T @ basis_bar)
        inverse = jnp.where(has_direction, 1 / kept, 0)
        rotations = outside * inverse + left @ (factor * (left.T @ basis_bar * inverse + right.T @ coefficients_bar.T))
    gradient = basis @ (coefficients_bar + (rotations.T @ left) @ right.T) + rotations @ coefficients
    if with_rotation:
        gradient += _rotation_in_span(svd, kept, KEPT_KEPT_DAMPING * kept[0], cotangents)
    return (gradient,)


def _rotation_in_span(
    svd: _SplitSVD,
    kept: Float[Array, " k"],
    damping: Float[Array, ""],
    cotangents: tuple[Float[Array, "L k"], Float[Array, "k B"]],
) -> Float[Array, "L B"]:
    """The part of the gradient by which a change of Y turns kept mode j towards kept mode i.

    The factor is 1 / (lambda_j - lambda_i), damped. It changes its sign when i and j are swapped, so that only the
    antisymmetric part of the cotangents remains: nothing for a function of U alpha.
    """
    basis_bar, coefficients_bar = cotangents
    gap = kept - kept[:, None]
    turns = svd.basis.T @ basis_bar + svd.coefficients @ coefficients_bar.T
    turns *= gap / (gap**2 + damping**2 + jnp.finfo(gap.dtype).tiny)
    return svd.basis @ (turns + turns.T) @ svd.coefficients


_truncate.defvjp(_forward, _backward)
