"""The basis of a rank-reduction autoencoder after training, in double precision."""

import numpy as np
from jaxtyping import Float


def global_basis(latents: Float[np.ndarray, "N L"], k: int) -> Float[np.ndarray, "L k"]:
    """First `k` left singular vectors of the whole training latent matrix Y (L x N).

    This is the definition of the paper that introduced rank-reduction autoencoders; VRRAE, section 2, refers to it.

    Raises:
        ValueError: `k` exceeds min(N, L).
    """
    if k > min(latents.shape):
        raise ValueError(f"{latents.shape[0]} latents of size {latents.shape[1]} span no {k} directions")
    return _leading_vectors(latents.astype(np.float64), k)


def _leading_vectors(rows: Float[np.ndarray, "N L"], k: int) -> Float[np.ndarray, "L k"]:
    """Leading right singular vectors of the rows, with the sign convention of `models.truncation`."""
    # The triangle of a QR decomposition has the same right singular vectors, and as few rows as there are columns.
    triangle = np.linalg.qr(rows, mode="r")
    basis = np.linalg.svd(triangle)[2][:k].T
    largest = np.take_along_axis(basis, np.abs(basis).argmax(axis=0)[None], axis=0)
    return basis * np.where(largest < 0, -1, 1)
