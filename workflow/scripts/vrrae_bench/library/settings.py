"""In a process of somebody else, numbers come out as in the commands, and its settings stay as they are."""

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import jax
from threadpoolctl import threadpool_limits

from vrrae_bench.system.variables import FIXED, fixed_settings

# What JAX computes by in the commands: its defaults, and float32 that is float32 on every device (`configure_jax`).
OF_JAX = {
    "enable_x64": False,
    "default_matmul_precision": "highest",
    "default_prng_impl": "threefry2x32",
    "threefry_partitionable": True,
    "numpy_dtype_promotion": "standard",
    "numpy_rank_promotion": "allow",
    "debug_nans": False,
    "debug_infs": False,
}
# How the names begin of variables by which JAX and numpy compute, and which cannot be undone once these are loaded.
LASTING = ("JAX_", "XLA_", "PJRT_", "TF_XLA_", "EQX_", "NPY_")


@contextmanager
def as_in_the_commands() -> Generator[None]:
    """Within, JAX and linear algebra have the settings of the commands; afterwards those that they had before."""
    with ExitStack() as stack:
        for name, value in OF_JAX.items():
            stack.enter_context(getattr(jax, name)(value))
        stack.enter_context(jax.disable_jit(False))
        # More threads of LAPACK sum in another order.
        stack.enter_context(threadpool_limits(1))
        yield


def lasting_settings() -> list[str]:
    """The environment variables of this process that may change numbers all the same, as `NAME=value`."""
    undone = {f"JAX_{name.upper()}" for name in OF_JAX} | {"JAX_DISABLE_JIT"} | set(FIXED)
    _, deciding = fixed_settings(os.environ)
    return [told for told in deciding if told.startswith(LASTING) and told.partition("=")[0] not in undone]
