"""How images are drawn from a trained model. This module has no heavy imports, so a configuration is read quickly."""

from pydantic import Field

from vrrae_bench.artefacts.specification import Section

# With fewer means for each Gaussian than 5 (k + 1) in k dimensions, a Gaussian shrinks to a point or a line, and only
# the regularisation bounds its likelihood.
FEWEST_MEANS = 5
BIC_CANDIDATES = range(1, 11)  # numbers of Gaussians


def are_enough(n_means: int, n_gaussians: int, size: int) -> bool:
    """Whether posterior means of `size` dimensions are enough for a mixture. A single Gaussian can always be fitted."""
    return n_gaussians == 1 or n_gaussians * FEWEST_MEANS * (size + 1) <= n_means


def told_of_few_means(n_means: int, n_gaussians: int, size: int) -> str | None:
    """What may happen to random images if posterior means are too few for several Gaussians; None if enough."""
    if are_enough(n_means, n_gaussians, size):
        return None
    return (
        f"{n_means} posterior means are few for {n_gaussians} Gaussians in {size} dimensions. Some Gaussians may "
        "shrink to single means. Random images then repeat training images, and their FID is too good."
    )


class SampleSpec(Section):
    """How images are drawn from a trained model (VRRAE, sections 4.1 and 4.2)."""

    gmm_components: int | None = Field(
        ge=1,
        le=1000,
        description=f"Number of Gaussians in the mixture. null: chosen by BIC from {BIC_CANDIDATES[0]} to "
        f"{BIC_CANDIDATES[-1]}, as long as each Gaussian has at least {FEWEST_MEANS} (k + 1) posterior means",
    )
    gmm_subsample: int | None = Field(
        default=None,
        ge=2,
        le=1_000_000_000,
        description="Largest number of posterior means to which the mixture is fitted. If there are more, the seed of "
        "the run draws them. null: all means",
    )
    gmm_n_init: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Number of fits with different starts. The fit with the largest likelihood is used",
    )
    random_images: int = Field(
        ge=2,
        le=1_000_000,
        description="Number of images in a draw from the Gaussian mixture, and from each other distribution",
    )
    random_draws: int = Field(
        ge=2,
        le=1000,
        description="Number of independent draws of `random_images` images. Most scores are of the first draw; the "
        "mean and the spread of FID are of all draws",
    )
    interpolation_pairs: int = Field(
        ge=1, le=1_000_000, description="Number of pairs of training images between which images are interpolated"
    )
    interpolation_points: int = Field(
        ge=1, le=1000, description="Number of evenly spaced points between the two images of a pair"
    )
