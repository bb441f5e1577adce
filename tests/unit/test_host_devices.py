"""Jobs of one host share its accelerators: each has one that no other has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT, activated, snakemake

from vrrae_bench.system.errors import UserError
from vrrae_bench.system.host_devices import (
    SHELLS,
    claim,
    devices_of_host,
    one_at_a_time,
    refuse_without_devices,
    variables_of,
)

SCRIPTS = ROOT / "workflow/scripts"
SAY_AND_WAIT = "echo $CUDA_VISIBLE_DEVICES$TPU_VISIBLE_CHIPS; read line"


def start(kind, locks, **variables):
    command = [sys.executable, SCRIPTS / "on_device.py", "--locks", locks, kind, "bash", "-c", SAY_AND_WAIT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(list(map(str, command)), env=os.environ | variables, **pipes)


def test_concurrent_jobs_get_distinct_devices_and_the_next_waits_for_one(tmp_path):
    jobs = [start("cuda", tmp_path, CUDA_VISIBLE_DEVICES="0,1,GPU-8a2f") for _ in range(3)]
    devices = [job.stdout.readline().strip() for job in jobs]
    assert set(devices) == {"0", "1", "GPU-8a2f"}
    fourth = start("cuda", tmp_path, CUDA_VISIBLE_DEVICES="0,1,GPU-8a2f")
    with pytest.raises(subprocess.TimeoutExpired):
        fourth.wait(0.5)
    jobs[1].communicate("\n")
    assert fourth.stdout.readline().strip() == devices[1]
    for job in (jobs[0], jobs[2], fourth):
        job.communicate("\n")
        assert job.returncode == 0


def test_a_killed_job_frees_its_device(tmp_path):
    first = start("tpu", tmp_path, TPU_VISIBLE_CHIPS="5")
    assert first.stdout.readline() == "5\n"
    first.kill()
    first.communicate()
    second = start("tpu", tmp_path, TPU_VISIBLE_CHIPS="5")
    assert second.stdout.readline() == "5\n"
    second.communicate("\n")


def test_a_link_in_place_of_the_locks_is_refused_and_what_it_points_to_left_alone(tmp_path):
    """It would be opened to all: the locks lie where everyone may write."""
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o700)
    (tmp_path / "locks").symlink_to(victim)
    job = start("tpu", tmp_path / "locks", TPU_VISIBLE_CHIPS="5")
    assert job.communicate("\n")[0] == "" and job.returncode == 1
    assert victim.stat().st_mode & 0o777 == 0o700


def test_work_of_which_a_host_does_one_at_a_time_waits_for_another_process_and_says_so(tmp_path):
    code = "import pathlib, sys; from vrrae_bench.system.host_devices import one_at_a_time\n"
    code += "with one_at_a_time('timing', pathlib.Path(sys.argv[1])): print('begun', flush=True); input()"
    how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    how |= {"env": os.environ | {"PYTHONPATH": str(SCRIPTS)}}
    first = subprocess.Popen([sys.executable, "-c", code, tmp_path], **how)
    assert first.stdout.readline() == "begun\n"
    second = subprocess.Popen([sys.executable, "-c", code, tmp_path], **how)
    assert second.stderr.readline() == "waiting until another process of this machine has finished its timing\n"
    assert second.poll() is None
    first.kill()
    first.communicate()
    assert second.stdout.readline() == "begun\n"
    second.communicate("\n")
    assert second.returncode == 0


@pytest.mark.parametrize("put", [Path.touch, lambda path: path.symlink_to(path.with_name("nowhere"))])
def test_what_is_no_folder_in_place_of_the_locks_is_told(tmp_path, put):
    put(tmp_path / "locks")
    with pytest.raises(UserError, match="locks: cannot be made"):
        claim("tpu", ["5"], tmp_path / "locks")
    with pytest.raises(UserError, match="locks: cannot be made"), one_at_a_time("timing", tmp_path / "locks"):
        pass


def test_what_an_executor_has_assigned_is_kept():
    assert devices_of_host("cuda", {"CUDA_VISIBLE_DEVICES": "3, 1"}) == ["3", "1"]


def test_an_empty_list_of_devices_hides_them_all():
    with pytest.raises(UserError, match="CUDA_VISIBLE_DEVICES is empty, which hides every cuda device"):
        devices_of_host("cuda", {"CUDA_VISIBLE_DEVICES": ""})


def test_devices_are_counted_by_their_files(tmp_path):
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "accel0"):
        (tmp_path / name).touch()
    assert devices_of_host("cuda", {}, tmp_path) == ["0", "1"]
    assert devices_of_host("tpu", {}, tmp_path) == ["0"]


def test_a_host_without_devices_is_told(tmp_path):
    with pytest.raises(UserError, match="this host has no tpu device"):
        devices_of_host("tpu", {}, tmp_path)


def test_a_run_whose_jobs_take_devices_is_refused_where_there_are_none(tmp_path):
    (tmp_path / "nvidia0").touch()
    shells = ["", "bash", "workflow/scripts/shells/every_node", "workflow/scripts/shells/one_gpu"]
    refuse_without_devices(shells, {}, tmp_path)
    refuse_without_devices(["workflow/scripts/shells/one_tpu_chip"], {"TPU_VISIBLE_CHIPS": "0"}, tmp_path)
    with pytest.raises(UserError, match="this host has no tpu device"):
        refuse_without_devices([*shells, "workflow/scripts/shells/one_tpu_chip"], {}, tmp_path)
    assert all((SCRIPTS / "shells" / name).exists() for name in SHELLS)


@pytest.mark.skipif(bool(list(Path("/dev").glob("nvidia[0-9]*"))), reason="there is a GPU")
@pytest.mark.parametrize("hook", [[], ["--dry-run"]])
def test_the_profile_for_gpus_starts_nothing_on_a_host_without_one(hook, tmp_path):
    """A plan is to be had without one, such as on a login node."""
    command = [*hook, "table_2", "--profile", ROOT / "workflow/profiles/workstation-gpu"]
    command += ["--configfile", ROOT / "workflow/profiles/quick/experiment.yaml", "--config", "accelerator=cuda"]
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    outcome = snakemake(*command, cwd=tmp_path, env=environment)
    assert (outcome.returncode == 0) == bool(hook)
    assert ("error: this host has no cuda device" in outcome.stderr) != bool(hook), outcome.stderr
    assert not (tmp_path / "results").exists()


def test_chips_of_one_host_do_not_share_a_port():
    assert variables_of("tpu", "0")["TPU_PROCESS_PORT"] != variables_of("tpu", "1")["TPU_PROCESS_PORT"]


def test_the_shell_of_a_job_stops_at_a_failure_as_snakemakes_own(tmp_path):
    how = {"env": activated(CUDA_VISIBLE_DEVICES="test-0"), "capture_output": True, "text": True}
    shell = str(SCRIPTS / "shells/one_gpu")
    assert subprocess.run([shell, "-c", "echo $CUDA_VISIBLE_DEVICES"], **how).stdout == "test-0\n"
    assert subprocess.run([shell, "-c", "false | true; echo reached"], **how).stdout == ""
