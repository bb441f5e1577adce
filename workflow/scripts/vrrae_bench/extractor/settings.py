"""How the feature extractor is made. This module does not import torch, so that a configuration is read quickly."""

from typing import Literal

from pydantic import Field

from vrrae_bench.artefacts.run import Precision
from vrrae_bench.artefacts.specification import Section, Seed
from vrrae_bench.datasets.weights import IMAGENET_WEIGHTS

START_WEIGHTS = {
    "imagenet": f"torchvision's IMAGENET1K_V1, file {IMAGENET_WEIGHTS}",
    "random": "random, PyTorch's default initialisation",
}
SMALLEST_IMAGE, LARGEST_IMAGE = 75, 1024
IMAGE_WITH_AUXILIARY_HEAD = 299
FEATURES = 2048  # of an image, in the last layer before the classes


class ExtractorSettings(Section):
    """The Inception-v3 network whose features FID compares (VRRAE, Appendix A.7)."""

    start: Literal["imagenet", "random"] = Field(
        description="Weights before fine-tuning: torchvision's IMAGENET1K_V1, as in the paper, or random weights"
    )
    image_size: int = Field(
        ge=SMALLEST_IMAGE,
        le=LARGEST_IMAGE,
        description="Side in pixels to which real and generated images are resized. The network was made for 299. "
        "Only with 299 is its auxiliary classifier trained too",
    )
    epochs: int = Field(
        ge=1,
        le=10_000,
        description="Largest number of passes over the training images. The learning rate falls to zero over this "
        "number",
    )
    validation_share: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Share of the training images that is held out. The accuracy on these images decides when "
        "fine-tuning stops, and which epoch is kept",
    )
    patience: int = Field(
        default=2,
        ge=1,
        le=10_000,
        description="Fine-tuning stops after this number of epochs that are not better than the best epoch. An epoch "
        "is better if its accuracy on the images held out is larger, or equal with a smaller loss. If there are "
        "settling epochs, only these are counted",
    )
    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of the weight of each label that is spread over all of its values, as in the paper of "
        "Inception-v3, which has 0.1",
    )
    settling_epochs: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="Number of last epochs in which batch normalisation uses its running statistics, as it does when "
        "features are computed. If there are any, the weights of one of them are kept. They need label smoothing",
    )
    batch_size: int = Field(ge=2, le=100_000, description="Number of images in a step of fine-tuning")
    learning_rate: float = Field(
        gt=0, lt=1, description="Largest learning rate of AdamW, from which it falls as a cosine"
    )
    precision: Precision = Field(
        description="Type of the numbers in fine-tuning. An x86 CPU without avx512_bf16 and amx_bf16 refuses bfloat16"
    )
    feature_precision: Precision = Field(
        default="float32",
        description="Type of the numbers when features are computed. bfloat16 changes FID a little "
        "(docs/performance.md). It is refused on the same CPUs as for precision",
    )
    seed: Seed = Field(
        description="Seed of the new layers, of the images held out, of the order of the other images, and of the "
        "dropout"
    )

    @property
    def first_kept(self) -> int:
        """The first epoch, from 0 on, whose weights may be kept."""
        return self.epochs - self.settling_epochs if self.settling_epochs else 0

    def settles(self, epoch: int) -> bool:
        """Whether batch normalisation uses its running statistics in an epoch, counted from 0."""
        return self.settling_epochs > 0 and epoch >= self.first_kept

    @property
    def auxiliary_head(self) -> bool:
        """Whether the auxiliary classifier takes part in fine-tuning, for which it needs images of 299 pixels."""
        return self.image_size == IMAGE_WITH_AUXILIARY_HEAD
