"""Choosing the device of JAX and how many cores it may use; to be called before JAX is first used."""

import os

import platformdirs


def configure_jax(accelerator: str, threads: int) -> None:
    """Let JAX run on `accelerator` and, on a CPU, with `threads` threads.

    XLA sizes its thread pool by the environment variable NPROC and would otherwise take every core of the machine,
    whatever the workflow manager has reserved. Compiled programs are kept from one process to the next.
    """
    os.environ["NPROC"] = str(threads)
    os.environ["JAX_PLATFORMS"] = {"cpu": "cpu", "cuda": "cuda,cpu", "tpu": "tpu,cpu"}[accelerator]

    import jax

    jax.config.update("jax_compilation_cache_dir", platformdirs.user_cache_dir("vrrae-bench"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    # float32 means float32 on every device: no TF32 on a GPU, no bfloat16 passes on a TPU.
    jax.config.update("jax_default_matmul_precision", "highest")


def device_name() -> str:
    """The device on which JAX computes, in words."""
    import jax

    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind} x {jax.device_count()}"
