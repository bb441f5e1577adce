"""The devices of JAX: which, how many cores of a CPU, and how a batch is spread over several."""

import os
from typing import TYPE_CHECKING

import platformdirs
from threadpoolctl import threadpool_limits

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.system.errors import UserError, is_out_of_memory
from vrrae_bench.system.processor import refuse_without_bfloat16
from vrrae_bench.training.settings import BACKENDS

if TYPE_CHECKING:  # before JAX is imported its environment has to be set
    from jax.sharding import NamedSharding


def configure_jax(accelerator: str, threads: int) -> None:
    """Let JAX run on `accelerator` and, on a CPU, with `threads` threads. To be called before JAX is first used.

    XLA sizes its thread pool by the environment variable NPROC and would otherwise take every core of the machine,
    whatever the workflow manager has reserved. Compiled programs are kept from one process to the next, in the user's
    cache or where JAX_COMPILATION_CACHE_DIR says.
    """
    import vrrae_bench.system.shell_settings

    os.environ["NPROC"] = str(threads)
    # LAPACK's threads spin for about 20 ms after each small eigenproblem, on cores that XLA needs. Several threads also
    # change the order of sums in a mixture's fit. The environment variables limit libraries that are loaded later; this
    # call limits libraries that are loaded already.
    threadpool_limits(1)
    os.environ["JAX_PLATFORMS"] = {"cpu": "cpu", "cuda": "cuda,cpu", "tpu": "tpu,cpu"}[accelerator]
    if accelerator == "cuda":
        # The same numbers from run to run: no sum in the order in which threads come, no kernel chosen by its time.
        flags = os.environ.get("XLA_FLAGS", "").split()
        os.environ["XLA_FLAGS"] = " ".join([*flags, "--xla_gpu_deterministic_ops=true"])
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", platformdirs.user_cache_dir("vrrae-bench"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")

    import jax

    # float32 means float32 on every device: no TF32 on a GPU, no bfloat16 passes on a TPU.
    jax.config.update("jax_default_matmul_precision", "highest")


def device_name(accelerator: str) -> str:
    """The device on which JAX computes, in words.

    Raises:
        UserError: It is not the accelerator that was asked for: JAX computes on the CPU where it sees no GPU.
    """
    import jax

    backend = BACKENDS[accelerator]
    try:
        found, reason = jax.default_backend(), ""
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        found, reason = "none", f" ({error})"
    if found != backend:
        raise UserError(
            f"accelerator: {accelerator}: JAX finds no such device here{reason}. Check that its driver and JAX's "
            f"package for it (see envs) are installed, run on another host, or set accelerator to cpu"
        )
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind} x {jax.device_count()}"


def check_precision(run: RunSpec, accelerator: str) -> None:
    """Refuse to train in bfloat16 on a processor that has no instructions for it.

    Args:
        accelerator: `cpu`, or any other device, on which nothing is refused.

    Raises:
        UserError: The processor has no instructions for bfloat16, so that training would be less exact and no faster.
    """
    if run.precision == "bfloat16" and accelerator == "cpu":
        refuse_without_bfloat16(
            run.key("precision"), "would gain nothing by it", f"Set {run.key('precision')} to float32"
        )


def join_processes(coordinator: str, n_processes: int, process: int) -> None:
    """Make one program of several processes, each with devices of its own. To be called before JAX is first used.

    Args:
        coordinator: `host:port` at which the first process can be reached from all.
    """
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(coordinator, n_processes, process)


def shardings() -> tuple["NamedSharding", "NamedSharding"]:
    """How stretches of batches are spread over all devices of all processes, and how all else is copied to each.

    The program stays the same: sums over the batch, and with them the truncation, are those of the whole batch.
    """
    import jax
    from jax.sharding import AxisType, NamedSharding, PartitionSpec

    mesh = jax.make_mesh((jax.device_count(),), ("batch",), axis_types=(AxisType.Auto,))
    return NamedSharding(mesh, PartitionSpec(None, "batch")), NamedSharding(mesh, PartitionSpec())
