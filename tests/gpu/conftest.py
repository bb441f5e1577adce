"""Which device `make test-gpu` checks: a GPU where there is one, otherwise the CPU in a GPU's place."""

import os

import pytest

from vrrae_bench.system.errors import UserError
from vrrae_bench.system.host_devices import devices_of_host


def missing() -> str:
    """Why there is no GPU to check; empty, if there is one."""
    try:
        devices_of_host("cuda", os.environ)
    except UserError as error:
        return str(error).split(". ")[0]
    return ""


def pytest_report_header():
    reason = missing()
    return f"no GPU was found ({reason}): what needs one is skipped" if reason else "a GPU was found"


@pytest.fixture(scope="session")
def accelerator() -> str:
    """The device that takes the checks: `cuda`, or `cpu` where there is no GPU."""
    return "cpu" if missing() else "cuda"


@pytest.fixture
def needs_gpu():
    if reason := missing():
        pytest.skip(f"no GPU was found: {reason}")
