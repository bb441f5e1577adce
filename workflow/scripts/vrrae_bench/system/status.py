"""The status line of a run of Snakemake, and the last words of a run that fails.

In a terminal, the last line says how many jobs are done, about how long the rest will take, and what is running. The
messages of Snakemake about each job are then only in its own log. Without a terminal, as in the log of a batch system,
Snakemake writes its messages about each job, and a line after each job says how far the run is.

Snakemake's logger plug-in `rich` (0.5.1) was tried first. It does not estimate the time that is left, writes nothing
while jobs run if there is no terminal, and loses the failure of a group of jobs.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TextIO, runtime_checkable

from tqdm import tqdm

from vrrae_bench.system.killed import explain_killed

LINE = "{desc} |{bar:16}| {elapsed}, about {remaining} left{postfix}"
# At its end, a failed run shows at most this many lines of the log of a job, for at most this many jobs.
CAUSE, NAMED = 12, 5
# The handler with which Snakemake writes on the screen, if it uses no plug-in for that.
SCREEN_HANDLER = "DefaultStreamHandler"
REMEDY = "Remove the cause, then type the same command again. What is finished is kept."
STOPPED = (
    "The run was stopped. If not by you, the reason stands above. Type the same command to go on: what is finished is "
    "kept."
)


@runtime_checkable
class Shown(Protocol):
    """The output settings of Snakemake, which decide how much it writes."""

    quiet: Sequence[object] | None
    verbose: bool
    printshellcmds: bool


class Status(logging.Handler):
    """A logging handler that follows the jobs of a run by the log messages of Snakemake.

    Attributes:
        failed: The log files of each job that has failed and has not succeeded since, by the number of the job.
        names: A description of each job that has begun, by its number.
    """

    def __init__(self, screen: TextIO | None = None) -> None:
        super().__init__()
        self.failed: dict[int, list[str]] = {}
        self.names: dict[int, str] = {}
        self._screen = screen or sys.stderr
        self._seconds: dict[int, float] = {}
        self._done: set[int] = set()
        self._running: dict[int, None] = {}
        self._began = time.monotonic()
        self._bar: tqdm | None = None
        self._told = False
        self._ended = threading.Event()

    def begin(self, logger: logging.Logger, seconds: Mapping[int, float], shown: Shown) -> None:
        """Follow a run that begins now.

        Args:
            logger: The logger of Snakemake.
            seconds: About how long each job takes, by its number. Only the ratios matter, because the time that is left
                is estimated from the time that the finished jobs have taken.
            shown: If the user asks for less output than usual, there is no status. If the user asks for more, there is
                no line at the foot of the terminal.
        """
        self._seconds, self._began = dict(seconds), time.monotonic()
        screen = next((one for one in logger.handlers if one.get_name() == SCREEN_HANDLER), None)
        if screen and not {"ALL", "PROGRESS"} & {str(getattr(kind, "name", kind)) for kind in shown.quiet or ()}:
            self._told = True
            in_place = self._screen.isatty() and os.environ.get("TERM") != "dumb" and _has_width(self._screen)
            if in_place and not (shown.verbose or shown.printshellcmds):
                self._bar = tqdm(
                    total=sum(self._seconds.values()), file=self._screen, bar_format=LINE, smoothing=0, leave=False,
                    dynamic_ncols=True, mininterval=0, desc=self._counted(),
                )  # fmt: skip
                threading.Thread(target=self._tick, daemon=True).start()
                self._keep_above(screen)
            screen.addFilter(self._stays)
        logger.addHandler(self)

    def emit(self, record: Any) -> None:
        """Note what a log message of Snakemake says about a job. Its attributes depend on its event."""
        match getattr(record, "event", None):
            case "job_info":
                self.names[record.jobid] = record.rule_msg or record.rule_name
                self._running[record.jobid] = None
                self._draw()
            case "job_error":
                self.failed[record.jobid] = list(record.log)
                self._running.pop(record.jobid, None)
                self._draw()
            case "job_finished":
                self.failed.pop(record.job_id, None)
                self._running.pop(record.job_id, None)
                self._done.add(record.job_id)
                self._draw()
            case "progress" if self._told and not self._bar:
                print(self._line(), file=self._screen, flush=True)

    def end(self) -> None:
        """Remove the status line, and say how many jobs were done."""
        self._ended.set()
        if self._bar:
            bar, self._bar = self._bar, None
            bar.close()
            elapsed = tqdm.format_interval(time.monotonic() - self._began)
            print(f"{self._counted()} done in {elapsed}", file=self._screen, flush=True)

    def _tick(self) -> None:
        """Draw the status line each second, so that its times go on."""
        while not self._ended.wait(1):
            if bar := self._bar:
                bar.refresh()

    def _stays(self, record: logging.LogRecord) -> bool:
        """Whether Snakemake may write a log message on the screen."""
        if self._bar:
            return record.levelno >= logging.WARNING
        return getattr(record, "event", None) != "progress"

    def _keep_above(self, screen: logging.Handler) -> None:
        """Remove the status line while Snakemake writes a message, so that the message stands above the line."""
        written = screen.emit

        def emit(record: logging.LogRecord) -> None:
            with tqdm.external_write_mode(file=self._screen):
                written(record)

        screen.emit = emit

    def _draw(self) -> None:
        if not self._bar:
            return
        first, others = next(iter(self._running), None), len(self._running) - 1
        running = "" if first is None else self.names[first] + (f", and {others} more" if others else "")
        self._bar.set_description_str(self._counted(), refresh=False)
        self._bar.set_postfix_str(running, refresh=False)
        self._bar.n = self._seconds_done()
        self._bar.refresh()

    def _counted(self) -> str:
        return f"{len(self._done)} of {len(self._seconds)} jobs"

    def _seconds_done(self) -> float:
        return sum(self._seconds.get(job, 0) for job in self._done)

    def _line(self) -> str:
        """A line that says how many jobs are done, and how long the rest takes at the same pace."""
        elapsed, done = time.monotonic() - self._began, self._seconds_done()
        if len(self._done) == len(self._seconds):
            return f"{self._counted()} done after {tqdm.format_interval(elapsed)}"
        left = elapsed * (sum(self._seconds.values()) - done) / done if done else None
        rest = f", about {tqdm.format_interval(left)} left" if left is not None else ""
        return f"{self._counted()} done after {tqdm.format_interval(elapsed)}{rest}"


def _has_width(screen: TextIO) -> bool:
    """Whether a terminal has any columns. Terminals of some containers and services say that they have none."""
    try:
        return os.get_terminal_size(screen.fileno()).columns > 0
    except OSError:
        return True


def last_words(status: Status, logs: Sequence[str]) -> str:
    """The last words of a failed run: which jobs failed and why, where their logs are, and what to do.

    If no job has failed, the run was stopped, for example by Ctrl-C.

    Args:
        logs: The log files of Snakemake itself.
    """
    told = []
    for job, files in list(status.failed.items())[:NAMED]:
        told += ["", f"Failed: {status.names.get(job, f'job {job}')}", *(f"  {line}" for line in _cause(files))]
        told += [f"  log: {Path(file).absolute()}" for file in files]
    if (more := len(status.failed) - NAMED) > 0:
        told += ["", f"And {more} more jobs failed."]
    killed = explain_killed(logs).rstrip()
    return "\n".join([*told, "", *filter(None, [killed]), REMEDY if told or killed else STOPPED])


def _cause(files: Sequence[str]) -> list[str]:
    """The end of the logs of a job, from its last error message on; for a traceback, only the last line."""
    lines = []
    for file in files:
        with suppress(OSError):
            lines += [line for line in Path(file).read_text(encoding="utf-8", errors="replace").splitlines() if line]
    starts = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    return (
        lines[starts[-1] :][:CAUSE]
        if starts
        else lines[-1:] or ["Its log has no message. What it wrote to the screen stands above."]
    )
