"""Autoencoders with no bottleneck but the width of the encoder's output."""

from jaxtyping import Array, Float

from vrrae_bench.models.bottleneck import Bottleneck, Posterior

METHODS = {
    "ae": {"bottleneck": "Identity", "width": "bottleneck"},
    "long_ae": {"bottleneck": "Identity", "width": "latent_size"},  # Table A.4-3
}


class Identity(Bottleneck):
    """The encoding as it is: the diabolo autoencoder."""

    def posterior(self, encoding: Float[Array, "B E"]) -> Posterior:
        return Posterior(encoding)
