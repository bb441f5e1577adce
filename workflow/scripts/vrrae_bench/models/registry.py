"""The methods, one line each. Free of JAX, so that the configuration can be checked without loading it.

A method is an encoder and a decoder that are the same for all, the bottleneck between them, and for some a penalty.
To add one, write its bottleneck in `bottlenecks.py` (and its penalty in `penalties.py`), and add a line here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Method:
    """What tells a method apart.

    Attributes:
        bottleneck: Name of the class in `bottlenecks.py`.
        width: Whether encoder and decoder meet in k dimensions (`bottleneck`) or in L (`latent_size`).
        options: Further arguments of that class.
        variational: Whether its loss has a KL term, and so a beta.
        truncates: Whether a point of its bottleneck has k dimensions although encoder and decoder meet in L.
        maps_coefficients: Whether its means, if it truncates, are other than the coefficients of the truncated SVD.
        penalty: Name of the function in `penalties.py` whose value, times a weight, its loss contains.
        stacked: Whether it has a number of linear layers of its own.
    """

    bottleneck: str
    width: Literal["bottleneck", "latent_size"]
    options: Mapping[str, str] = field(default_factory=dict)
    variational: bool = False
    truncates: bool = False
    maps_coefficients: bool = False
    penalty: str | None = None
    stacked: bool = False


METHODS = {
    # VRRAE, Tables 1 and 2
    "ae": Method("Identity", "bottleneck"),
    "vae": Method("Gaussian", "bottleneck", variational=True),
    "rrae": Method("TruncatedSVD", "latent_size", truncates=True),
    "vrrae": Method("VariationalSVD", "latent_size", variational=True, truncates=True),
    # Ablations: section 5 and appendix A.1
    "vae_identity": Method("Gaussian", "bottleneck", {"mean": "identity"}, variational=True),
    "rrae_vae": Method(
        "VariationalSVD",
        "latent_size",
        {"mean": "linear"},
        variational=True,
        truncates=True,
        maps_coefficients=True,
    ),
    # Baselines: Table A.4-3
    "long_ae": Method("Identity", "latent_size"),
    "irmae": Method("LinearStack", "latent_size", stacked=True),
    "lorae": Method("LinearStack", "latent_size", penalty="nuclear_norm", stacked=True),
    "contractive_ae": Method("Identity", "latent_size", penalty="contraction"),
    "sparse_ae": Method("Sigmoid", "latent_size", penalty="sparsity"),
}
