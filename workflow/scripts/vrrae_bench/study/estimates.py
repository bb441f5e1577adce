"""What the jobs of each rule cost: the one place from which their time limits and `make plan` come.

Each number comes from `costs`, where its measurement is named.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vrrae_bench.study import costs
from vrrae_bench.study.settings import DatasetSettings, Settings

Wildcards = Mapping[str, str]
OTHERWISE_MINUTES = 720  # the time limit of a job for which there is no estimate
MARGIN = 4  # times the estimate that a job may take on a CPU, whose cores other jobs share


@dataclass(frozen=True)
class Cost:
    """What a job of some rule takes and leaves.

    Attributes:
        seconds: Duration, or none if there is no basis for an estimate; of the data set and the whole configuration.
        left_mb: Size of what it leaves in the folder of results, in MB, or none likewise; of the data set and the
            wildcards.
        least_minutes: Minutes that any such job is allowed.
        on_gpu: Times the estimate that a job may take on a GPU: cautious, since none was measured.
    """

    seconds: Callable[[DatasetSettings, Settings], float | None] = lambda dataset, settings: costs.OTHER_SECONDS
    left_mb: Callable[[DatasetSettings, Wildcards], float | None] = lambda dataset, wildcards: 0
    least_minutes: int = 10
    on_gpu: float = 0.1


def _of_dataset(estimate: Callable[[DatasetSettings], float | None]) -> Callable[[DatasetSettings, Any], float | None]:
    """An estimate that needs nothing but the data set."""
    return lambda dataset, _: estimate(dataset)


COSTS = {
    "download": Cost(_of_dataset(costs.download_seconds), _of_dataset(costs.stored_mb)),
    "make_synthetic": Cost(_of_dataset(costs.download_seconds), _of_dataset(costs.stored_mb)),
    "download_weights": Cost(left_mb=lambda dataset, wildcards: costs.WEIGHTS_MB[wildcards["weights"]]),
    "train": Cost(
        lambda dataset, settings: costs.training_seconds(dataset, settings.accelerator),
        lambda dataset, wildcards: costs.model_mb(dataset, wildcards["method"]),
        least_minutes=60,
        on_gpu=1,
    ),
    "time_steps": Cost(
        lambda dataset, settings: costs.timing_seconds(dataset, settings.experiment), least_minutes=60, on_gpu=1
    ),
    "sample": Cost(_of_dataset(costs.sampling_seconds), _of_dataset(costs.samples_mb)),
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


def cost_of(rule: str) -> Cost:
    """What a job of a rule takes; of one that is not listed here, next to nothing."""
    return COSTS.get(rule, Cost())


def minutes_allowed(rule: str, dataset: DatasetSettings, settings: Settings, attempt: int) -> int:
    """The time limit of a job: its estimate with a margin, twice that with each attempt, and no more than allowed."""
    cost = COSTS[rule]
    margin = cost.on_gpu if settings.accelerator == "cuda" else MARGIN
    estimate = cost.seconds(dataset, settings)
    wanted = costs.minutes_with_margin(estimate, margin=margin, least=cost.least_minutes, otherwise=OTHERWISE_MINUTES)
    return min(wanted * 2 ** (attempt - 1), settings.longest_job_minutes or math.inf)
