"""One training over several devices and several processes, and the processors a job may use."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import ROOT

from vrrae_bench.extractor.devices import configure_torch
from vrrae_bench.system.errors import UserError


@pytest.fixture(scope="module")
def differences() -> dict[str, dict[str, float]]:
    script = Path(__file__).with_name("eight_devices.py")
    return json.loads(subprocess.run([sys.executable, script], capture_output=True, check=True).stdout)


def test_loss_and_gradient_on_eight_devices_are_those_of_one(differences):
    """The truncation is that of the whole batch, not of an eighth of it.

    Sums over the batch are taken in another order, which turns singular vectors by a few eps / gap: with relative gaps
    above 1e-2 that leaves five digits of the loss, and three of every gradient, safe.
    """
    assert all(difference["gap"] > 1e-2 for difference in differences.values())
    assert max(difference["loss"] for difference in differences.values()) < 1e-5
    assert max(difference["gradient"] for difference in differences.values()) < 1e-3


def test_each_of_eight_devices_does_an_eighth_of_the_arithmetic(differences):
    assert max(difference["arithmetic"] for difference in differences.values()) < 0.13


def test_a_batch_that_does_not_divide_by_the_devices_is_refused(tiny_images, run_spec, train_command, tmp_path):
    process = train_command(run_spec("ae", batch_size=20), tiny_images, tmp_path, devices=8, stderr=subprocess.PIPE)
    _, told = process.communicate()
    assert process.returncode == 1
    assert b"a batch of 20 cannot be spread evenly over 8 devices. Set datasets.tiny.batch_size (or" in told
    assert b"to 16 or 24, or use fewer devices" in told


@pytest.mark.slow
def test_two_processes_train_the_model_of_one(tiny_images, trained, run_spec, train_command, tmp_path):
    """Joined through a coordinator that is named explicitly; the first of them writes, and the history is the same."""
    spec = run_spec("vrrae", epochs=2)
    _, _, history = trained(spec, tiny_images, tmp_path / "one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    together = ("--coordinator", coordinator, "--processes", "2", "--checkpoint-seconds", "0", "--process")
    processes = [train_command(spec, tiny_images, tmp_path / "two", *together, number) for number in (0, 1)]
    assert [process.wait() for process in processes] == [0, 0]
    assert json.loads((tmp_path / "two/run.json").read_text())["device"].endswith("x 2")
    shared = pd.read_csv(tmp_path / "two/history.csv")
    alone = pd.DataFrame(history)
    np.testing.assert_allclose(shared.iloc[0], alone.iloc[0], rtol=1e-4)
    # AdaBelief moves a weight by the learning rate however small its gradient: rounding grows from step to step, and
    # shows first in the few coefficients whose squares are the KL divergence.
    np.testing.assert_allclose(shared.iloc[1].drop("kl_divergence"), alone.iloc[1].drop("kl_divergence"), rtol=1e-4)
    np.testing.assert_allclose(shared.kl_divergence, alone.kl_divergence, rtol=1e-2)


def test_linear_algebra_keeps_to_one_thread_though_numpy_was_loaded_first():
    script = (
        "import sys; sys.path.insert(0, 'workflow/scripts')\n"
        "import numpy, threadpoolctl\n"
        "from vrrae_bench.training.devices import configure_jax\n"
        "configure_jax('cpu', 1)\n"
        "import scipy.linalg\n"
        "print({pool['num_threads'] for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'})\n"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT, text=True)
    assert printed.stdout == "{1}\n"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells the names of threads")
@pytest.mark.parametrize("threads", [1, 3])
def test_a_job_computes_with_as_many_threads_as_it_was_given(threads):
    """And not with one for each core of the machine, as XLA would."""
    script = (
        "import sys; sys.path.insert(0, 'workflow/scripts')\n"
        "from pathlib import Path\n"
        "from vrrae_bench.training.devices import configure_jax\n"
        f"configure_jax('cpu', {threads})\n"
        "import jax, jax.numpy as jnp\n"
        "jax.jit(lambda x: x @ x)(jnp.ones((300, 300))).block_until_ready()\n"
        "names = [task.read_text() for task in Path('/proc/self/task').glob('*/comm')]\n"
        "print(sum('XLAEigen' in name for name in names))\n"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT, text=True)
    assert printed.stdout == f"{threads}\n"


def test_a_gpu_is_told_to_compute_the_same_from_run_to_run():
    """As a CPU does anyway. The other flags of the shell stay. It needs no GPU."""
    script = (
        "import os, sys; sys.path.insert(0, 'workflow/scripts')\n"
        "from vrrae_bench.training.devices import configure_jax\n"
        "configure_jax(sys.argv[1], 1)\n"
        "print(os.environ.get('XLA_FLAGS', ''))\n"
    )
    flag = "--xla_force_host_platform_device_count=1"
    how = dict(capture_output=True, check=True, cwd=ROOT, text=True)
    told = [
        subprocess.run([sys.executable, "-c", script, accelerator], env=os.environ | {"XLA_FLAGS": flag}, **how).stdout
        for accelerator in ("cpu", "cuda")
    ]
    assert told == [f"{flag}\n", f"{flag} --xla_gpu_deterministic_ops=true\n"]


@pytest.mark.skipif(bool(list(Path("/dev").glob("nvidia[0-9]*"))), reason="there is such a device")
@pytest.mark.parametrize("accelerator", ["cuda", "tpu"])
def test_a_device_that_is_not_there_is_not_replaced_by_the_cpu(accelerator):
    """JAX would take the CPU without a word."""
    script = (
        "import sys; sys.path.insert(0, 'workflow/scripts')\n"
        "from vrrae_bench.system.errors import UserError\n"
        "from vrrae_bench.training.devices import configure_jax, device_name\n"
        f"configure_jax('{accelerator}', 1)\n"
        "try:\n"
        f"    print(device_name('{accelerator}'))\n"
        "except UserError as error:\n"
        "    print(error)\n"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT, text=True)
    assert printed.stdout.startswith(f"accelerator: {accelerator}: JAX finds no such device here")


@pytest.mark.skipif(bool(list(Path("/dev").glob("nvidia[0-9]*"))), reason="there is such a device")
def test_torch_too_says_that_there_is_no_gpu():
    with pytest.raises(UserError, match="accelerator: cuda: torch finds no such device here"):
        configure_torch("cuda", 1)
