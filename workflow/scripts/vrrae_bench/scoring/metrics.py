"""All numbers that tables and claims report. Each has an entry with its names, its unit and which way is better.

To add a metric, compute it in `model_scores` or `scores`, and add its entry here. Scores are computed without this
module, so nothing is scored again because of a new label.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from vrrae_bench.artefacts.run import format_beta

Origin = Literal["scores", "derived", "settings", "timings"]
Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number that is reported.

    Attributes:
        name: Its name in a sentence, without the unit.
        heading: Its name above a column, without the unit.
        unit: The unit; none for a number without a unit, or whose name tells the unit.
        better: Whether lower or higher values are better; neither for a number that describes and does not judge.
        paper: The metric under which `study/paper_values.csv` has the number that the paper prints; none if the paper
            has no such number.
        source: Where the number comes from: scores.json, the configuration or the times of steps; or it is derived from
            what a run has written.
        of_features: Whether it depends on the network in whose features images are compared.
        of_test_images: Whether it is measured on test images.
        of_size: Whether it is compared only between methods whose posterior means have equally many dimensions.
        write: Writes a value in a table.
    """

    name: str
    heading: str
    unit: str | None = None
    better: Better
    paper: str | None = None
    source: Origin = "scores"
    of_features: bool = False
    of_test_images: bool = False
    of_size: bool = False
    write: Callable[[float], str] = "{:.2f}".format

    @property
    def label(self) -> str:
        """The name with the unit, as sentences have it."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def column(self) -> str:
        """The heading with the unit, as tables have it. The titles of the paper's tables tell of percents."""
        return f"{self.heading}, {self.unit}" if self.unit and self.unit != "%" else self.heading


def _fid(name: str, heading: str, paper: str | None = None) -> Metric:
    return Metric(name=name, heading=heading, better="lower", paper=paper, of_features=True)


def _setting(key: str, name: str, heading: str, write: Callable[[float], str]) -> Metric:
    return Metric(name=name, heading=heading, better="neither", paper=key, source="settings", write=write)


METRICS: dict[str, Metric] = {
    # Of reconstructions and of bumps
    "reconstruction_error": Metric(
        name="test error",
        heading="Test error",
        unit="%",
        better="lower",
        paper="reconstruction_error",
        of_test_images=True,
        of_size=True,
    ),
    "reconstruction_error_original_scale": Metric(
        name="test error on the original scale",
        heading="Test error, original scale",
        unit="%",
        better="lower",
        of_test_images=True,
        of_size=True,
    ),
    "reconstruction_error_by_batch": Metric(
        name="test error by the SVD of each batch",
        heading="Test, SVD of the batch",
        unit="%",
        better="lower",
        of_test_images=True,
        of_size=True,
    ),
    "reconstruction_error_train": Metric(
        name="error on training images", heading="Training, basis", unit="%", better="lower", of_size=True
    ),
    "reconstruction_error_train_by_batch": Metric(
        name="error on training images by the SVD of each batch",
        heading="Training, SVD of the batch",
        unit="%",
        better="lower",
        of_size=True,
    ),
    "random_generation_error": Metric(
        name="random-generation error",
        heading="Random gen. error",
        unit="%",
        better="lower",
        paper="random_generation_error",
    ),
    "coverage": Metric(name="share of the square that random bumps cover", heading="Coverage", better="higher"),
    "share_outside": Metric(name="share of random bumps outside the square", heading="Outside", better="lower"),
    # Of generated images, by features of the tuned Inception-v3
    "fid_random": _fid("FID of random images (one draw)", "FID", paper="fid_random"),
    "fid_random_other_draw": _fid("FID of random images (second draw)", "FID, second draw"),
    "fid_random_mean": _fid("FID of random images (ours: mean over draws)", "FID, mean of draws", paper="fid_random"),
    "fid_random_all_draws": _fid("FID of random images of all draws", "FID, all draws"),
    "fid_random_infinity": _fid("FID of infinitely many random images", "FID, infinite"),
    "fid_random_gaussian": _fid("FID of random images drawn from one Gaussian", "FID, one Gaussian"),
    "fid_random_prior": _fid("FID of random images drawn from the prior", "FID, N(0, I)"),
    "fid_interpolation": _fid("FID of interpolated images", "FID, interpolation", paper="fid_interpolation"),
    "kid_random": Metric(
        name="KID of random images", heading="KID", better="lower", of_features=True, write="{:.3g}".format
    ),
    "precision_random": Metric(
        name="precision of random images", heading="Precision", better="higher", of_features=True
    ),
    "recall_random": Metric(name="recall of random images", heading="Recall", better="higher", of_features=True),
    # Above 1, images crowd where real images are dense, as those of a collapsed model do.
    "density_random": Metric(name="density of random images", heading="Density", better="neither", of_features=True),
    "coverage_random": Metric(name="coverage of random images", heading="Coverage", better="higher", of_features=True),
    # Of generated images, by features of the Inception of 2015
    "fid_2015_random": _fid("FID of random images by the Inception of 2015", "FID"),
    "fid_2015_interpolation": _fid("FID of interpolated images by the Inception of 2015", "FID, interpolation"),
    # Sharpness, relative to that of test images: 1 is as sharp, and more may be noise
    "sharpness_reconstruction": Metric(
        name="sharpness of reconstructions",
        heading="Sharpness, reconstruction",
        better="neither",
        of_test_images=True,
        write="{:.3f}".format,
    ),
    "sharpness_interpolation": Metric(
        name="sharpness of interpolated images",
        heading="Sharpness, interpolation",
        better="neither",
        of_test_images=True,
        write="{:.3f}".format,
    ),
    "sharpness_random": Metric(
        name="sharpness of random images",
        heading="Sharpness",
        better="neither",
        of_test_images=True,
        write="{:.3f}".format,
    ),
    **{
        f"log_sharpness_{what}": Metric(
            name=f"absolute log sharpness of {images}",
            heading=f"Log sharpness, {what}",
            better="lower",
            source="derived",
            of_test_images=True,
        )
        for what, images in (
            ("reconstruction", "reconstructions"),
            ("interpolation", "interpolated images"),
            ("random", "random images"),
        )
    },
    # Of the latent space
    "active_units": Metric(name="active units", heading="Active units", better="neither"),
    "collapsed_dimensions": Metric(name="collapsed dimensions", heading="Collapsed dimensions", better="lower"),
    "collapsed": Metric(
        name="share of runs with a collapsed dimension", heading="Collapsed runs", better="lower", source="derived"
    ),
    "kl_divergence": Metric(
        name="KL divergence of the posteriors from the prior", heading="KL", unit="nats", better="neither"
    ),
    "mutual_information": Metric(
        name="mutual information of image and latent", heading="Mutual information", unit="nats", better="neither"
    ),
    "effective_rank": Metric(name="effective rank of the means", heading="Effective rank", better="neither"),
    "mean_spread": Metric(name="spread of the means", heading="Spread of means", better="neither"),
    "spread_ratio": Metric(name="ratio of the spreads of the means", heading="Ratio of spreads", better="neither"),
    "diagonal_bend": Metric(name="bend of the diagonal motion", heading="Bend", better="lower"),
    "diagonal_backtracking": Metric(
        name="share of the diagonal motion that goes backwards", heading="Backtracking", better="lower"
    ),
    "unsorted_modes": Metric(
        name="neighbouring sampled singular values out of order", heading="Unsorted modes", better="neither"
    ),
    "singular_value_norm": Metric(
        name="root of the sum of squared singular values",
        heading="Norm of singular values",
        better="neither",
        source="derived",
    ),
    # Of training
    "kl_share": Metric(
        name="share of beta * KL in the loss (last epoch)", heading="Share of KL", better="neither", source="derived"
    ),
    "training_rises": Metric(
        name="rises of the training error (sum of log ratios)",
        heading="Rises of the error",
        better="lower",
        source="derived",
    ),
    "basis_disagreement": Metric(
        name="disagreement between the bases of batches", heading="Bases differ", better="lower", write="{:.3f}".format
    ),
    # Identities, whose errors are of rounding only
    "identity_orthonormal": Metric(
        name="largest entry of V V^T − I", heading="Error of orthonormality", better="lower", write="{:.1e}".format
    ),
    "identity_energy": Metric(
        name="relative difference of the two sums", heading="Error of energy", better="lower", write="{:.1e}".format
    ),
    # Of the configuration
    "bottleneck": _setting("bottleneck", "k", "k", "{:.0f}".format),
    "latent_size": _setting("latent_size", "L", "L", "{:.0f}".format),
    "epochs": _setting("epochs", "epochs", "Epochs", "{:g}".format),
    "batch_size": _setting("batch_size", "batch size", "Batch size", "{:.0f}".format),
    "learning_rate": _setting("learning_rate", "learning rate", "Learning rate", format_beta),
    # Times
    "step_seconds": Metric(
        name="seconds of a step",
        heading="Step, s",
        better="lower",
        paper="step_seconds",
        source="timings",
        write="{:.3g}".format,
    ),
    "total_minutes": Metric(
        name="minutes in all",
        heading="Training (extrapolated), min",
        better="lower",
        paper="total_minutes",
        source="timings",
        write="{:.1f}".format,
    ),
    "step_ratio": Metric(
        name="ratio of times of steps",
        heading="Ratio of steps",
        better="lower",
        source="timings",
        write="{:.3f}".format,
    ),
}

# Metrics of random images, or bumps, that are drawn from the mixture of a run.
OF_MIXTURE = {
    *(name for name in METRICS if "random" in name and not name.endswith(("_gaussian", "_prior"))),
    "coverage",
    "share_outside",
}
