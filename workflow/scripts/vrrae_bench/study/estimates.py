"""The cost of the jobs of each rule. Their time limits and the numbers of `make plan` are computed from it.

Each number comes from `costs`, where its measurement is named.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from vrrae_bench.study import costs
from vrrae_bench.study.settings import DatasetSettings, Settings

Wildcards = Mapping[str, str]
Context = TypeVar("Context")
OTHERWISE_MINUTES = 720  # the time limit of a job for which there is no estimate
# Rules that need the network or take no time: Snakemake runs their jobs itself, and submits all others to a cluster.
ON_THE_LOGIN_NODE = (
    "download",
    "download_weights",
    "make_synthetic",
    "make_table",
    "draw_figure",
    "decide_claims",
    "write_report",
    "write_settings",
)
MARGIN = 4  # how many times the estimate a job may take, whose machine may be slower, or shared with other jobs


@dataclass(frozen=True)
class Cost:
    """How long a job of a rule takes, and how much it leaves on the disk.

    Attributes:
        seconds: A function of the data set, if the job has one, and the whole configuration. It gives the duration, or
            none if there is no basis for an estimate.
        left_mb: A function of the data set, if the job has one, and the wildcards. It gives the size of what the job
            leaves in the folder of results, in MB, or none if there is no basis for an estimate.
        least_minutes: Minutes that every job of the rule is allowed.
        on_gpu: How many times the estimate a job may take on a GPU. It is cautious, because no GPU was measured.
    """

    seconds: Callable[[DatasetSettings | None, Settings], float | None] = lambda dataset, settings: costs.OTHER_SECONDS
    left_mb: Callable[[DatasetSettings | None, Wildcards], float | None] = lambda dataset, wildcards: 0
    least_minutes: int = 10
    on_gpu: float = 0.1


def _with(
    estimate: Callable[[DatasetSettings, Context], float | None],
) -> Callable[[DatasetSettings | None, Context], float | None]:
    """An estimate that needs a data set."""
    return lambda dataset, context: None if dataset is None else estimate(dataset, context)


def _of_dataset(
    estimate: Callable[[DatasetSettings], float | None],
) -> Callable[[DatasetSettings | None, Any], float | None]:
    """An estimate that needs nothing but the data set."""
    return lambda dataset, _: None if dataset is None else estimate(dataset)


COSTS = {
    "download": Cost(_of_dataset(costs.download_seconds), _of_dataset(costs.left_mb)),
    "make_synthetic": Cost(_of_dataset(costs.download_seconds), _of_dataset(costs.left_mb)),
    "download_weights": Cost(left_mb=lambda dataset, wildcards: costs.WEIGHTS_MB[wildcards["weights"]]),
    "train": Cost(
        _with(lambda dataset, settings: costs.training_seconds(dataset, settings.accelerator)),
        _with(lambda dataset, wildcards: costs.model_mb(dataset, wildcards["method"])),
        least_minutes=60,
        on_gpu=1,
    ),
    "time_steps": Cost(
        _with(lambda dataset, settings: costs.timing_seconds(dataset, settings.experiment.timing)),
        least_minutes=60,
        on_gpu=1,
    ),
    # The mixture is fitted on the CPU, whatever the accelerator.
    "sample": Cost(_of_dataset(costs.sampling_seconds), _of_dataset(costs.samples_mb), on_gpu=1),
    "tune_extractor": Cost(
        _of_dataset(costs.tuning_seconds), lambda dataset, wildcards: costs.INCEPTION_MB, least_minutes=60
    ),
    "reference": Cost(_of_dataset(costs.reference_seconds), lambda dataset, wildcards: costs.reference_mb()),
    "score": Cost(_of_dataset(costs.scoring_seconds)),
    "score_bounds": Cost(_of_dataset(costs.bounds_seconds)),
    "reference_2015": Cost(
        _of_dataset(costs.reference_2015_seconds), lambda dataset, wildcards: costs.moments_mb(), least_minutes=30
    ),
    "score_2015": Cost(_of_dataset(costs.score_2015_seconds)),
}


def dataset_of_job(rule: str, wildcards: Wildcards) -> str | None:
    """The data set of a job, if it has one. The rule of the bumps has no wildcard for it."""
    return "synthetic" if rule == "make_synthetic" else wildcards.get("dataset")


def cost_of(rule: str) -> Cost:
    """The cost of a job of a rule. A rule that is not listed here costs next to nothing."""
    return COSTS.get(rule, Cost())


def minutes_allowed(rule: str, dataset: DatasetSettings, settings: Settings, attempt: int) -> int:
    """The time limit of a job: its estimate with a margin, doubled at each further attempt, up to an upper limit."""
    cost = cost_of(rule)
    margin = cost.on_gpu if settings.accelerator == "cuda" else MARGIN
    estimate = cost.seconds(dataset, settings)
    wanted = costs.minutes_with_margin(estimate, margin=margin, least=cost.least_minutes, otherwise=OTHERWISE_MINUTES)
    wanted *= 2 ** (attempt - 1)
    return wanted if settings.longest_job_minutes is None else min(wanted, settings.longest_job_minutes)
