"""Where the results of the report come from, and what they cost."""

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from vrrae_bench.artefacts.extractor_folder import EXTRACTOR, FLOOR_2015, REFERENCE
from vrrae_bench.artefacts.run_folder import SAMPLE, SCORES, SCORES_2015, TRAINING
from vrrae_bench.system.errors import UserError


@dataclass(frozen=True)
class Stage:
    """A stage of the workflow, whose jobs have their benchmarks in a folder of their own, or in a single file.

    Attributes:
        title: What its jobs do.
        result: A file that a job leaves, named as within the folder of results. `{job}` stands for the path of the
            benchmark within the folder of the stage. The configuration asks for a job if it asks for this file.
    """

    title: str
    result: str


# The keys are the names of the benchmarks' folders; a stage with a single job has a file of this name. In the folder
# `download`, a data set has a file, NAME.tsv, and weights have a file in a folder of their own, NAME/FILE.tsv.
STAGES = {
    "download": Stage("Download and convert data", "data/{job}/manifest.json"),
    "synthetic": Stage("Make the synthetic bumps", "data/synthetic/manifest.json"),
    "train": Stage("Train", f"runs/{{job}}/{TRAINING}"),
    "sample": Stage("Generate images", f"runs/{{job}}/{SAMPLE}"),
    "extractor": Stage("Tune the Inception-v3", f"extractor/{{job}}/{EXTRACTOR}"),
    "reference": Stage("Features of real images", f"extractor/{{job}}/{REFERENCE}"),
    "bounds": Stage("Score real images and noise", "extractor/{job}/floor.json"),
    "score": Stage("Score", f"runs/{{job}}/{SCORES}"),
    "reference_2015": Stage("Features of real images, Inception of 2015", f"extractor/{{job}}/{FLOOR_2015}"),
    "score_2015": Stage("Score by the Inception of 2015", f"runs/{{job}}/{SCORES_2015}"),
    "timing": Stage("Time training steps", "timings/{job}.json"),
    "table": Stage("Make tables", "tables/{job}.csv"),
    "figure": Stage("Draw figures", "figures/{job}.png"),
    "settings": Stage("Write the configuration", "settings.json"),
    "claims": Stage("Decide the claims", "claims.json"),
    "report": Stage("Write the report", "report.html"),
}


@dataclass(frozen=True)
class Cost:
    """What the jobs of a stage took together, in seconds."""

    stage: str
    jobs: int
    seconds: float


@dataclass(frozen=True)
class Costs:
    """What the jobs took that a configuration asks for.

    Attributes:
        stages: The costs of each stage that had jobs, in the order of the workflow.
        left_out: How many benchmarks are of jobs that the configuration does not ask for.
    """

    stages: list[Cost]
    left_out: int


def written_on() -> str:
    """Today's date, or the date of SOURCE_DATE_EPOCH, with which the same page can be made again.

    Raises:
        UserError: SOURCE_DATE_EPOCH is not a number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise UserError(f"SOURCE_DATE_EPOCH is {epoch!r}: give seconds since 1970, or unset it.") from None
    return moment.strftime("%-d %B %Y")


def costs(benchmarks: Path, trainings: Sequence[float], belongs: Callable[[PurePath], bool]) -> Costs:
    """The time of each stage: of trainings by their records, of other jobs by Snakemake's benchmarks, if these exist.

    Benchmarks of jobs that the configuration does not ask for, such as jobs of an earlier configuration, are not
    counted. A benchmark that cannot be read is not counted either, since it decides no result.

    Args:
        benchmarks: The folder of the benchmarks, which a kept report does not have.
        trainings: The seconds of the training of each run of the report, interruptions included.
        belongs: Whether the configuration asks for a file, which is named as within the folder of results.
    """
    jobs: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    left_out = 0
    for file in sorted(benchmarks.rglob("*.tsv")):
        name, _, job = file.relative_to(benchmarks).as_posix().removesuffix(".tsv").partition("/")
        result = _result_of(name, job)
        if result is None or not belongs(result):
            left_out += 1
        elif name != "train":
            with suppress(OSError, ValueError, KeyError, TypeError, csv.Error):
                with file.open(encoding="utf-8", newline="") as lines:
                    [row] = csv.DictReader(lines, delimiter="\t")
                    seconds[name] += float(row["s"])
                jobs[name] += 1
    jobs["train"], seconds["train"] = len(trainings), sum(trainings)
    stages = [Cost(STAGES[name].title, jobs[name], seconds[name]) for name in STAGES if jobs[name]]
    return Costs(stages, left_out)


def _result_of(name: str, job: str) -> PurePath | None:
    """A file that the job of a benchmark leaves in the folder of results; none for a stage that does not exist."""
    if name == "download" and "/" in job:
        return PurePath("downloads", job)
    return PurePath(STAGES[name].result.format(job=job)) if name in STAGES else None


def duration(seconds: float) -> str:
    """A duration as people say it.

    >>> duration(59), duration(671), duration(90_000)
    ('59 s', '11 min', '25.0 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def distinct(records: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Commits, machines and versions of all trainings, each of them once."""
    return {
        "commits": sorted({record["commit"] or "not recorded (no git checkout)" for record in records}),
        "machines": sorted({f"{record['platform']}, {record['cpus']} CPUs, {record['device']}" for record in records}),
        "versions": sorted({_versions(record) for record in records}),
    }


def _versions(record: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in record["versions"].items())
