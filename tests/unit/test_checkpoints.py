"""Which saved states of a work are kept, and which are passed over, whatever the states hold."""

import pytest

from vrrae_bench.system.checkpoints import CheckpointFolder


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
