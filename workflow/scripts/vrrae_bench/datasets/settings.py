"""Settings of the data sets that are made here or are the user's own."""

from typing import Literal

from pydantic import Field

from vrrae_bench.artefacts.specification import Section, Seed
from vrrae_bench.datasets.sizes import LARGEST_SIDE, SMALLEST_SIDE

# Half of the largest byte. If no value of all images is above it, they are probably numbers from 0 to 1, or from 0 to
# 16, that were stored as bytes without being scaled.
LARGEST_OF_DARK = 127


class BumpSettings(Section):
    """The synthetic data set of section 4.1."""

    grid: int = Field(
        ge=2, le=500, description="Number of bump centres along each axis; the training images are all pairs of them"
    )
    test_images: int = Field(
        ge=1, le=1_000_000, description="Number of test images, whose centres are drawn uniformly from the square"
    )
    diagonal_images: int = Field(
        ge=2, le=1_000_000, description="Number of images of the bump that moves along the diagonal (Figure 2)"
    )
    seed: Seed = Field(description="Seed with which the centres of the test images are drawn")


class FileSettings(Section):
    """Your own data set: image files (source `folder`), or arrays (source `npz`, which has only `path` and `dark`)."""

    path: str = Field(
        min_length=1,
        description="The folder or the .npz file. A relative path begins in the folder in which you start snakemake",
    )
    image_size: int | None = Field(
        default=None,
        ge=SMALLEST_SIDE,
        le=LARGEST_SIDE,
        description="Side in pixels to which images are resized. Without it, all images must have the same size",
    )
    channels: Literal[1, 3] | None = Field(
        default=None, description="Channels of the stored images: 1 for grey, 3 for colour. Without it, 3"
    )
    labels: str | None = Field(
        default=None,
        min_length=1,
        description="A CSV file in the folder, with the columns file, label and, if you like, split. Without it, each "
        "class has a folder",
    )
    test_fraction: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Share of the images of each class that is kept for testing, if you have not divided the images "
        "yourself",
    )
    split_seed: Seed = Field(default=0, description="Seed with which the test images are drawn")
    dark: bool = Field(
        default=False,
        description=f"Whether images without any value above {LARGEST_OF_DARK} are accepted, although bytes go up to "
        "255",
    )
