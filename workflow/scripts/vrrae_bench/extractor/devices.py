"""The device of torch, how many cores it may use, and whether it computes in half precision."""

import vrrae_bench.system.shell_settings

import os

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


def check_precision(settings: ExtractorSettings, device: str) -> None:
    """Refuse bfloat16 on a processor that has no instructions for it.

    Raises:
        UserError: It would be computed in software, at a tenth of the speed of float32.
    """
    keys = [key for key in ("precision", "feature_precision") if getattr(settings, key) == "bfloat16"]
    if keys and device == "cpu":
        refuse_without_bfloat16(
            f"extractor: {' and '.join(keys)}",
            "would take ten times as long as with float32",
            "Set float32 in the configuration of this data set, which changes its FIDs",
        )
