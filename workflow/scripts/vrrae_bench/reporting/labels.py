"""Names as tables and figures print them. A name of one's own stands as it is."""

from vrrae_bench.datasets.sources import SOURCES, source_of

METHODS = {
    "ae": "AE",
    "vae": "VAE",
    "rrae": "RRAE",
    "vrrae": "VRRAE",
    "vae_identity": "VAE (f = I)",
    "rrae_vae": "RRAE + VAE",
    "long_ae": "Long AE",
    "irmae": "IRMAE",
    "lorae": "LoRAE",
    "contractive_ae": "Contractive AE",
    "sparse_ae": "Sparse AE",
}
# What stands in the place of a method where real images or noise are scored like generated ones.
BOUNDS = {"floor": "test images", "copies": "training images", "ceiling": "noise"}


def method_label(name: str) -> str:
    """The printed name of a method, or of what stands in its place."""
    return (METHODS | BOUNDS).get(name, name)


def dataset_label(name: str) -> str:
    """The printed name of a data set."""
    if name == "synthetic":
        return "Synthetic"
    return (source_of(name).label if name in SOURCES else None) or name
