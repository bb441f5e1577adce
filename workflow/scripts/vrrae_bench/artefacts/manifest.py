"""The description of a stored data set, manifest.json."""

import numpy as np
from pydantic import Field

from vrrae_bench.artefacts.specification import Specification


class Normalisation(Specification):
    """How stored images become what the models see: (stored - shift) / scale."""

    shift: float
    scale: float = Field(gt=0)

    def apply(self, images):
        """Stored images as a model sees them, as float32."""
        return (images.astype(np.float32) - np.float32(self.shift)) / np.float32(self.scale)

    def undo(self, images):
        """A model's images in the units of the stored ones."""
        return images * np.float32(self.scale) + np.float32(self.shift)


class Manifest(Specification):
    """What a folder of results/data holds.

    Attributes:
        arrays: SHA-256 of each array file, by its stem; so that the manifest changes whenever the data do.
    """

    source: str
    image_shape: tuple[int, int, int] = Field(description="Height, width, channels")
    dtype: str
    n_train: int
    n_test: int
    n_classes: int | None
    multi_label: bool = Field(default=False, description="Labels are N x n_classes of 0 and 1, not N class indices")
    class_names: tuple[str, ...] | None = Field(default=None, description="What the classes are called, if known")
    published_test_images: int | None = Field(
        default=None, description="How many test images are published, if only the first of them are used"
    )
    normalisation: Normalisation
    arrays: dict[str, str]
