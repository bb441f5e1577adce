"""The variational autoencoder."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.bottleneck import Bottleneck, Posterior, Sizes
from vrrae_bench.models.layers import Linear, Map, square_map

METHODS = {
    "vae": {"bottleneck": "Gaussian", "width": "bottleneck", "options": {"mean": "linear"}, "variational": True},
    # An ablation (VRRAE, section 5 and appendix A.1)
    "vae_identity": {
        "bottleneck": "Gaussian",
        "width": "bottleneck",
        "options": {"mean": "identity"},
        "variational": True,
    },
}


class Gaussian(Bottleneck):
    """Linear maps of the encoding give mean and log-variance (VRRAE, section 2).

    Args:
        mean: The map to the mean: `linear`, or `identity` for the ablation VAE (f = I).
    """

    mean: Callable[[Float[Array, "B k"]], Float[Array, "B k"]]
    log_variance: Linear

    def __init__(self, sizes: Sizes, mean: Map, *, key: PRNGKeyArray):
        mean_key, variance_key = jax.random.split(key)
        self.mean = square_map(mean, sizes.bottleneck, key=mean_key)
        self.log_variance = Linear(sizes.bottleneck, sizes.bottleneck, key=variance_key)

    def posterior(self, encoding: Float[Array, "B k"]) -> Posterior:
        return Posterior(self.mean(encoding), self.log_variance(encoding))
