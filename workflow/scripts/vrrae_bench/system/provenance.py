"""Where a result comes from: the versions, the machine, the commit, and the time and memory that it took."""

import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from vrrae_bench.system.processor import processor
from vrrae_bench.system.variables import recorded_settings

PACKAGES = ("equinox", "jax", "jaxlib", "numpy", "optax", "scikit-learn", "scipy", "torch", "torchvision")
# They are there only if a GPU or a TPU is used.
PACKAGES += ("jax-cuda13-pjrt", "jax-cuda13-plugin", "libtpu", "nvidia-cudnn-cu13")
_REPOSITORY = Path(__file__).parent
# Variables with which the shell may name another repository, as it does within a hook of git. Other variables of git
# are kept. For example, containers use some of them to let git read a checkout of another user.
_OTHER_REPOSITORY = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_SHALLOW_FILE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE"),
)


class Stopwatch:
    """The wall time since its creation, together with the time of earlier processes whose work is continued."""

    def __init__(self):
        self._start = time.perf_counter()

    def add(self, seconds: float) -> None:
        """Add the seconds of an earlier process."""
        self._start -= seconds

    def seconds(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self._start

    def recorded(self) -> dict[str, float]:
        """What a record says about the work: its wall time in seconds, and the peak memory of this process in MiB."""
        return {"wall_seconds": round(self.seconds(), 3), "peak_memory_mib": peak_memory_mib()}


def provenance(device: str) -> dict[str, Any]:
    """What a record says about the origin of a result: versions, machine, device, settings of the shell, and commit.

    A command calls this before it does anything else, because the files of the code may change later.
    """
    return {
        "versions": {"python": platform.python_version()} | _versions(),
        "platform": platform.platform(),
        "processor": processor().name,
        "cpus": os.cpu_count(),
        "device": device,
        "shell_settings": recorded_settings(),
        "commit": commit(),
    }


def machine_identity(origin: dict[str, Any]) -> list[Any]:
    """The parts of `provenance` that can change a result, such as a trained model.

    The processor of a host whose GPU or TPU computes the result is not among them.
    """
    computes = origin["processor"] if origin["device"].startswith("cpu") else None
    return [computes, origin["device"], origin["versions"], origin["shell_settings"]]


def commit() -> str | None:
    """The commit of the code, with `-dirty` if files differ from the commit; None if there is no git checkout."""
    command = ["git", "-C", str(_REPOSITORY), "describe", "--always", "--dirty", "--abbrev=40", "--match", ""]
    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_REPOSITORY}
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def peak_memory_mib() -> int:
    """The largest resident size that this process has had so far, in MiB."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20
    # On Linux, getrusage would include the size of the process that started this process.
    lines = Path("/proc/self/status").read_text().splitlines()
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    # Some sandboxes of containers leave the line out.
    return (peaks or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss])[0] // 2**10


def _versions() -> dict[str, str]:
    installed = {}
    for name in PACKAGES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed
