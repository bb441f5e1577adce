"""The heart of a rank-reduction autoencoder: the truncated SVD of a batch of latents, and its derivative.

Only the first k left singular vectors U and the coefficients alpha = U^T Y = S V^T are needed, never the full SVD.
They come from the eigenvectors of the smaller Gram matrix of Y, which on two cores takes a quarter of the time of
an SVD of 100 x 576 and is one small matrix product where the batch is spread over devices.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# The derivative of singular vectors has a factor 1 / (difference of two eigenvalues), infinite where they cross. Left
# as it is, a training of VRRAE on MNIST fell from 28 % error to 92 % within an epoch and did not recover.
#
# Between kept and dropped modes the factor belongs to the derivative of the projector U U^T, that is of the function
# that the network computes from its latents. There 1/d becomes d / (d^2 + damping^2), the damping being this share of
# the sum of the two eigenvalues: exact wherever that gap is open, however small both are.
#
# Between two kept modes it belongs to the rotation of U within its own span. The reconstruction U alpha and the KL of
# the means do not depend on that rotation; what does is the noise of a variational method, its axes and, through the
# log-variances, its size. This part is left out of the gradient: damped by 1e-3 of the largest eigenvalue, 20 epochs
# of VRRAE on scikit-learn's digits ended at 14.3 % with jumps of 5 % from one epoch to the next; damped by 1e-2 of the
# two eigenvalues, at 13.0 % with jumps of 2 %; without it, at 12.1 % and never rising (docs/performance.md).
KEPT_DROPPED_DAMPING = 1e-3


def truncated_coefficients(latent: Float[Array, "L B"], k: int) -> tuple[Float[Array, "L k"], Float[Array, "k B"]]:
    """Basis and coefficients of the best rank-`k` approximation of a batch of latents.

    The columns of the basis are orthonormal, and the entry of largest magnitude of each is positive. The rows of the
    coefficients are sorted by decreasing norm; their squared norms are the leading squared singular values (VRRAE,
    section 3 and Eq. 7). All is finite for equal singular values and for a batch of lower rank than `k`.

    The gradient is exact for functions of U U^T Y and of the spectrum; it leaves out the rotation of U in its span.

    Raises:
        ValueError: `k` exceeds min(L, B).
    """
    if not 1 <= k <= min(latent.shape):
        raise ValueError(f"a batch of latents of shape {latent.shape} can not be truncated to rank {k}")
    return _truncate(latent, k)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def _truncate(latent, k):
    basis, coefficients, *_ = _gram_svd(latent, k)
    return basis, coefficients


def _gram_svd(latent, k):
    """Basis, coefficients, the eigenvectors of the dropped modes and all eigenvalues, in decreasing order."""
    n_latent, n_batch = latent.shape
    gram = latent @ latent.T if n_latent <= n_batch else latent.T @ latent
    eigenvalues, eigenvectors = jnp.linalg.eigh(gram)
    eigenvalues = jnp.maximum(eigenvalues[::-1], 0)
    eigenvectors = eigenvectors[:, ::-1]
    kept, dropped = eigenvectors[:, :k], eigenvectors[:, k:]
    if n_latent > n_batch:
        # Y V = U S. Its QR decomposition gives U without dividing by a singular value that may be zero.
        kept, _ = jnp.linalg.qr(latent @ kept)
    largest = jnp.take_along_axis(kept, jnp.argmax(jnp.abs(kept), axis=0)[None], axis=0)
    basis = kept * jnp.where(largest < 0, -1, 1)
    return basis, basis.T @ latent, dropped, eigenvalues


def _forward(latent, k):
    basis, coefficients, dropped, eigenvalues = _gram_svd(latent, k)
    return (basis, coefficients), (latent, basis, coefficients, dropped, eigenvalues)


def _backward(k, residuals, cotangents):
    """The vector-Jacobian product of the eigenvectors U of Y Y^T and of alpha = U^T Y.

    With W the matrix that collects, for each kept mode j, its exchange with every dropped mode i, weighted by
    1 / (lambda_j - lambda_i), the gradient is U alpha_bar + W alpha + U W^T Y. The weight is split into
    1/lambda_j + lambda_i / (lambda_j (lambda_j - lambda_i)), so that the null space of Y needs no basis and nothing is
    divided by a dropped singular value.
    """
    latent, basis, coefficients, dropped, eigenvalues = residuals
    basis_bar, coefficients_bar = cotangents
    basis_bar = basis_bar + latent @ coefficients_bar.T

    smallest = jnp.finfo(latent.dtype)
    kept_values = jnp.maximum(eigenvalues[:k], smallest.eps * eigenvalues[0] + smallest.tiny)
    dropped_values = eigenvalues[k:, None]
    gap = kept_values - dropped_values
    damping = KEPT_DROPPED_DAMPING * (kept_values + dropped_values)
    weight = gap / (gap**2 + damping**2 + smallest.tiny) / kept_values

    exchange = (basis_bar - basis @ (basis.T @ basis_bar)) / kept_values
    if latent.shape[0] <= latent.shape[1]:
        exchange += dropped @ (weight * dropped_values * (dropped.T @ basis_bar))
    else:
        images = latent @ dropped  # the dropped left singular vectors, times their singular values
        exchange += images @ (weight * (images.T @ basis_bar))
    return (basis @ (coefficients_bar + exchange.T @ latent) + exchange @ coefficients,)


_truncate.defvjp(_forward, _backward)
