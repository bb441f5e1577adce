"""The numbers of a run that tables report."""

import numpy as np
from jaxtyping import Num

from vrrae_bench.scoring.bumps import coverage, fit_centres
from vrrae_bench.scoring.frechet import Moments, frechet_distance
from vrrae_bench.scoring.inception import FeatureExtractor


def fid_scores(
    random: Num[np.ndarray, "N H W C"],
    interpolation: Num[np.ndarray, "M H W C"],
    extractor: FeatureExtractor,
    reference: Moments,
) -> dict[str, float]:
    """FID of generated and of interpolated images from the training images (VRRAE, Appendix A.7)."""
    return {
        "fid_random": frechet_distance(reference, extractor.features(random)),
        "fid_interpolation": frechet_distance(reference, extractor.features(interpolation)),
    }


def bump_scores(random: Num[np.ndarray, "N S S 1"]) -> dict[str, float]:
    """How far generated images are from Gaussian bumps, and how well their centres cover the square (section 4.1).

    The error alone would be 0 for a model that always draws one perfect bump; so the shares of the square's 10 x 10
    cells that are hit, and of centres outside the square, stand beside it.
    """
    centres, errors = fit_centres(random[..., 0])
    covered, outside = coverage(centres)
    return {
        "random_generation_error": float(errors.mean()),
        "coverage": float(covered),
        "share_outside": float(outside),
    }
