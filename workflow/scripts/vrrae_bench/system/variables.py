"""Environment variables that change what libraries compute, and the values that this project gives them.

JAX, XLA, torch, OpenMP, the BLAS libraries and matplotlib read environment variables when they are imported, and many
of these variables change numbers. For example, `JAX_DEFAULT_PRNG_IMPL=rbg` selects another random generator, so that
the same seed trains another model. This module only says which values the variables have to have. In commands,
`shell_settings` sets them.
"""

import os
from collections.abc import Mapping

# Variables with a fixed value. If a command is to use several threads, the option `--threads` says so, and
# `configure_jax` and `configure_torch` set the number.
FIXED = {
    "MPLBACKEND": "agg",  # never open a window, even if a notebook has set another backend
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",  # threads that wait in a loop would take time from other programs on the same cores
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # without it, sums on a GPU may differ from run to run
}

# Snakemake sets these variables for every job, to the number of threads of its rule. They are ignored too, but no
# message says so.
OF_SNAKEMAKE = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
)

# The beginnings of the names of all other variables that change numbers, or the input that these libraries accept. No
# variable of another program may begin in the same way, because the values are written to logs, and may be secret, as
# the values of Terraform's variables (TF_VAR_…) are.
DECIDING = (
    *("JAX_", "XLA_", "PJRT_NPROC", "TF_XLA_FLAGS", "TF_CUDNN_", "EQX_", "JAXTYPING_"),
    *("TORCH_", "PYTORCH_", "ATEN_", "NVIDIA_TF32_OVERRIDE", "CUBLAS_", "CUDNN_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "ONEDNN_", "DNNL_", "OPENBLAS_", "GOTO_", "BLIS_", "VECLIB_"),
    *("NPY_", "NUMPY_", "SCIPY_", "SKLEARN_", "PANDAS_"),
    "MATPLOTLIBRC",
)

# Exceptions, which do not change numbers. They say where compiled programs are stored, which devices are used and how
# much of their memory, what is logged, or how libraries are loaded.
HARMLESS = (
    *("JAX_COMPILATION_CACHE_", "JAX_PERSISTENT_CACHE_", "JAX_ENABLE_COMPILATION_CACHE"),
    *("JAX_PLATFORMS", "JAX_CUDA_VISIBLE_DEVICES", "XLA_PYTHON_CLIENT_", "XLA_CLIENT_MEM_FRACTION"),
    *("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "TORCH_HOME"),
    *("JAX_LOGGING_LEVEL", "JAX_TRACEBACK_FILTERING"),
    *("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"),  # scikit-learn sets them, and processes that it starts inherit them
)

# Further exceptions. The administrator of a machine may have set them because it computes wrongly without them, or they
# take effect before any program can change them. They are left as they are, and `recorded_settings` returns them.
RECORDED = ("OPENBLAS_CORETYPE", "GLIBC_TUNABLES", "LIBTPU_INIT_ARGS", "NCCL_ALGO", "NCCL_PROTO")

# The flags of XLA that are kept. The first says how many devices a CPU stands for. Results name it with their device.
XLA_FLAGS = ("--xla_force_host_platform_device_count=", "--xla_gpu_cuda_data_dir=", "--xla_dump_")


def fixed_settings(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """An environment with the values of this project.

    Returns:
        The environment, and the settings that were removed from it, as `NAME=value`. Settings that Snakemake makes for
        every job are not among the latter.

    >>> fixed, dropped = fixed_settings({"HOME": "/", "JAX_ENABLE_X64": "1", "XLA_FLAGS": "--xla_dump_to=d --a=1"})
    >>> dropped
    ['JAX_ENABLE_X64=1', 'XLA_FLAGS=--a=1']
    >>> sorted(set(fixed) - set(FIXED)), fixed["XLA_FLAGS"]
    (['HOME', 'XLA_FLAGS'], '--xla_dump_to=d')
    """
    fixed = {name: value for name, value in environment.items() if not _decides(name)} | FIXED
    names = [name for name in environment if name not in fixed and name != "XLA_FLAGS"]
    names += [name for name in FIXED if environment.get(name, FIXED[name]) != FIXED[name]]
    dropped = [f"{name}={environment[name]}" for name in names if name not in OF_SNAKEMAKE]
    flags = environment.get("XLA_FLAGS", "").split()
    if heeded := [flag for flag in flags if flag.startswith(XLA_FLAGS)]:
        fixed["XLA_FLAGS"] = " ".join(heeded)
    if ignored := [flag for flag in flags if flag not in heeded]:
        dropped.append(f"XLA_FLAGS={' '.join(ignored)}")
    return fixed, dropped


def recorded_settings() -> dict[str, str]:
    """The settings of the shell that may change numbers, and that are nevertheless left as they are."""
    return {name: os.environ[name] for name in RECORDED if name in os.environ}


def _decides(name: str) -> bool:
    return name.startswith(DECIDING) and not name.startswith(HARMLESS) and name not in RECORDED
