"""The device of torch, and how many cores it may use."""

import os


def configure_torch(accelerator: str, threads: int) -> str:
    """Let torch compute in float32 proper, on so many threads of a CPU; to be called before torch is imported.

    Returns:
        The device: that of CUDA if it is the accelerator, else the CPU, since torch is not installed for TPUs.
    """
    # OpenMP's threads wait by spinning, which starves whatever else runs on the same cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import torch

    torch.set_num_threads(threads)
    # Features of real and generated images must not differ by the ten bits of TF32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return "cuda" if accelerator == "cuda" else "cpu"
