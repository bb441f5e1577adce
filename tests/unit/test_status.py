"""What one sees of a run of Snakemake while it goes on."""

import io
import logging
import os
import re
from types import SimpleNamespace

import pytest
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from vrrae_bench.system.status import CAUSE, NAMED, REMEDY, SCREEN_HANDLER, STOPPED, Status, last_words

USUAL = {"quiet": None, "verbose": False, "printshellcmds": False}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def run(monkeypatch):
    """Starts a run of four jobs whose last takes as long as the others together, on a screen of some kind."""
    monkeypatch.setenv("TERM", "xterm")  # whatever terminal the tests themselves are started from
    statuses = []

    def started(screen, **shown):
        logger = logging.Logger("run")
        snakemake = logging.StreamHandler(screen)
        snakemake.set_name(SCREEN_HANDLER)
        logger.addHandler(snakemake)
        status = Status(screen)
        status.begin(logger, {0: 10, 1: 10, 2: 10, 3: 30}, SimpleNamespace(**USUAL | shown))
        statuses.append(status)
        return status, lambda level, message, **extra: logger.log(level, message, extra=extra)

    yield started
    for status in statuses:
        status.end()


def begin(tell, job, words):
    tell(logging.INFO, "a rule", event=LogEvent.JOB_INFO, jobid=job, rule_msg=words, rule_name="train")


def finish(tell, job):
    tell(logging.INFO, "finished", event=LogEvent.JOB_FINISHED, job_id=job)
    tell(logging.INFO, None, event=LogEvent.PROGRESS, done=1, total=4)


def test_a_terminal_has_one_line_with_progress_time_left_and_what_runs(run, monkeypatch):
    screen, clock = Terminal(), [100.0]
    monkeypatch.setattr("tqdm.std.time", lambda: clock[0])
    status, tell = run(screen)
    begin(tell, 0, "Train vrrae")
    begin(tell, 1, "Train vae")
    assert screen.getvalue().endswith(", about ? left, Train vrrae, and 1 more")
    clock[0] += 60
    finish(tell, 0)
    # Ten of sixty seconds of the estimate took a minute: the rest takes five.
    assert re.search(r"\r1 of 4 jobs \|.+\| 01:00, about 05:00 left, Train vae *$", screen.getvalue())
    assert "\n" not in screen.getvalue() and "finished" not in screen.getvalue()
    status.end()
    tell(logging.INFO, "Complete log: here")
    assert screen.getvalue().endswith("\nComplete log: here\n") and "1 of 4 jobs done in" in screen.getvalue()


def test_errors_stand_above_the_line(run):
    screen = Terminal()
    _, tell = run(screen)
    begin(tell, 0, "Train vrrae")
    tell(logging.ERROR, "RuleException", event=LogEvent.ERROR)
    # The line is wiped before, so that no rest of it stands beside the error, and is drawn again below.
    assert re.search(r"\r *\rRuleException\n\r0 of 4 jobs .*Train vrrae$", screen.getvalue())


def test_elsewhere_a_line_after_each_job_has_the_time_left(run, monkeypatch):
    screen, clock = io.StringIO(), [0.0]
    monkeypatch.setattr("vrrae_bench.system.status.time.monotonic", lambda: clock[0])
    _, tell = run(screen)
    begin(tell, 3, "Train vrrae")
    clock[0] = 90
    finish(tell, 3)
    assert screen.getvalue().splitlines() == ["a rule", "finished", "1 of 4 jobs done after 01:30, about 01:30 left"]
    for job in range(3):
        finish(tell, job)
    assert screen.getvalue().splitlines()[-1] == "4 of 4 jobs done after 01:30"


def test_a_terminal_without_columns_gets_lines(run, monkeypatch):
    """In which a line in place would be drawn as nothing."""
    screen = Terminal()
    monkeypatch.setattr(screen, "fileno", lambda: 1)
    monkeypatch.setattr("os.get_terminal_size", lambda descriptor: os.terminal_size((0, 0)))
    _, tell = run(screen)
    begin(tell, 0, "Train vrrae")
    finish(tell, 0)
    assert re.search(r"^a rule\nfinished\n1 of 4 jobs done after \d\d:\d\d, about \d\d:\d\d left\n$", screen.getvalue())


def test_who_asks_for_less_or_more_gets_it(run):
    quiet, verbose = Terminal(), Terminal()
    _, tell = run(quiet, quiet={Quietness.PROGRESS})
    begin(tell, 0, "Train vrrae")
    assert quiet.getvalue() == "a rule\n"
    _, tell = run(verbose, printshellcmds=True)
    begin(tell, 0, "Train vrrae")
    assert verbose.getvalue() == "a rule\n"


def fail(tell, job, *logs):
    tell(logging.ERROR, "Error in rule train", event=LogEvent.JOB_ERROR, jobid=job, rule_name="train", log=list(logs))


def test_a_job_that_succeeds_after_all_has_not_failed(run, tmp_path):
    """As with `retries`."""
    status, tell = run(io.StringIO())
    begin(tell, 0, "Train vrrae")
    fail(tell, 0, str(tmp_path / "train.log"))
    finish(tell, 0)
    assert last_words(status, []).strip() == STOPPED


def test_the_last_words_have_the_last_error_of_each_log_and_few_jobs(run, tmp_path):
    status, tell = run(io.StringIO())
    many = "\n".join(f"  {number}. wrong" for number in range(50))
    (tmp_path / "0.log").write_text(f"error: of the try before\nworking\nerror: a.yaml: is wrong:\n{many}\n")
    (tmp_path / "1.log").write_text("Traceback (most recent call last):\n  File x\nValueError: a bug\n\n")
    for job in range(NAMED + 2):
        begin(tell, job, f"Train {job}")
        fail(tell, job, str(tmp_path / f"{job}.log"))
    words = last_words(status, [])
    first, second, third, *_ = words.strip().split("\n\n")
    assert first.splitlines()[:2] == ["Failed: Train 0", "  error: a.yaml: is wrong:"]
    assert len(first.splitlines()) == CAUSE + 2
    assert second == f"Failed: Train 1\n  ValueError: a bug\n  log: {tmp_path}/1.log"
    assert third.splitlines()[1] == "  Its log has no message. What it wrote to the screen stands above."
    assert "And 2 more jobs failed." in words and words.endswith(REMEDY)
