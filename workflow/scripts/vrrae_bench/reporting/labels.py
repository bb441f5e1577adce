"""The names of methods and data sets as tables and figures print them. A name that the user chose stands as it is."""

from vrrae_bench.artefacts.bounds import Bound
from vrrae_bench.datasets.sources import SOURCES, source_of

METHOD_LABELS = {
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
# Labels in the place of a method's, where real images or noise are scored as if a method had generated them.
BOUND_LABELS: dict[Bound, str] = {"floor": "test images", "copies": "training images", "ceiling": "noise"}


def method_label(name: str) -> str:
    """The printed name of a method, or of the real images or noise that stand in its place.

    If the name of a user's method is also the printed name of another method, it stands in quotation marks. So the rows
    of a table have different names.
    """
    labels = METHOD_LABELS | BOUND_LABELS
    return labels.get(name, f"'{name}'" if name in labels.values() else name)


def dataset_label(name: str) -> str:
    """The printed name of a data set."""
    if name == "synthetic":
        return "Synthetic"
    return (source_of(name).label if name in SOURCES else None) or name
