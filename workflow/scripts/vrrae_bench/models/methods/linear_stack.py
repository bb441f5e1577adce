"""IRMAE and LoRAE, baselines of Table A.4-3: linear layers behind the encoder keep the rank of its output low."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from vrrae_bench.models.bottleneck import Bottleneck, Posterior, Sizes
from vrrae_bench.models.layers import Linear

METHODS = {
    "irmae": {"bottleneck": "LinearStack", "width": "latent_size", "stacked": True},
    "lorae": {"bottleneck": "LowRankStack", "width": "latent_size", "stacked": True, "penalised": True},
}


class LinearStack(Bottleneck):
    """Linear layers without bias."""

    weights: tuple[Float[Array, "L L"], ...]

    def __init__(self, sizes: Sizes, *, key: PRNGKeyArray):
        size, keys = sizes.latent_size, jax.random.split(key, sizes.linear_layers)
        self.weights = tuple(Linear(size, size, key=layer_key).weight for layer_key in keys)

    def posterior(self, encoding: Float[Array, "B L"]) -> Posterior:
        for weight in self.weights:
            encoding = encoding @ weight
        return Posterior(encoding)


class LowRankStack(LinearStack):
    """The same with a penalty on the rank of each layer."""

    def penalty(
        self,
        encoder: Callable[[Float[Array, "B H W C"]], Float[Array, "B L"]],
        images: Float[Array, "B H W C"],
        posterior: Posterior,
        key: PRNGKeyArray,
    ) -> Float[Array, ""]:
        """The nuclear norm of each layer, which is the sum of its singular values, summed over the layers."""
        return jnp.asarray(sum(jnp.linalg.norm(weight, "nuc") for weight in self.weights))
