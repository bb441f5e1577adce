"""How training is timed: in which order, over which steps, and beside what other work."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import ROOT

from vrrae_bench.study.results_there import timing_asked, timing_of
from vrrae_bench.system.host_devices import one_at_a_time
from vrrae_bench.training import timing
from vrrae_bench.training.other_work import OtherWork, read_clocks, warn_of_other_work
from vrrae_bench.training.settings import TimingSettings

SCRIPT = ROOT / "workflow/scripts/timing.py"


def test_no_method_is_always_the_first():
    """What warms a machine up, or slows it down, meets all methods alike; times of one turn are neighbours."""
    called = []
    contenders = {
        name: lambda name=name: called.append(name) or float(len(called)) for name in ("vae", "rrae", "vrrae")
    }
    seconds = timing.alternately(contenders, turns=3)
    assert called == ["vae", "rrae", "vrrae", "vrrae", "rrae", "vae", "vae", "rrae", "vrrae"]
    assert seconds == {"vae": [1.0, 6.0, 7.0], "rrae": [2.0, 5.0, 8.0], "vrrae": [3.0, 4.0, 9.0]}


@pytest.fixture
def steps_taken(monkeypatch):
    """The steps that would be run, without running any; each look at the clock finds a second gone."""
    taken = []

    class State:
        def __init__(self):
            self.sums = self

        def means(self, n_steps):
            pass

    def run_steps(settings, state, batches, span, key, weights):
        taken.append(tuple(span.tolist()))
        return State()

    monkeypatch.setattr(timing, "run_steps", run_steps)
    monkeypatch.setattr(timing.time, "perf_counter", itertools.count().__next__)
    return taken


@pytest.fixture
def others(steps_taken):
    """Sees a second of wall time in each stretch of steps, in which other work takes half a core."""
    return OtherWork(lambda: len(steps_taken) * np.array([1.0, 1.5, 1.0]))


def test_a_turn_of_steps_is_timed_after_two_that_are_not(steps_taken, others, run_spec, tiny_images):
    seconds = timing.step_seconds([run_spec("ae")], tiny_images, turns=3, steps=4, others=others)
    assert steps_taken == [(0, 4)] * 5
    assert seconds == {"ae": [1 / 4] * 3}
    assert others.cores() == 0.5


def test_a_step_of_a_training_is_timed_after_its_first_stretch_and_across_the_ends_of_epochs(
    steps_taken, others, run_spec, tiny_images
):
    """48 images in batches of 16: an epoch is three steps, and a stretch ends with it; the longest would be 20."""
    seconds = timing.training_step_seconds([run_spec("ae")], tiny_images, steps=4, others=others)
    # The first stretch does not count; two make up four steps at least, while the one after them is read.
    assert steps_taken == [(0, 3), (3, 6), (6, 9)] * 2
    assert seconds == {"ae": [1 / 6] * 2}
    assert others.cores() == 0.5


def test_other_work_is_what_the_machine_did_less_what_this_process_did_over_the_time_that_was_watched():
    # Wall time, the machine's and this process's seconds, before and after each of two spans.
    clocks = iter(np.array([[0, 100, 10], [4, 107, 15], [90, 200, 15], [96, 211, 25]], dtype=float))
    others = OtherWork(clocks.__next__)
    for _ in range(2):
        with others.watched():
            pass
    assert others.cores() == (7 - 5 + 11 - 10) / (4 + 6)


def test_a_process_that_was_counted_more_exactly_than_the_machine_had_it_to_itself():
    clocks = iter(np.array([[0, 0, 0], [1, 1.99, 2]]))
    others = OtherWork(clocks.__next__)
    with others.watched():
        pass
    assert others.cores() == 0


def test_clocks_count_work_and_no_idleness_and_none_twice(monkeypatch):
    """Linux has the time of guests among that of users; macOS has four states."""
    linux = dict(user=100, nice=10, system=20, idle=5000, iowait=300, irq=1, softirq=2, steal=4, guest=50, guest_nice=5)
    macos = dict(user=100, nice=10, system=20, idle=5000)
    for states, busy in ((linux, 137), (macos, 130)):
        times = type("Times", (), {"_asdict": lambda self, states=states: states})
        monkeypatch.setattr("psutil.cpu_times", times)
        assert read_clocks()[1] == busy


def test_other_work_above_a_tenth_of_a_core_is_told(capfd):
    warn_of_other_work(0.1, Path("timings/mnist.json"))
    assert capfd.readouterr().err == ""
    warn_of_other_work(0.34, Path("timings/mnist.json"))
    told = capfd.readouterr().err
    assert "other work took 0.34 cores" in told and "--forcerun timings/mnist.json" in told


def test_a_second_timing_waits_for_the_first_and_says_so(tmp_path, run_spec):
    options = {"runs": run_spec("ae"), "timing": TimingSettings()}
    options = {name: value.model_dump_json() for name, value in options.items()}
    options |= {"data": "none.json", "out": tmp_path / "timings.json", "locks": tmp_path / "locks"}
    command = [sys.executable, SCRIPT, *(word for name, value in options.items() for word in (f"--{name}", value))]
    # The tests' own setting is ignored, and told before all else.
    environment = {name: value for name, value in os.environ.items() if name != "JAX_DISABLE_MOST_OPTIMIZATIONS"}
    with one_at_a_time("timing", tmp_path / "locks"):
        with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, env=environment) as second:
            told = second.stderr.readline()
            second.kill()
    assert told == "waiting until another process of this machine has finished its timing\n"


def test_times_of_a_cpu_are_not_those_that_are_asked_for_on_a_gpu(run_spec):
    """Also in a file of an earlier version, which tells only the batch size of its runs."""
    runs, settings = [run_spec("vae"), run_spec("vrrae")], TimingSettings()
    record = {"timing": settings.model_dump(), "methods": {"vae": {}, "vrrae": {}}, "device": "cpu: cpu x 1"}
    for told in ({"runs": [run.model_dump() for run in runs]}, {"batch_size": runs[0].batch_size}):
        found, asked = timing_of(record | told), timing_asked(settings, runs, "cuda")
        assert (found["accelerator"], asked["accelerator"]) == ("cpu", "cuda")
