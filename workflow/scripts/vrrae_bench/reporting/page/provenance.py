"""Where the results of the report come from, and what they cost."""

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vrrae_bench.system.errors import UserError

# The folders of Snakemake's benchmarks, by what their jobs do.
STAGES = {
    "download": "Download and convert data",
    "synthetic": "Make the synthetic bumps",
    "train": "Train",
    "sample": "Generate images",
    "extractor": "Tune the Inception-v3",
    "reference": "Features of real images",
    "bounds": "Score real images and noise",
    "score": "Score",
    "reference_2015": "Features of real images, Inception of 2015",
    "score_2015": "Score by the Inception of 2015",
    "timing": "Time training steps",
    "table": "Make tables",
    "figure": "Draw figures",
    "settings": "Write the configuration",
    "claims": "Decide the claims",
    "report": "Write the report",
}
# The stages whose benchmarks lie in folders of the runs, as the runs themselves do.
OF_RUNS = ("sample", "score", "score_2015")


@dataclass(frozen=True)
class Cost:
    """What the jobs of a stage took together, in seconds."""

    stage: str
    jobs: int
    seconds: float


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


def costs(benchmarks: Path, trainings: Mapping[str, float]) -> list[Cost]:
    """The time of each stage: of trainings by their records, of other jobs by Snakemake's benchmarks, if these exist.

    Benchmarks of runs that the report does not show, such as runs of an earlier configuration, are not counted. A
    benchmark that cannot be read is not counted either, since it decides no result.

    Args:
        benchmarks: The folder of the benchmarks, which a kept report does not have.
        trainings: The seconds of the training of each run, interruptions included, by the folder of the run.
    """
    jobs: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    for file in sorted(benchmarks.rglob("*.tsv")):
        stage, _, job = file.relative_to(benchmarks).as_posix().removesuffix(".tsv").partition("/")
        if stage in OF_RUNS and not any(f"runs/{job}/".startswith(f"{run}/") for run in trainings):
            continue
        with suppress(OSError, ValueError, KeyError, TypeError, csv.Error):
            with file.open(encoding="utf-8", newline="") as lines:
                [row] = csv.DictReader(lines, delimiter="\t")
                seconds[stage] += float(row["s"])
            jobs[stage] += 1
    jobs["train"], seconds["train"] = len(trainings), sum(trainings.values())
    order = [*STAGES, *sorted(set(jobs) - set(STAGES))]
    return [Cost(STAGES.get(stage, stage), jobs[stage], seconds[stage]) for stage in order if jobs[stage]]


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
