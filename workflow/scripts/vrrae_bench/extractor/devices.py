"""The device of torch, how many cores it may use, and whether its numbers are reproducible or in half precision."""

import vrrae_bench.system.shell_settings

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.processor import refuse_without_bfloat16


def configure_torch(accelerator: str, threads: int) -> str:
    """Let torch compute in true float32, and let torch and linear algebra use `threads` threads of a CPU.

    It has to be called before torch is imported.

    Returns:
        The device: CUDA if it is the accelerator, otherwise the CPU, since torch is not installed for TPUs.

    Raises:
        UserError: CUDA is the accelerator, and torch finds no such device.
    """
    # Libraries that are loaded later read the environment. The call sets the threads of libraries that are loaded
    # already.
    os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
    threadpool_limits(threads, user_api="blas")
    import torch

    if accelerator == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "accelerator: cuda: torch finds no such device here. Check that the driver and torch's package for CUDA "
            "(see envs) are installed, run on another host, or set accelerator to cpu"
        )
    torch.set_num_threads(threads)
    # TF32 keeps ten bits, and features of real and generated images must not differ by its rounding.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return "cuda" if accelerator == "cuda" else "cpu"


@contextmanager
def reproducible(seed: int, threads: int | None) -> Generator[None]:
    """A context in which torch computes the same numbers each time. Afterwards, torch has its own settings again.

    Args:
        seed: The seed of torch's random numbers.
        threads: CPU threads; none leaves their number as it is.
    """
    import torch

    had_threads = torch.get_num_threads()
    were_deterministic = torch.are_deterministic_algorithms_enabled()
    had_warnings_only = torch.is_deterministic_algorithms_warn_only_enabled()
    deterministic: Any = torch.utils.deterministic  # torch reads its setting when it is imported
    filled = deterministic.fill_uninitialized_memory
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        # If a GPU has no deterministic kernel, there is only a warning.
        torch.use_deterministic_algorithms(True, warn_only=True)
        # This debugging aid comes with determinism, and slows every step.
        deterministic.fill_uninitialized_memory = False
        torch.set_num_threads(threads or had_threads)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(were_deterministic, warn_only=had_warnings_only)
            deterministic.fill_uninitialized_memory = filled
            torch.set_num_threads(had_threads)


def check_precision(settings: ExtractorSettings, device: str) -> None:
    """Refuse bfloat16 on a processor that has no instructions for it.

    Raises:
        UserError: The processor has no instructions for bfloat16, so that the network would be ten times as slow as
            with float32.
    """
    keys = [key for key in ("precision", "feature_precision") if getattr(settings, key) == "bfloat16"]
    if keys and device == "cpu":
        refuse_without_bfloat16(
            f"extractor: {' and '.join(keys)}",
            "would take ten times as long as with float32",
            "Set float32 in the configuration of this data set, which changes its FIDs",
        )
