"""What several test modules share."""

import os
import signal
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import platformdirs
import typechecker  # noqa: F401 -- before the package

from vrrae_bench.system.variables import FIXED

# These settings have to be made before anything imports JAX or torch. Tests run on the CPU. As in commands, BLAS and
# torch have one thread each, because several processes run tests side by side. Compiled programs are kept for later
# tests. XLA optimises only for tests that ask for `optimised`, because compiling takes most of the time. Commands
# ignore this last setting.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ |= FIXED
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", platformdirs.user_cache_dir("vrrae-bench"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import equinox as eqx
import jax
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.store import DataSet, write_dataset
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.models.autoencoder import Autoencoder
from vrrae_bench.models.bottleneck import Sizes
from vrrae_bench.system.errors import run_command
from vrrae_bench.system.provenance import Stopwatch

# NumPy's, which jaxtyping's plug-in has loaded before.
threadpool_limits(1, user_api="blas")
SCRIPTS = Path(__file__).parents[1] / "workflow/scripts"
# Folders of tests that need more than `make environment` installs: what they need, and the target that runs them. A
# command runs them only if it names the folder, or a file in it.
OWN_TARGETS = {
    "environments": ("8 GB of environments", "test-envs"),
    "gpu": ("a GPU, or minutes without one", "test-gpu"),
    "kubernetes": ("the plug-ins for Kubernetes and S3", "test-kubernetes"),
    "report": ("a browser", "test-report"),
    "slurm": ("a Slurm cluster that root starts", "test-slurm"),
}
# Linux allows 65,530, beyond which XLA crashes. A compiled training holds 1500 of them, and is kept so that the
# next one of the same network, settings and shapes need not be compiled.
MOST_MEMORY_MAPS = 20_000


def pytest_collection_modifyitems(config, items):
    """Skip tests that have a target of their own, unless the command line names their folder."""
    named = [Path(config.invocation_params.dir, argument.partition("::")[0]).resolve() for argument in config.args]
    for name, (needed, target) in OWN_TARGETS.items():
        folder = Path(__file__).with_name(name)
        if not any(path.is_relative_to(folder) for path in named):
            for item in items:
                if item.path.is_relative_to(folder):
                    item.add_marker(pytest.mark.skip(reason=f"needs {needed}. Type: make {target}"))


@pytest.fixture(scope="module")
def optimised():
    """Programs as users have them, for tests of rounding."""
    jax.clear_caches()
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
    jax.clear_caches()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def tiny_images(tmp_path_factory) -> DataSet:
    """48 + 16 grey images of 28 x 28 bytes: blobs whose place follows their label."""
    generator = np.random.default_rng(0)

    def blobs(n):
        labels = np.arange(n) % 4
        centres = np.stack([8 + 12 * (labels % 2), 8 + 12 * (labels // 2)], axis=1) + generator.normal(0, 1.5, (n, 2))
        axis = np.arange(28)
        along = np.exp(-((axis - centres[:, :, None]) ** 2) / 18)
        return np.rint(255 * along[:, 0, :, None] * along[:, 1, None, :]).astype(np.uint8)[..., None], labels

    train, train_labels = blobs(48)
    test, test_labels = blobs(16)
    arrays = {"train": train, "test": test, "train_labels": train_labels, "test_labels": test_labels}
    folder = tmp_path_factory.mktemp("tiny_images")
    write_dataset(folder, "digits", arrays, n_classes=4)
    return DataSet(folder / "manifest.json")


@pytest.fixture(scope="session")
def tiny_colours(tmp_path_factory) -> DataSet:
    """24 + 8 colour images of 32 x 32 floats, standardised."""
    generator = np.random.default_rng(1)
    images = generator.normal(0.4, 0.2, (32, 32, 32, 3)).astype(np.float32)
    folder = tmp_path_factory.mktemp("tiny_colours")
    normalisation = Normalisation(shift=images[:24].mean(), scale=images[:24].std())
    write_dataset(folder, "colours", {"train": images[:24], "test": images[24:]}, normalisation=normalisation)
    return DataSet(folder / "manifest.json")


@pytest.fixture(scope="session")
def run_spec():
    """A factory of short runs: L = 12, k = 3, batches of 16."""

    def make(method="vrrae", **changes) -> RunSpec:
        entry = methods()[method]
        weights = dict(beta=1e-3 if entry.variational else None, penalty_weight=1e-3 if entry.penalised else None)
        weights |= dict(linear_layers=2 if entry.stacked else 0)
        values = weights | dict(dataset="tiny", method=method, latent_size=12, bottleneck=3, epochs=2, batch_size=16)
        return RunSpec(**(values | dict(learning_rate=1e-3, seed=0, variant="batch=16") | changes))

    return make


@pytest.fixture(scope="session")
def untrained():
    """A factory of models as they start, made by one program instead of by the hundred of operations one by one."""

    @cache
    def make(method, sizes=None, image_shape=(28, 28, 1)) -> Autoencoder:
        build = eqx.filter_jit(partial(Autoencoder, methods()[method], image_shape, sizes or Sizes(12, 3, 2)))
        return build(key=jax.random.key(0))

    return make


@pytest.fixture(scope="session")
def trained():
    """A factory: train a run as the command does, with checkpoints in a folder."""

    def run(spec, data, folder, report=lambda line: None, checkpoint_seconds=1e9, stopwatch=None):
        from vrrae_bench.training.checkpoints import Checkpoints
        from vrrae_bench.training.loop import train

        if memory_maps() > MOST_MEMORY_MAPS:
            jax.clear_caches()
        checkpoints = Checkpoints(folder, spec.model_dump_json())
        how = {"stopwatch": stopwatch or Stopwatch(), "checkpoint_seconds": checkpoint_seconds, "report": report}
        return train(spec, data, checkpoints, **how)

    return run


def memory_maps() -> int:
    """How many this process has; 0 on systems other than Linux, which do not limit them."""
    maps = Path("/proc/self/maps")
    return len(maps.read_bytes().splitlines()) if maps.exists() else 0


@pytest.fixture
def run_main(monkeypatch, capfd):
    """A factory: run a command of the workflow, given its module and the words of its command line.

    It returns the exit status and what the command has printed. The command runs in the process of the tests, because a
    process of its own would take seconds for imports.
    """
    # How SIGTERM ends the process of the tests stays as it is.
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)

    def run(module, *words) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, words)])
        status = 0
        try:
            run_command(module.main)
        except SystemExit as end:
            status = end.code
        return subprocess.CompletedProcess(sys.argv, status, *capfd.readouterr())

    return run


@pytest.fixture
def train_command():
    """A factory: start the train command as the workflow calls it, on a CPU that shows `devices` devices."""

    def start(spec, data, folder, *options, devices=1, **how) -> subprocess.Popen:
        command = [
            *(sys.executable, SCRIPTS / "train.py", "--run", spec.model_dump_json(), "--data", data.path),
            *("--out", folder / "model.eqx", "--checkpoints", folder / "checkpoints", *options),
        ]
        environment = os.environ | {"XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"}
        how = {"stdout": subprocess.DEVNULL} | how
        return subprocess.Popen(list(map(str, command)), env=environment, **how)

    return start


@pytest.fixture(scope="session")
def sample_spec() -> SampleSpec:
    return SampleSpec(gmm_components=2, random_images=10, random_draws=3, interpolation_pairs=4, interpolation_points=5)
