"""How training is timed: in which order, and over which steps."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from vrrae_bench.host_devices import one_at_a_time
from vrrae_bench.training import timing
from vrrae_bench.training.settings import TimingSettings

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/timing.py"


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

    def run_steps(method, precision, optimiser, normalisation, state, batches, span, key, weights):
        taken.append(tuple(span.tolist()))
        return State()

    monkeypatch.setattr(timing, "run_steps", run_steps)
    monkeypatch.setattr(timing.time, "perf_counter", itertools.count().__next__)
    return taken


def test_a_turn_of_steps_is_timed_after_two_that_are_not(steps_taken, run_spec, tiny_images):
    seconds = timing.step_seconds([run_spec("ae")], tiny_images, turns=3, steps=4)
    assert steps_taken == [(0, 4)] * 5
    assert seconds == {"ae": [1 / 4] * 3}


def test_a_step_of_a_training_is_timed_after_its_first_stretch_and_across_the_ends_of_epochs(
    steps_taken, run_spec, tiny_images
):
    """48 images in batches of 16: an epoch is three steps, and a stretch ends with it; the longest would be 20."""
    seconds = timing.training_step_seconds([run_spec("ae")], tiny_images, steps=4)
    # The first stretch does not count; two make up four steps at least, while the one after them is read.
    assert steps_taken == [(0, 3), (3, 6), (6, 9)] * 2
    assert seconds == {"ae": [1 / 6] * 2}


def test_a_second_timing_waits_for_the_first_and_says_so(tmp_path, run_spec):
    options = {"runs": run_spec("ae"), "timing": TimingSettings()}
    options = {name: value.model_dump_json() for name, value in options.items()}
    options |= {"data": "none.json", "out": tmp_path / "timings.json", "locks": tmp_path / "locks"}
    command = [sys.executable, SCRIPT, *(word for name, value in options.items() for word in (f"--{name}", value))]
    with one_at_a_time("timing", tmp_path / "locks"):
        with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True) as second:
            told = second.stderr.readline()
            second.kill()
    assert told == "waiting: another process of this machine is at its timing\n"
