"""Settings with which a program of somebody else computes the same numbers as the commands.

They hold only while the package computes. Afterwards, the program has its own settings again.
"""

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import jax
from threadpoolctl import threadpool_limits

from vrrae_bench.system.variables import FIXED, fixed_settings

# The settings of JAX in the commands. They are its defaults, and full float32 products on every device, as
# `configure_jax` sets them.
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
# The beginnings of the names of variables that JAX and numpy read when they are loaded, so that the effect of these
# variables on numbers cannot be undone later.
LASTING = ("JAX_", "XLA_", "PJRT_", "TF_XLA_", "EQX_", "NPY_")


@contextmanager
def as_in_the_commands() -> Generator[None]:
    """A context in which JAX and linear algebra have the settings of the commands, and afterwards their own again."""
    with ExitStack() as stack:
        for name, value in OF_JAX.items():
            stack.enter_context(getattr(jax, name)(value))
        stack.enter_context(jax.disable_jit(False))
        # With more threads, LAPACK adds numbers in another order, and sums differ in their last digits.
        stack.enter_context(threadpool_limits(1))
        yield


def lasting_settings() -> list[str]:
    """Environment variables of this process, as `NAME=value`, that may change numbers despite `as_in_the_commands`."""
    undone = {f"JAX_{name.upper()}" for name in OF_JAX} | {"JAX_DISABLE_JIT"} | set(FIXED)
    _, deciding = fixed_settings(os.environ)
    return [told for told in deciding if told.startswith(LASTING) and told.partition("=")[0] not in undone]
