"""How the feature extractor is made. This module does not import torch, so that a configuration is read quickly."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.artefacts.run import Precision
from vrrae_bench.artefacts.specification import Section, Seed
from vrrae_bench.datasets.weights import IMAGENET_WEIGHTS, WEIGHTS
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import sha256

START_WEIGHTS = {
    "imagenet": f"torchvision's IMAGENET1K_V1, file {IMAGENET_WEIGHTS}",
    "random": "random, PyTorch's default initialisation",
}
SMALLEST_IMAGE, LARGEST_IMAGE = 75, 1024
IMAGE_WITH_AUXILIARY_HEAD = 299


class ExtractorSettings(Section):
    """The Inception-v3 whose features the Frechet distance compares (VRRAE, Appendix A.7)."""

    start: Literal["imagenet", "random"] = Field(
        description="Weights before fine-tuning: torchvision's IMAGENET1K_V1 (the paper's), or random ones"
    )
    image_size: int = Field(
        ge=SMALLEST_IMAGE,
        le=LARGEST_IMAGE,
        description="Side in pixels to which real and generated images are resized; 299 is the network's own "
        "and the only one at which its auxiliary head is trained too",
    )
    epochs: int = Field(
        ge=1, le=10_000, description="Passes over the training images, at most; the learning rate falls over all"
    )
    validation_share: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Share of the training images, drawn by the seed, that only decide when to stop and what to keep",
    )
    patience: int = Field(
        default=2,
        ge=1,
        le=10_000,
        description="Epochs without a better validation accuracy after which fine-tuning stops",
    )
    batch_size: int = Field(ge=2, le=100_000, description="Images per step of fine-tuning")
    learning_rate: float = Field(gt=0, lt=1, description="Peak of the cosine schedule of AdamW")
    precision: Precision = Field(
        description="Arithmetic of fine-tuning; bfloat16 is refused on an x86 CPU without avx512_bf16 and amx_bf16"
    )
    feature_precision: Precision = Field(
        default="float32",
        description="Arithmetic of features; bfloat16 changes FID a little (`make speed-features`), refused likewise",
    )
    seed: Seed = Field(
        description="Decides the new layers, the validation images, the order of the others and the dropout"
    )

    @property
    def auxiliary_head(self) -> bool:
        """Whether the auxiliary classifier takes part in fine-tuning, for which it needs images of 299 pixels."""
        return self.image_size == IMAGE_WITH_AUXILIARY_HEAD


def check_weights(path: Path, name: str) -> str:
    """The SHA-256 of a file of published weights. Any other file, or a damaged file, is refused.

    Args:
        name: The name of the weights in `WEIGHTS`.

    Raises:
        UserError: The file cannot be read, or has another checksum.
    """
    published = WEIGHTS[name]
    try:
        found = f"sha256:{sha256(path)}"
    except OSError as error:
        raise UserError(f"{path}: the weights {published.name} cannot be read ({error.strerror}).") from None
    if found != published.checksum:
        raise UserError(
            f"{path}: is not the published {published.name}: expected {published.checksum}, got {found}. If `weights` "
            f"of your configuration names it, put the published file there, or set `weights: null`. {remedy(path)}"
        )
    return found.removeprefix("sha256:")
