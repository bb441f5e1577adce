"""The description of a stored data set, manifest.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Num
from pydantic import Field

from vrrae_bench.artefacts.records import refuse_others, remedy
from vrrae_bench.artefacts.specification import Specification
from vrrae_bench.system.errors import UserError

SPLITS = ("train", "test")  # also the names of the arrays of their images
LABEL_ARRAYS = tuple(f"{split}_labels" for split in SPLITS)


class Normalisation(Specification):
    """How stored images become what the models see: (stored - shift) / scale."""

    shift: float
    scale: float = Field(gt=0)

    def apply(self, images: Num[Any, "*shape"]) -> Float32[Any, "*shape"]:
        """Stored images as a model sees them, as float32."""
        return (images.astype(np.float32) - np.float32(self.shift)) / np.float32(self.scale)

    def undo(self, images: Float[Any, "*shape"]) -> Float[Any, "*shape"]:
        """A model's images in the units of the stored ones."""
        return images * np.float32(self.scale) + np.float32(self.shift)


# Images that are stored as bytes have values from 0 to 1 for a model.
OF_BYTES = Normalisation(shift=0, scale=255)


class Manifest(Specification):
    """What a folder of results/data holds.

    Attributes:
        source: The kind of data set, as `source` in the configuration has it.
        dtype: The type of the stored images.
        n_classes: None if the images have no labels.
        arrays: SHA-256 of each array file, by its stem, so that the manifest changes whenever the data change.
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
    repeated_test_images: int = Field(
        default=0, description="How many test images of a user are training images too, pixel by pixel"
    )
    normalisation: Normalisation
    arrays: dict[str, str]


def refuse_other_images(path: Path, what: str, record: Mapping[str, Any], arrays: Mapping[str, str]) -> None:
    """Refuse a result that was made from other images than a data set holds now.

    Args:
        path: The record of the result.
        what: The result, for the message.
        record: Under `data` it has the digests of the arrays that the result was made from.
        arrays: The digests of the arrays of the data set.

    Raises:
        UserError: The digests differ; or there are none, as in a record of an earlier version.
    """
    if "data" not in record:
        raise UserError(
            f"{path}: does not tell which images the {what} was made of. An earlier version of the benchmark wrote it. "
            f"{remedy(path)}"
        )
    refuse_others(path, what, {"data": record["data"]}, {"data": dict(arrays)})
