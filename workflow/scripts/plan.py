"""Say what a run would cost before anything is submitted: jobs, hours of devices, disk, and what is done already.

Resolves config.yaml, a profile, files and single keys as Snakemake does with the same options, and plans with its own
dry run; writes nothing. Estimates come from vrrae_bench/study/estimates.py, and their measurements are
named in costs.py.
"""

import vrrae_bench.system.shell_settings

import logging
import shutil
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from tabulate import tabulate

from vrrae_bench.study import costs
from vrrae_bench.study.estimates import ON_THE_LOGIN_NODE, cost_of, dataset_of_job
from vrrae_bench.study.invocation import Invocation, add_configuration_options, invocation_of
from vrrae_bench.study.reading import BASE
from vrrae_bench.study.settings import Settings
from vrrae_bench.study.targets import names_target
from vrrae_bench.system.command_line import command_parser
from vrrae_bench.system.errors import UserError, run_command

SNAKEFILE = BASE.with_name("Snakefile")

BASIS = {
    "cpu": "Device-hours of training are hours of two cores, computed from our measured steps (docs/performance.md). "
    "For other image sizes, the time grows with the size of the feature maps.",
    "cuda": "Device-hours are not known, because no GPU was measured. Two CPU cores would take {hours} hours for "
    "everything, which is an upper bound.",
    "tpu": "Device-hours of training are the hours of eight TPUs, times eight. The paper prints the time of a step on "
    "eight TPUs (Table A.4-1), but not for the synthetic bumps.",
}


@dataclass(frozen=True)
class Job:
    """A job that Snakemake would run."""

    rule: str
    wildcards: tuple[tuple[str, str], ...]

    @property
    def dataset(self) -> str:
        """The data set that its paths name, or nothing."""
        return dataset_of_job(self.rule, dict(self.wildcards)) or ""


class _Jobs(logging.Filter):
    """Collects the jobs that a dry run announces; a filter that lets all pass, since Snakemake removes handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if name := getattr(record, "rule_name", None):
            self.jobs.append(Job(name, tuple(sorted((getattr(record, "wildcards", None) or {}).items()))))
        return True


def planned_jobs(invocation: Invocation, targets: Sequence[str], *, done_too: bool) -> list[Job]:
    """The jobs of a dry run; with `done_too` also those whose outcome is there already.

    Raises:
        UserError: Snakemake cannot plan; with its message.
    """
    from snakemake.cli import args_to_api
    from snakemake.logging import logger

    announced, told = _Jobs(), StringIO()
    options = ["--dry-run", "--snakefile", str(SNAKEFILE), "--nolock", *(["--forceall"] if done_too else [])]
    parser, parsed = invocation.parse(*targets, *options)
    logger.addFilter(announced)
    try:
        with redirect_stdout(told), redirect_stderr(told):
            planned = args_to_api(parsed, parser)
    except SystemExit as ended:  # rules end Snakemake so when they refuse what is there
        planned = False
        told.write(str(ended.code).removeprefix("error: "))
    finally:
        logger.removeFilter(announced)
    if not planned:
        reason = told.getvalue().strip()
        hint = "\n`make targets` lists all targets." if "MissingRuleException" in reason else ""
        raise UserError(f"Snakemake cannot plan this:\n{reason}{hint}")
    return announced.jobs


def device_seconds(job: Job, settings: Settings) -> float | None:
    """Estimated time that a job takes, in seconds of one device; none if there is no basis for an estimate.

    The paper's step was computed by eight TPUs together.
    """
    seconds = cost_of(job.rule).seconds(settings.datasets.get(job.dataset), settings)
    devices = costs.PAPER_TPUS if job.rule == "train" and settings.accelerator == "tpu" else 1
    return None if seconds is None else seconds * devices


def disk_mb(job: Job, settings: Settings) -> float | None:
    """Estimated size of what a job leaves, in MB, or none if there is no basis for an estimate."""
    return cost_of(job.rule).left_mb(settings.datasets.get(job.dataset), dict(job.wildcards))


def is_measured(rule: str, settings: Settings) -> bool:
    """Whether the hours of a job are known of the device that it computes on: no GPU was measured."""
    return settings.accelerator != "cuda" or rule in ON_THE_LOGIN_NODE


def _in_words(value: float | None) -> str:
    if value is None:
        return "?"
    return "0" if value == 0 else "< 0.1" if value < 0.1 else f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _total(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known or not values else None


def _scaled(value: float | None, divisor: float) -> float | None:
    return None if value is None else value / divisor


@dataclass(frozen=True)
class Row:
    """What the jobs of a rule on a data set take; none where there is no basis for an estimate."""

    dataset: str
    rule: str
    where: str
    wanted: int
    waiting: int
    device_seconds: float | None
    disk_mb: float | None

    @property
    def hours(self) -> float | None:
        """Hours of all devices together."""
        return _scaled(self.device_seconds, 3600)

    def cells(self, *, tells_hours: bool) -> list[str | int]:
        """The line of the table."""
        done, hours = self.wanted - self.waiting, _in_words(self.hours) if tells_hours else "-"
        disk = _in_words(_scaled(self.disk_mb, 1000))
        return [self.dataset, self.rule, self.where, self.wanted, done, self.waiting, hours, disk]


def rows_of(settings: Settings, waiting: Sequence[Job], everything: Sequence[Job]) -> list[Row]:
    """A row for the jobs of each rule on each data set. Rules without a data set come last.

    Args:
        waiting: The jobs that have to be done.
        everything: All jobs, also those whose outcome is there already.
    """
    kinds = {(job.dataset, job.rule) for job in everything if not names_target(job.rule)}
    rows = []
    for dataset, rule in sorted(kinds, key=lambda kind: (kind[0] == "", kind)):
        todo = [job for job in waiting if (job.dataset, job.rule) == (dataset, rule)]
        rows.append(
            Row(
                dataset=dataset or "-",
                rule=rule,
                where="login node" if rule in ON_THE_LOGIN_NODE else "job",
                wanted=sum((job.dataset, job.rule) == (dataset, rule) for job in everything),
                waiting=len(todo),
                device_seconds=_total([device_seconds(job, settings) for job in todo]),
                disk_mb=_total([disk_mb(job, settings) for job in todo]),
            )
        )
    return rows


def total_of(rows: Sequence[Row]) -> Row:
    """The sum of the rows, as a row."""
    return Row(
        dataset="",
        rule="total",
        where="",
        wanted=sum(row.wanted for row in rows),
        waiting=sum(row.waiting for row in rows),
        device_seconds=_total([row.device_seconds for row in rows]),
        disk_mb=_total([row.disk_mb for row in rows]),
    )


def plan(settings: Settings, waiting: Sequence[Job], everything: Sequence[Job]) -> str:
    """The table of jobs, and lines that say how its estimates were made."""
    rows = rows_of(settings, waiting, everything)
    total = total_of(rows)
    are_known = [is_measured(row.rule, settings) for row in [*rows, total]]
    shown = [row.cells(tells_hours=known) for row, known in zip([*rows, total], are_known)]
    head = ["data set", "rule", "where", "jobs", "done", "to do", "device-hours", "disk, GB"]
    lines = [tabulate(shown, head, disable_numparse=True, colalign=("left",) * 3 + ("right",) * 5), ""]
    lines += [BASIS[settings.accelerator].format(hours=_in_words(total.hours))]
    others = "All other device-hours" if all(are_known) else "Hours on the login node"
    lines += [
        f"{others} are hours of one CPU core (docs/reproduce.md and docs/performance.md, or by the size of the data)."
    ]
    free, more = shutil.disk_usage(_existing(Path(settings.results))).free / 1e9, _scaled(total.disk_mb, 1000)
    lines += [f"Disk: about {_in_words(more)} GB more in {settings.results}, where {_in_words(free)} GB are free."]
    if any("?" in row for row in shown):
        lines += ["A ? means that there is no basis for an estimate, as for images of your own. Totals leave it out."]
    return "\n".join(lines)


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.absolute().parent)


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("targets", nargs="*", help="what to make (default: all)")
    add_configuration_options(parser)
    arguments = parser.parse_args()
    print("Planning: Snakemake looks at what is there and what is to do …", file=sys.stderr, flush=True)
    invocation = invocation_of(arguments)
    settings = invocation.settings()
    waiting, everything = (planned_jobs(invocation, arguments.targets, done_too=done_too) for done_too in (False, True))
    for warning in invocation.warnings():
        print(f"Note: {warning}")
    print(f"Profile {', '.join(arguments.profile) or 'none'}, accelerator {settings.accelerator}")
    if storage := invocation.profile_values().get("default-storage-prefix"):
        print(f"Results are in {storage}, where this command does not look: `done` is what is on this machine.")
    print(plan(settings, waiting, everything))


if __name__ == "__main__":
    run_command(main)
