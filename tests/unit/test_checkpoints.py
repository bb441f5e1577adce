"""When the state of a work is saved; which saved states are kept, and which are passed over, whatever they hold."""

import pytest

from vrrae_bench.system.checkpoints import CheckpointFolder, Keeper
from vrrae_bench.system.errors import Interrupted


@pytest.fixture
def checkpoints(tmp_path):
    return CheckpointFolder(tmp_path, "the work")


def steps(checkpoints):
    return sorted(int(path.name.removeprefix("step-")) for path in checkpoints.folder.glob("step-*"))


def damage(checkpoints, *damaged):
    for step in damaged:
        (checkpoints.folder / f"step-{step:09d}").write_bytes(b"not a state")


def resumed(checkpoints):
    return checkpoints.newest(lambda step, content: step)


def write_all(checkpoints, *written):
    for step in written:
        checkpoints.write(step, b"state")


def test_the_newest_two_states_are_kept(checkpoints):
    write_all(checkpoints, 1000, 2000, 3000)
    assert steps(checkpoints) == [2000, 3000] and resumed(checkpoints) == 3000


def test_after_the_newest_is_damaged_the_one_before_stays_beside_what_follows(checkpoints):
    write_all(checkpoints, 1000, 2000)
    damage(checkpoints, 2000)
    with pytest.warns(UserWarning, match="step-000002000: damaged checkpoint is ignored"):
        assert resumed(checkpoints) == 1000
    checkpoints.write(1100, b"state")
    assert steps(checkpoints) == [1000, 1100] and resumed(checkpoints) == 1100


def test_after_all_are_damaged_what_is_saved_anew_is_kept_though_its_step_is_lower(checkpoints):
    write_all(checkpoints, 1000, 2000)
    damage(checkpoints, 1000, 2000)
    with pytest.warns(UserWarning, match="damaged checkpoint is ignored"):
        assert resumed(checkpoints) is None
    for step in (100, 200, 300):
        checkpoints.write(step, b"state")
        assert resumed(checkpoints) == step
    assert steps(checkpoints) == [200, 300]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), "cause"])
def test_memory_that_runs_out_while_a_state_is_read_is_no_damage(checkpoints, error):
    """As Equinox and torch raise it. The state is still there for a machine with more memory."""
    write_all(checkpoints, 1000, 2000)

    def read(step, content):
        if error == "cause":
            raise RuntimeError("Error at leaf with path ('weights',)") from RuntimeError("CUDA out of memory.")
        raise error

    with pytest.raises((MemoryError, RuntimeError)):
        checkpoints.newest(read)
    assert steps(checkpoints) == [1000, 2000]


class Work:
    """Work with a clock of its own, which takes ten seconds for a step. A checkpoint is due after 25 seconds."""

    def __init__(self, monkeypatch):
        self.step, self.now, self.asked_to_end, self.saved = 0, 1000.0, False, []
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        self.keep = Keeper(
            lambda: self.saved.append(self.step), lambda: f"step {self.step} of 9", 25, lambda: self.asked_to_end
        )

    def take_steps(self, n):
        for _ in range(n):
            self.step, self.now = self.step + 1, self.now + 10
            self.keep()


@pytest.fixture
def work(monkeypatch):
    return Work(monkeypatch)


def test_a_state_is_saved_whenever_the_time_since_the_last_one_has_passed(work):
    work.take_steps(7)
    assert work.saved == [3, 6]


def test_a_state_that_does_not_change_is_saved_once(work):
    work.now += 100
    work.keep()  # as it was at the start
    work.keep(final=True)
    assert work.saved == []
    work.take_steps(1)
    work.now += 100
    work.keep()
    assert work.saved == [1]


def test_the_final_state_is_saved_at_once(work):
    work.take_steps(4)
    work.keep(final=True)
    assert work.saved == [3, 4]


def test_work_that_is_asked_to_end_saves_its_state_and_says_after_what(work):
    work.take_steps(1)
    work.asked_to_end = True
    with pytest.raises(Interrupted, match="^asked to end; saved after step 2 of 9$"):
        work.take_steps(1)
    with pytest.raises(Interrupted, match="^asked to end; saved after step 2 of 9$"):
        work.keep()
    assert work.saved == [2]
