"""Settings of the data sets that are made here or are the user's own."""

from typing import Literal

from pydantic import Field

from vrrae_bench.artefacts.specification import Section, Seed

SMALLEST_SIDE, LARGEST_SIDE = 8, 1024  # of an image, in pixels


class BumpSettings(Section):
    """The synthetic data set of section 4.1."""

    grid: int = Field(ge=2, le=500, description="Training centres per axis")
    test_images: int = Field(ge=1, le=1_000_000, description="Test images, centres uniform on the square")
    diagonal_images: int = Field(
        ge=2, le=1_000_000, description="Images whose centres move along the diagonal (Figure 2)"
    )
    seed: Seed = Field(description="Seed of the test centres")


class FileSettings(Section):
    """A data set of one's own: image files (source `folder`), or arrays (source `npz`; only `path` and `dark`)."""

    path: str = Field(
        min_length=1, description="The folder or the .npz file, as seen from the folder where snakemake is started"
    )
    image_size: int | None = Field(
        default=None,
        ge=SMALLEST_SIDE,
        le=LARGEST_SIDE,
        description="Side in pixels to which images are resized; none: they have one size",
    )
    channels: Literal[1, 3] | None = Field(default=None, description="Stored channels: 1 grey, 3 colour (default)")
    labels: str | None = Field(
        default=None, min_length=1, description="A CSV file in the folder, file,label[,split]; none: a folder per class"
    )
    test_fraction: float | None = Field(
        default=None, gt=0, lt=1, description="Share of each class to keep for testing, if the images are not split"
    )
    split_seed: Seed = Field(default=0, description="Seed of that split")
    dark: bool = Field(default=False, description="Store images without a value above 127 too, though bytes reach 255")
