"""How images are drawn from a trained model; free of heavy imports, so that a configuration is read at once."""

from pydantic import Field

from vrrae_bench.runs import Specification


class SampleSpec(Specification):
    """How images are drawn from a trained model (VRRAE, sections 4.1 and 4.2)."""

    gmm_components: int | None = Field(
        ge=1, le=1000, description="Number of Gaussians, or none: chosen by BIC in 1..10"
    )
    random_images: int = Field(ge=2, description="Images drawn from the Gaussian mixture")
    random_draws: int = Field(
        ge=2,
        description="Independent draws of so many images: scores are of the first, the spread of FID of all",
    )
    interpolation_pairs: int = Field(ge=1, description="Pairs of training images between which to interpolate")
    interpolation_points: int = Field(ge=1, description="Evenly spaced inner points between the two images of a pair")
