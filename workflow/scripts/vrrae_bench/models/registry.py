"""The methods, one line each. Free of JAX, so that the configuration can be checked without loading it.

A method is an encoder and a decoder that are the same for all, and the bottleneck between them. To add one, write
its bottleneck in `bottlenecks.py`, add a line here and an entry to the configuration's list of methods.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Method:
    """What tells a method apart.

    Attributes:
        bottleneck: Name of the class in `bottlenecks.py`.
        encoder_width: Whether the encoder ends as wide as the bottleneck (k) or as the latent space (L).
        variational: Whether its loss has a KL term, and so a beta.
    """

    bottleneck: str
    encoder_width: Literal["bottleneck", "latent_size"]
    variational: bool = False


METHODS = {
    "ae": Method("Identity", "bottleneck"),
    "vae": Method("Gaussian", "bottleneck", variational=True),
    "rrae": Method("TruncatedSVD", "latent_size"),
    "vrrae": Method("VariationalSVD", "latent_size", variational=True),
}
