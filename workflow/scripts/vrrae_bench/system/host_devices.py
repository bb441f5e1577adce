"""The accelerators of one host, of which each job gets one for itself, and work that a host does one at a time.

Snakemake's local executor counts devices, but does not assign them to jobs. So each device has a lock file. A job locks
the file of a free device before JAX or torch start, and lets them see only this device. The kernel releases the lock
when the job ends, in whatever way it ends.
"""

import fcntl
import os
import sys
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from vrrae_bench.system.errors import UserError
from vrrae_bench.system.locks import opened_lock

Kind = Literal["cuda", "tpu"]
SECONDS_BETWEEN_LOOKS = 1.0
# Variables with which an executor or a user has already chosen devices. The first that is set counts.
CHOSEN = {"cuda": ("CUDA_VISIBLE_DEVICES",), "tpu": ("TPU_VISIBLE_CHIPS", "TPU_VISIBLE_DEVICES")}
DEVICE_FILES = {"cuda": ("nvidia[0-9]*",), "tpu": ("accel[0-9]*", "vfio/[0-9]*")}
FIRST_TPU_PORT = 8476  # the default port of libtpu
# The shells of workflow/scripts/shells that give a job a device of its host.
SHELLS: dict[str, Kind] = {"one_gpu": "cuda", "one_tpu_chip": "tpu"}
# All jobs of all users of a host use this folder. TMPDIR would not do, because an executor may set it for each job.
LOCKS = Path("/tmp/vrrae-bench-devices")


def devices_of_host(kind: Kind, environment: Mapping[str, str], folder: Path = Path("/dev")) -> list[str]:
    """The devices that a job may use: those that its environment names, or all devices of the host.

    Raises:
        UserError: There is no such device.
    """
    for name in CHOSEN[kind]:
        if name in environment:
            chosen = [device.strip() for device in environment[name].split(",") if device.strip()]
            if not chosen:
                raise UserError(f"{name} is empty, which hides every {kind} device. Unset it, or name one there")
            return chosen
    files = [path for pattern in DEVICE_FILES[kind] for path in folder.glob(pattern)]
    if not files:
        raise UserError(
            f"this host has no {kind} device: {CHOSEN[kind][0]} is not set, and {folder} has none of "
            f"{', '.join(DEVICE_FILES[kind])}. If it should have one, look whether its driver is installed. "
            "Otherwise run on another host, or with a profile for CPUs, such as workflow/profiles/laptop"
        )
    return [str(number) for number in range(len(files))]


def refuse_without_devices(shells: Iterable[str], environment: Mapping[str, str], folder: Path = Path("/dev")) -> None:
    """Stop a run before it begins if its jobs are to take devices of this host, which has none.

    Args:
        shells: The shells of its jobs. Other shells than those of `SHELLS` are not looked at.

    Raises:
        UserError: There is no such device.
    """
    for kind in dict.fromkeys(SHELLS[name] for name in map(os.path.basename, shells) if name in SHELLS):
        devices_of_host(kind, environment, folder)


def claim(kind: Kind, devices: Sequence[str], folder: Path = LOCKS) -> tuple[str, int]:
    """Wait for one of some devices, and lock it.

    Raises:
        UserError: A lock cannot be opened, or the folder of locks cannot be made or is a link.

    Returns:
        The device, and the open file that holds the lock. Programs that this process starts or turns into inherit the
        file, and the lock lasts until the last of them has ended.
    """
    _open_to_all(folder)
    while True:
        for device in devices:
            lock = _opened(folder / f"{kind}-{device.replace('/', '_')}")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            os.set_inheritable(lock, True)
            return device, lock
        time.sleep(SECONDS_BETWEEN_LOOKS)


@contextmanager
def one_at_a_time(work: str, folder: Path = LOCKS) -> Generator[None]:
    """A context in which no other process of this host does the same work. If it has to wait, it says so on stderr.

    Raises:
        UserError: The lock cannot be opened, or the folder of locks cannot be made or is a link.
    """
    _open_to_all(folder)
    with os.fdopen(_opened(folder / work)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting until another process of this machine has finished its {work}", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open_to_all(folder: Path) -> None:
    """Make a folder in which all users may create lock files, and none may remove the files of another user."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made, for locks ({error.strerror}). Remove what is there.") from None
    if folder.is_symlink():
        raise UserError(f"{folder}: is a link, which anyone might have put there. Remove it.")
    with suppress(PermissionError):  # the folder belongs to another user, who has opened it to all users
        folder.chmod(0o1777)


def _opened(path: Path) -> int:
    """Open a lock file. It is opened for reading, which is enough, and works for files of other users too."""
    lock = opened_lock(path, os.O_RDONLY)
    with suppress(
        PermissionError
    ):  # another user's file; our own file needs this if a strict umask has closed it to others
        os.fchmod(lock, 0o644)
    return lock


def variables_of(kind: Kind, device: str) -> dict[str, str]:
    """Environment variables with which JAX and torch see only one device.

    A single TPU chip also needs the shape of its process, and a port of its own.
    """
    if kind == "cuda":
        return {"CUDA_VISIBLE_DEVICES": device}
    port = str(FIRST_TPU_PORT + int(device))
    return {
        "TPU_VISIBLE_CHIPS": device,
        "TPU_VISIBLE_DEVICES": device,
        "TPU_CHIPS_PER_PROCESS_BOUNDS": "1,1,1",
        "TPU_PROCESS_BOUNDS": "1,1,1",
        "TPU_PROCESS_ADDRESSES": f"localhost:{port}",
        "TPU_PROCESS_PORT": port,
        "CLOUD_TPU_TASK_ID": "0",
    }
