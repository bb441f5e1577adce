"""The content of scores.json: the scores of a run, or of real images or noise, between which runs are read.

A file has a number for each metric at its top level. Under `details` it has what the numbers depend on, and scores that
are lists. It is validated when it is read. Keys of earlier or later versions that are not named here are kept as they
are.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictFloat,
    StrictInt,
    Tag,
    TypeAdapter,
    model_validator,
)

from vrrae_bench.artefacts.bounds import Bound
from vrrae_bench.artefacts.records import reading, write_record
from vrrae_bench.artefacts.run import RunSpec

Number = StrictInt | StrictFloat
DETAILS = "details"


class Recorded(BaseModel):
    """Base of the parts of a file of scores. They are immutable, and keys that are not named here are kept.

    Every number in them is finite, also within lists.
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class Counts(Recorded):
    """The numbers of images that a score is computed from."""

    generated: int = Field(description="Generated images, or those that stand in their place")
    real: int | None = Field(default=None, description="Training images that they are compared with")


class Interval(Recorded):
    """An interval of nominally 95 % around a score, by `scoring.intervals`."""

    low: float
    high: float


class Sampling(Recorded):
    """How the images were drawn: the settings, and the outcome of fitting the mixture."""

    gmm_components: int
    gmm_means: int | None = Field(default=None, description="Posterior means that the mixture was fitted to")
    gmm_converged: bool = True
    interpolation_points: int | None = None


class NetworkSettings(Recorded):
    """The settings of an extractor by which it differs from the paper's or from other extractors."""

    start: Literal["imagenet", "random"]
    image_size: int
    seed: int | None = None


class GuessingRecord(Recorded):
    """The comparison of a network with the guess of the most frequent class, over test images."""

    n_images: int


class Preparation(Recorded):
    """How images are prepared for a network, and in which precision it computes."""

    precision: str | None = None


class Extractor(Recorded):
    """The network in whose features images are compared: a network tuned on the data set, or the Inception of 2015."""

    sha256: str
    settings: NetworkSettings | None = Field(default=None, description="Of a network that was tuned here")
    test_accuracy: float | None = None
    against_guessing: GuessingRecord | None = Field(default=None, description="Missing in results of earlier versions")
    n_reference: int | None = Field(default=None, description="Training images that its reference is of")
    preparation: Preparation | None = None


class Details(Recorded):
    """What the scores of images depend on.

    Attributes:
        extractor: The network; none if the data set has none configured, and so no FID.
        counts: The numbers of images, by the metric.
        intervals: The intervals, by the metric.
        omitted: Why a metric is not among the numbers, by the metric.
        fid_random_draws: The FID of each draw of random images, of which `fid_random_mean` is the mean.
    """

    extractor: Extractor | None = None
    counts: dict[str, Counts] = Field(default_factory=dict)
    intervals: dict[str, Interval] = Field(default_factory=dict)
    omitted: dict[str, str] = Field(default_factory=dict)
    fid_random_draws: tuple[float, ...] = ()

    @property
    def network(self) -> NetworkSettings | None:
        """The settings of the network in whose features images are compared, if it was tuned here."""
        return self.extractor.settings if self.extractor else None


class RunDetails(Details):
    """What the numbers of a run depend on, and its scores that are lists, as far as its method has them.

    Attributes:
        kl_per_dimension: The KL divergence of the posteriors from the prior, in nats, by dimension.
        signal_to_noise: The variance of the means divided by the mean variance, by dimension.
        singular_values: The singular values of the coefficients of all training images.
        fid_interpolation_by_position: The FID of the images at each position between two images, from the first to the
            second.
    """

    run: RunSpec
    sampling: Sampling | None = None
    kl_per_dimension: tuple[float, ...] | None = None
    signal_to_noise: tuple[float, ...] | None = None
    singular_values: tuple[float, ...] | None = None
    fid_interpolation_by_position: tuple[float, ...] | None = None


class BoundDetails(Details):
    """What the scores of real images or of noise depend on.

    Attributes:
        bound: Whether the scores are of test images (floor), training images (copies) or noise (ceiling).
        sampling: The settings of drawing images, of which no mixture is fitted here.
    """

    bound: Bound
    dataset: str
    sampling: Recorded | None = None


class _Scores(Recorded):
    """Numbers by their metric, and details.

    Attributes:
        numbers: The numbers as they stand in the file. Counts are whole numbers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    numbers: dict[str, Number]
    details: Details

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, record: Any) -> Any:
        """Take the file apart: everything at its top level is a number, except `details`."""
        if not isinstance(record, Mapping):
            return record
        numbers = {name: value for name, value in record.items() if name != DETAILS}
        if broken := [name for name, value in numbers.items() if isinstance(value, float) and not math.isfinite(value)]:
            raise ValueError(f"{', '.join(broken)}: no number")
        return {"numbers": numbers, DETAILS: record.get(DETAILS)}

    @property
    def interval_ends(self) -> dict[str, float]:
        """Both ends of each interval that tables print, as `<metric> low` and `<metric> high`.

        The t-interval of two draws is not printed: it is thirteen times as wide as they lie apart, and says nothing.
        """
        ends = ("low", "high")
        few = {"fid_random_mean"} if len(self.details.fid_random_draws) == 2 else set()
        return {
            f"{name} {end}": getattr(one, end)
            for name, one in self.details.intervals.items()
            if name not in few
            for end in ends
        }


class RunScores(_Scores):
    """The scores of a run."""

    details: RunDetails


class BoundScores(_Scores):
    """The scores of real images or of noise in place of a run's random images."""

    details: BoundDetails


def _kind(record: Any) -> str:
    details = record.get(DETAILS) if isinstance(record, Mapping) else None
    return "bound" if isinstance(details, Mapping) and "bound" in details else "run"


_EITHER = TypeAdapter(
    Annotated[
        Annotated[RunScores, Tag("run")] | Annotated[BoundScores, Tag("bound")],
        Discriminator(_kind),
    ]
)


def write_scores(
    path: Path, numbers: Mapping[str, float], details: Mapping[str, Any], files: Iterable[str] = ()
) -> None:
    """Write a file of scores, atomically.

    Args:
        numbers: The numbers by their metric.
        details: The details of a run or of a bound.
        files: Names of the files beside it that were written with it.

    Raises:
        ValueError: A number is none, or a detail has another type. Either is a mistake in the program.
    """
    record = {**numbers, DETAILS: details}
    _EITHER.validate_python(record)
    write_record(path, record, files)


def scores_of(path: Path, record: Mapping[str, Any]) -> RunScores | BoundScores:
    """The content of a file of scores.

    Args:
        path: The file, for the message.
        record: As `read_record` returns it.

    Raises:
        UserError: It is no file of scores of this version.
    """
    with reading(path):
        return _EITHER.validate_python(record)
