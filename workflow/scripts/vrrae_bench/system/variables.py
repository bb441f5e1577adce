"""The environment variables that libraries compute by, and the values that this project gives them.

JAX, XLA, torch, OpenMP, the BLAS libraries and matplotlib read environment variables when they are imported, and many
of these change numbers: `JAX_DEFAULT_PRNG_IMPL=rbg` is another random generator, so that the same seed trains another
model. Nothing is changed here: `shell_settings` sets the variables, in commands alone.
"""

import os
from collections.abc import Mapping

# Variables that have one value here. More threads than one are asked for by `--threads`, which `configure_jax` and
# `configure_torch` heed.
FIXED = {
    "MPLBACKEND": "agg",  # no window, whatever a notebook has set
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",  # threads that wait by spinning starve whatever else runs on the same cores
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # without which sums on a GPU may differ from run to run
}

# Snakemake sets these for every job, to the threads of its rule: they are not heeded either, but not worth a word.
OF_SNAKEMAKE = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
)

# How the names begin of all other variables that change numbers, or what these libraries accept. Other programs' names
# must not begin so: the values are told in logs, and those of Terraform (TF_VAR_…) may be secret.
DECIDING = (
    *("JAX_", "XLA_", "PJRT_NPROC", "TF_XLA_FLAGS", "TF_CUDNN_", "EQX_", "JAXTYPING_"),
    *("TORCH_", "PYTORCH_", "ATEN_", "NVIDIA_TF32_OVERRIDE", "CUBLAS_", "CUDNN_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "ONEDNN_", "DNNL_", "OPENBLAS_", "GOTO_", "BLIS_", "VECLIB_"),
    *("NPY_", "NUMPY_", "SCIPY_", "SKLEARN_", "PANDAS_"),
    "MATPLOTLIBRC",
)

# Exceptions: they tell where compiled programs lie, which devices to use and how much of their memory, what to log, or
# how libraries are loaded.
HARMLESS = (
    *("JAX_COMPILATION_CACHE_", "JAX_PERSISTENT_CACHE_", "JAX_ENABLE_COMPILATION_CACHE"),
    *("JAX_PLATFORMS", "JAX_CUDA_VISIBLE_DEVICES", "XLA_PYTHON_CLIENT_", "XLA_CLIENT_MEM_FRACTION"),
    *("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "TORCH_HOME"),
    *("JAX_LOGGING_LEVEL", "JAX_TRACEBACK_FILTERING"),
    *("KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"),  # scikit-learn sets them, and what it starts inherits them
)

# Exceptions too: the administrator of a machine may have set them because it computes wrongly without them, or they
# count before any program can change them. They are left as they are, and `recorded_settings` tells them.
RECORDED = ("OPENBLAS_CORETYPE", "GLIBC_TUNABLES", "LIBTPU_INIT_ARGS", "NCCL_ALGO", "NCCL_PROTO")

# The flags of XLA that are heeded. The first is how many devices a CPU stands for; results name it with their device.
XLA_FLAGS = ("--xla_force_host_platform_device_count=", "--xla_gpu_cuda_data_dir=", "--xla_dump_")


def fixed_settings(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """An environment in which libraries compute as this project means them to.

    Returns:
        The environment, and the settings that it had and now has not, as `NAME=value`; without those of Snakemake.

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
    """The settings of this shell that may change numbers and are left as they are."""
    return {name: os.environ[name] for name in RECORDED if name in os.environ}


def _decides(name: str) -> bool:
    return name.startswith(DECIDING) and not name.startswith(HARMLESS) and name not in RECORDED
