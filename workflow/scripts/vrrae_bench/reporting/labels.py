"""Names as tables and figures print them. A name of one's own stands as it is."""

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
DATASETS = {
    "synthetic": "Synthetic",
    "digits": "Digits",
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "celeba": "CelebA",
}


def method_label(name: str) -> str:
    """The printed name of a method."""
    return METHODS.get(name, name)


def dataset_label(name: str) -> str:
    """The printed name of a data set."""
    return DATASETS.get(name, name)
