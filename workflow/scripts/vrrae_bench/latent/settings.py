"""How images are drawn from a trained model. This module has no heavy imports, so a configuration is read quickly."""

from pydantic import Field

from vrrae_bench.artefacts.specification import Section


class SampleSpec(Section):
    """How images are drawn from a trained model (VRRAE, sections 4.1 and 4.2)."""

    gmm_components: int | None = Field(
        ge=1,
        le=1000,
        description="Number of Gaussians, or none: chosen by BIC in 1..10, each with 5 (k + 1) means at least",
    )
    gmm_subsample: int | None = Field(
        default=None,
        ge=2,
        le=1_000_000_000,
        description="Most means to which the mixture is fitted, drawn by the seed where there are more; none: all",
    )
    gmm_n_init: int = Field(
        default=1, ge=1, le=100, description="Fits from different starts, of which the likeliest is taken"
    )
    random_images: int = Field(
        ge=2, le=1_000_000, description="Images drawn from the Gaussian mixture, and from each other sampler"
    )
    random_draws: int = Field(
        ge=2,
        le=1000,
        description="Independent draws of `random_images` images: scores are of the first, the spread of FID of all",
    )
    interpolation_pairs: int = Field(
        ge=1, le=1_000_000, description="Pairs of training images between which to interpolate"
    )
    interpolation_points: int = Field(
        ge=1, le=1000, description="Evenly spaced inner points between the two images of a pair"
    )
