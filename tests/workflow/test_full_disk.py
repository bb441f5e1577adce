"""The real workflow on a disk that is full."""

import subprocess
import sys

import pytest
from commands import ROOT, activated


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB in memory, which only root can have."""
    folder = tmp_path / "results"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a disk can only be mounted by root, on Linux")
    yield folder
    subprocess.run(["umount", folder], check=True)


def snakemake(folder, target) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "snakemake", target, "--snakefile", ROOT / "Snakefile", "--cores", "1"]
    command += ["--directory", folder, "--configfile", ROOT / "tests/smallest.yaml"]
    return subprocess.run(list(map(str, command)), env=activated(), capture_output=True, text=True)


def test_the_reason_is_on_the_screen_though_no_log_can_hold_it(small_disk):
    assert snakemake(small_disk.parent, "results/settings.json").returncode == 0
    with pytest.raises(OSError), open(small_disk / "all_that_is_left", "wb", buffering=0) as file:
        while True:
            file.write(bytes(512))
    outcome = snakemake(small_disk.parent, "table_a3_1")
    assert outcome.returncode == 1
    assert (small_disk / "logs/table/table_a3_1.log").read_text() == ""
    assert "error: results/tables/table_a3_1.csv: the disk is full. Make room there, then run again" in outcome.stderr

    (small_disk / "all_that_is_left").unlink()
    assert snakemake(small_disk.parent, "table_a3_1").returncode == 0
