"""Settings of the shell: whatever a user has exported, the same command gives the same result."""

from vrrae_bench.system.shell_settings import fixed_settings

import ast
import inspect
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import snakemake.shell
from commands import ROOT

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.models.serialisation import ModelHeader, save_model
from vrrae_bench.system.files import sha256

SCRIPTS = ROOT / "workflow/scripts"

# Each by itself changed the trained model, or ended the training with a traceback.
OF_JAX = {
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_ENABLE_X64": "1",
    "JAX_DEBUG_NANS": "1",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
    "PJRT_NPROC": "7",
    "EQX_ON_ERROR": "nan",
    "NPY_DISABLE_CPU_FEATURES": "AVX2",
}
OF_TORCH = {
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "DNNL_MAX_CPU_ISA": "SSE41",
    "ATEN_CPU_CAPABILITY": "default",
    "OMP_NUM_THREADS": "3",
    "OMP_DYNAMIC": "true",
    "MKL_CBWR": "COMPATIBLE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1",
}


def plain() -> dict[str, str]:
    return fixed_settings(os.environ)[0]


def run_python(script: str, environment: dict[str, str], **how) -> str:
    path = {"PYTHONPATH": str(SCRIPTS)}
    how |= {"capture_output": True, "text": True, "env": environment | path}
    finished = subprocess.run([sys.executable, "-c", script], **how)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_no_setting_of_jax_changes_a_training(tiny_images, run_spec, train_command, tmp_path):
    """The same model to the byte; and the log names what was not heeded."""
    with pytest.MonkeyPatch.context() as shell:
        spec = run_spec("vae", epochs=1)
        plainly = train_command(spec, tiny_images, tmp_path / "plain")
        for name, value in OF_JAX.items():
            shell.setenv(name, value)
        otherwise = train_command(
            run_spec("vae", epochs=1), tiny_images, tmp_path / "other", stderr=subprocess.PIPE, text=True
        )
    _, told = otherwise.communicate()
    assert (plainly.wait(), otherwise.returncode) == (0, 0), told
    assert sha256(tmp_path / "other/model.eqx") == sha256(tmp_path / "plain/model.eqx")
    assert (
        "ignored, so that results do not depend" in told
        and "JAX_DEFAULT_PRNG_IMPL=rbg" in told
        and "Traceback" not in told
    )


def test_no_setting_changes_what_torch_computes():
    """Features are convolutions, and the distance between them is linear algebra."""
    script = (
        "from vrrae_bench.extractor.devices import configure_torch\n"
        "configure_torch('cpu', 2)\n"
        "import hashlib, numpy, torch\n"
        "torch.manual_seed(0)\n"
        "x = torch.nn.Conv2d(3, 32, 3)(torch.randn(4, 3, 40, 40)).detach().flatten(1)[:, :400]\n"
        "sums = (x @ x.T).numpy(), numpy.linalg.eigvalsh(numpy.cov(x.numpy(), rowvar=False))\n"
        "print(torch.get_num_threads(), *(hashlib.sha256(part.tobytes()).hexdigest() for part in (x.numpy(), *sums)))\n"
    )
    assert run_python(script, plain() | OF_TORCH) == run_python(script, plain())


def test_no_setting_changes_a_figure(tmp_path):
    """A notebook's backend, and a matplotlibrc that has text set by LaTeX, which is not there."""
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nfont.size: 30\nlines.linewidth: 9\nsavefig.bbox: tight\n"
    )
    script = (
        "import sys; from pathlib import Path\n"
        "from vrrae_bench.reporting.figures.drawing import plt, save_figure\n"
        "figure, axis = plt.subplots()\n"
        "axis.plot([1, 2], label='$x$'); axis.legend()\n"
        "save_figure(Path(sys.argv[0] or '.'), 'figure', figure)\n"
    ).replace("sys.argv[0] or '.'", "'out'")
    script = "import vrrae_bench.system.shell_settings\n" + script
    (tmp_path / "plain").mkdir()
    run_python(script, plain(), cwd=tmp_path / "plain")
    hostile = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "MATPLOTLIBRC": str(tmp_path)}
    run_python(script, plain() | hostile, cwd=tmp_path)
    for suffix in ("png", "pdf"):
        assert sha256(tmp_path / f"out/figure.{suffix}") == sha256(tmp_path / f"plain/out/figure.{suffix}")


@pytest.mark.parametrize("settings", [{"JAX_ENABLE_X64": "1"}, {"JAX_DEFAULT_PRNG_IMPL": "rbg", "JAX_DEBUG_NANS": "1"}])
def test_a_model_loads_elsewhere_under_any_settings_of_jax(settings, untrained, run_spec, tmp_path):
    """In a program of the user's own, whose settings stay as they are, without what the package's `load` adds."""
    model, images = untrained("vae"), np.arange(3 * 784).reshape(3, 28, 28, 1) % 256
    header = ModelHeader(run=run_spec("vae"), image_shape=(28, 28, 1), normalisation=Normalisation(shift=0, scale=255))
    save_model(tmp_path / "model.eqx", model, header)
    np.save(tmp_path / "images.npy", images.astype(np.uint8))
    script = (
        "import os, numpy; before = dict(os.environ)\n"
        "from vrrae_bench.models.serialisation import load_model\n"
        "model, header = load_model('model.eqx')\n"
        "means = model.posterior(header.normalisation.apply(numpy.load('images.npy'))).mean\n"
        "decoded = header.normalisation.undo(model.decode(means))\n"
        "assert str(means.dtype) == str(decoded.dtype) == 'float32' and dict(os.environ) == before\n"
        "numpy.savez('out.npz', means=means, decoded=decoded)\n"
    )
    run_python(script, plain() | settings, cwd=tmp_path)
    found, means = np.load(tmp_path / "out.npz"), model.posterior(header.normalisation.apply(images)).mean
    np.testing.assert_allclose(found["means"], means, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["decoded"], header.normalisation.undo(model.decode(means)), rtol=1e-4, atol=1e-2)


def test_what_a_machine_may_need_is_left_and_recorded():
    script = "import json; from vrrae_bench.system.provenance import provenance; print(json.dumps(provenance('cpu')))"
    shell = plain() | {"OPENBLAS_CORETYPE": "Haswell", "JAX_COMPILATION_CACHE_DIR": "/somewhere"}
    assert json.loads(run_python(script, shell))["shell_settings"] == {"OPENBLAS_CORETYPE": "Haswell"}
    fixed, dropped = fixed_settings(shell)
    assert fixed == shell and dropped == []


def test_threads_that_snakemake_sets_for_each_job_are_not_heeded_without_a_word():
    source = inspect.getsource(snakemake.shell)
    of_a_job = {name: "7" for name in re.findall(r'envvars\["(\w+_THREADS)"\]', source)}
    assert {"OMP_NUM_THREADS", "MKL_NUM_THREADS"} <= set(of_a_job)
    fixed, dropped = fixed_settings(of_a_job | {"MKL_CBWR": "COMPATIBLE"})
    assert fixed["OMP_NUM_THREADS"] == "1" and "MKL_NUM_THREADS" not in fixed
    assert dropped == ["MKL_CBWR=COMPATIBLE"]


def test_every_command_fixes_the_settings_before_it_imports_anything():
    """But for the one that hands its environment on to another command."""
    commands = {path for path in SCRIPTS.glob("*.py") if path.name != "on_device.py"}
    assert len(commands) > 15
    for command in commands:
        first = next(node for node in ast.parse(command.read_text()).body if not isinstance(node, ast.Expr))
        assert ast.unparse(first) == "import vrrae_bench.system.shell_settings", command
