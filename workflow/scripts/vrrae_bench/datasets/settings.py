"""Settings of the data sets that are made rather than downloaded."""

from pydantic import Field

from vrrae_bench.runs import Specification


class BumpSettings(Specification):
    """The synthetic data set of section 4.1."""

    grid: int = Field(ge=2, description="Training centres per axis")
    test_images: int = Field(ge=1, description="Test images, centres uniform on the square")
    diagonal_images: int = Field(ge=2, description="Images whose centres move along the diagonal (Figure 2)")
    seed: int = Field(ge=0, description="Seed of the test centres")
