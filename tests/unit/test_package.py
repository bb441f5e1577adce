"""The package as programs of others use it: a few functions, the numbers of the pipeline, and a process left alone."""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import jax
import numpy as np
import pytest
from commands import ROOT
from typechecker import unchecked

import vrrae_bench
from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.run import AN_ARRAY, RunSpec
from vrrae_bench.datasets.settings import BumpSettings
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.datasets.synthetic import make_synthetic
from vrrae_bench.latent.sampling import draw_samples
from vrrae_bench.library import trained as trained_models
from vrrae_bench.library.arguments import check_numbers
from vrrae_bench.library.images import images_for_model
from vrrae_bench.models.serialisation import ModelHeader, load_model
from vrrae_bench.study.settings import DatasetName
from vrrae_bench.system.dependencies import PACKAGE, code_files
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.variables import fixed_settings

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/package.md").read_text(), flags=re.DOTALL)
# The tests' own setting by which programs compile faster is told.
pytestmark = pytest.mark.filterwarnings("ignore:numbers may differ")
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1)).astype(np.uint8)
SETTINGS = dict(bottleneck=3, latent_size=12, epochs=2, batch_size=16, learning_rate=1e-3)


def arguments_of(spec: RunSpec) -> dict:
    """What `fit` is called with for a run of the pipeline."""
    names = (
        "method",
        "bottleneck",
        "latent_size",
        "epochs",
        "batch_size",
        "learning_rate",
        "beta",
        "precision",
        "seed",
    )
    return {name: getattr(spec, name) for name in names} | {"penalty": spec.penalty_weight}


def arrays_of(network) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(network) if hasattr(leaf, "shape")]


def same_arrays(one, other) -> bool:
    ones, others = arrays_of(one), arrays_of(other)
    return len(ones) == len(others) > 5 and all(a.tobytes() == b.tobytes() for a, b in zip(ones, others))


@pytest.fixture(scope="module")
def fitted(tiny_images, run_spec):
    return vrrae_bench.fit(tiny_images.array("train")[...], **arguments_of(run_spec("vrrae")))


def test_a_fit_is_the_training_of_the_pipeline(tiny_images, run_spec, trained, fitted, tmp_path):
    network, header, history = trained(run_spec("vrrae"), tiny_images, tmp_path)
    assert same_arrays(fitted.network, network)
    assert fitted.history == tuple(history) and len(history) == 2
    assert fitted.header.normalisation == header.normalisation


def test_numbers_with_a_range_are_trained_on_as_models_see_them(tiny_images, run_spec, fitted):
    """Bytes, and the same values as doubles: one model."""
    images = tiny_images.array("train")[...].astype(np.float64)
    model = vrrae_bench.fit(images, **arguments_of(run_spec("vrrae")), value_range=(0, 255))
    assert same_arrays(model.network, fitted.network)


def test_what_a_model_draws_is_what_the_pipeline_draws(tiny_images, run_spec, sample_spec, fitted):
    images = tiny_images.array("train")[...]
    samples = draw_samples(fitted.network, fitted.header, tiny_images, sample_spec, seed=0)
    mixture = fitted.fit_mixture(images, gmm_components=2)
    drawn = fitted.sample(mixture, 10)
    assert np.array_equal(np.clip(np.rint(drawn), 0, 255).astype(np.uint8), samples.random[:10])
    np.testing.assert_allclose(fitted.encode(images), samples.latents["train_mean"], rtol=1e-4, atol=1e-5)


def test_the_mixture_of_the_pipeline_may_be_fitted_to_some_of_the_means(tiny_images, sample_spec, fitted):
    images = tiny_images.array("train")[...]
    spec = sample_spec.model_copy(update={"gmm_subsample": 12, "gmm_n_init": 3})
    samples = draw_samples(fitted.network, fitted.header, tiny_images, spec, seed=0)
    mixture = fitted.fit_mixture(images, gmm_components=2, gmm_subsample=12, gmm_n_init=3)
    drawn = np.clip(np.rint(fitted.sample(mixture, 10)), 0, 255).astype(np.uint8)
    assert np.array_equal(drawn, samples.random[:10])
    of_all = draw_samples(fitted.network, fitted.header, tiny_images, sample_spec, seed=0)
    assert not np.array_equal(drawn, of_all.random[:10])


def test_few_images_for_each_gaussian_are_told_because_random_images_then_repeat_them(tiny_images, fitted):
    with pytest.warns(UserWarning, match="12 posterior means are few for 2 Gaussians in 3 dimensions"):
        fitted.fit_mixture(tiny_images.array("train")[:12], gmm_components=2)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda model, images: model.fit_mixture(images, 2, seed=-1), "seed: -1 is not valid"),
        (lambda model, images: model.fit_mixture(images, 2, gmm_n_init=0, gmm_subsample=0), "2 problem"),
        (lambda model, images: model.sample(model.fit_mixture(images, 2), 0), "n_images: 0 is not valid"),
        (lambda model, images: model.interpolate(images, images, 0), "n_points: 0 is not valid"),
        (lambda model, images: model.decode(np.full((1, 3), 1e300)), "points: there are NaN or infinite values"),
    ],
)
def test_arguments_that_cannot_be_are_refused_in_words(call, told, tiny_images, fitted):
    with pytest.raises(UserError, match=told):
        call(fitted, tiny_images.array("train")[...])


def test_numbers_of_another_type_are_refused_and_not_converted():
    check_numbers("sample", n_images=np.int64(3), seed=0)
    for value in (2.5, 2.0, "2", True, None):
        with pytest.raises(UserError, match="arguments of sample:\n  1. n_images: .* is not valid"):
            check_numbers("sample", n_images=value, seed=0)
    check_numbers("fit_mixture", gmm_components=None)


def test_a_model_takes_the_dark_images_that_it_was_trained_on():
    dark = IMAGES // 100
    model = vrrae_bench.fit(dark, **SETTINGS, beta=0, value_range=(0, 255))
    assert model.encode(dark).shape == (len(dark), SETTINGS["bottleneck"])


def test_reconstructions_and_interpolations_are_decoded_means(tiny_images, fitted):
    images = tiny_images.array("train")[:6]
    means = fitted.encode(images)
    assert means.shape == (6, 3)
    decoded = fitted.decode(means)
    assert decoded.shape == images.shape and decoded.dtype == np.float32
    assert np.array_equal(fitted.reconstruct(images), decoded)
    between = fitted.interpolate(images[:2], images[4:], n_points=3)
    assert between.shape == (2, 3, 28, 28, 1)
    middle = fitted.decode((means[:2] + means[4:]) / 2)
    np.testing.assert_allclose(between[:, 1], middle, rtol=1e-3, atol=1e-2)


def test_a_saved_model_is_the_same_when_loaded(tiny_images, fitted, tmp_path):
    fitted.save(tmp_path / "model.eqx")
    model = vrrae_bench.load(tmp_path / "model.eqx")
    assert same_arrays(model.network, fitted.network) and model.header == fitted.header
    with pytest.raises(UserError, match="is not a model file"):
        (tmp_path / "other.eqx").write_text("x")
        vrrae_bench.load(tmp_path / "other.eqx")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"method": "vrea"}, "Did you mean 'vrrae'"),
        ({}, "beta: is missing. vrrae is a method with a KL divergence."),
        ({"method": "ae", "beta": 0}, "beta: ae is not a method with a KL divergence"),
        ({"method": "lorae"}, "linear_layers: is missing"),
        ({"beta": -1}, "beta: -1 is not valid. Input should be greater than or equal to 0."),
        ({"method": "lorae", "penalty": -1, "linear_layers": -1}, "2 problem"),
        ({"beta": 0, "bottleneck": True}, "bottleneck: True is not valid"),
        ({"beta": 0, "learning_rate": float("nan")}, "learning_rate: nan is not valid"),
        ({"beta": 0, "epochs": 0, "seed": -1}, "2 problem"),
        ({"beta": 0, "batch_size": 3}, "batch_size: A batch of 3 has at most rank 3"),
        ({"beta": 0, "latent_size": np.int64(3)}, "latent_size: Latents of 3 dimensions have at most rank 3"),
        ({"beta": 0, "precision": "float16"}, "precision: 'float16' is not valid"),
        (
            {"beta": 0, "batch_size": 21},
            "images: 20 training images are fewer than a batch of 21. Set batch_size to at",
        ),
        ({"beta": 0, "epochs": 0.01}, "Set epochs higher"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_the_names_of_the_arguments(changes, told):
    with unchecked(), pytest.raises(UserError, match=re.escape(told)):
        vrrae_bench.fit(IMAGES, **(SETTINGS | changes))


@pytest.mark.parametrize(
    ("images", "value_range", "told"),
    [
        (IMAGES / 255, None, "value_range=(0, 1)"),
        (IMAGES, (0, 1), "outside value_range=(0, 1)"),
        (IMAGES / 255, (1, 0), "not a finite number and a higher one"),
        (IMAGES / 255, (0, np.inf), "not a finite number and a higher one"),
        (IMAGES / 255, 1, "is not the lowest and the highest value"),
        (IMAGES // 128, None, "none is above 1 of 255"),
        (IMAGES / 255, (0, 255), "their highest value is 1, which is black in value_range=(0, 255)"),
        (IMAGES // 128, (0, 255), "their highest value is 1, which is black in value_range=(0, 255)"),
        (IMAGES[..., 0], None, "images[..., None]"),
        (IMAGES[:, :, :7], None, "Crop or resize"),
        (np.repeat(IMAGES, 3, axis=3).transpose(0, 3, 1, 2), None, "channels come last"),
        (IMAGES[:, :7, :7], None, "8 to 1024 are possible"),
        (IMAGES[:0], None, "there are none"),
        (np.where(IMAGES == 0, np.nan, IMAGES), (0, 255), "NaN"),
        (IMAGES.astype(object), None, "of the type object"),
        (IMAGES > 0, None, "of the type bool"),
        (np.ma.masked_equal(IMAGES, IMAGES[0, 0, 0, 0]), None, "some of their values are masked"),
        (1e9 + IMAGES / 255.0, (1e9, 1e9 + 1), "float32, which has fewer than 256 different values"),
        (1e300 * IMAGES, (0, 1e303), "float32, which has fewer than 256 different values"),
        ([IMAGES[0], IMAGES[1, :3]], None, "no array can be made"),
    ],
)
def test_images_that_cannot_be_are_refused_in_words(images, value_range, told):
    with unchecked(), pytest.raises(UserError, match=re.escape(told)):
        vrrae_bench.fit(images, **SETTINGS, beta=0, value_range=value_range)


def test_a_model_refuses_images_in_other_units_or_of_another_shape(tiny_images, fitted):
    images = tiny_images.array("train")[:2]
    for wrong, told in (
        (images / 255, "trained on values from 0 to 255"),
        (images * 2.0, "trained on values from 0 to 255"),
        (images[..., 0], "takes N x 28 x 28 x 1"),
        (images[:0], "takes N x 28 x 28 x 1"),
    ):
        with unchecked(), pytest.raises(UserError, match=told):
            fitted.encode(wrong)
    with pytest.raises(UserError, match="N x 3, are decoded"):
        fitted.decode(np.zeros((2, 4)))
    with unchecked(), pytest.raises(UserError, match="as many of both"):
        fitted.interpolate(images, images[:1])


ONE = Normalisation(shift=0, scale=1)
AROUND_ZERO = Normalisation(shift=-1, scale=2)
OF_BYTES = Normalisation(shift=0, scale=255)
OF_BUMPS = Normalisation(shift=0.063, scale=0.166)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize(
    ("dataset", "normalisation", "images", "trained_on"),
    [
        (AN_ARRAY, ONE, IMAGES, "from 0 to 1"),
        (AN_ARRAY, AROUND_ZERO, IMAGES, "from -1 to 1"),
        (AN_ARRAY, ONE, IMAGES.astype(np.int64) // 86 - 1, "from 0 to 1"),  # from -1 to 1
        (AN_ARRAY, Normalisation(shift=0, scale=16), IMAGES, "from 0 to 16"),
        (AN_ARRAY, Normalisation(shift=0, scale=65535), IMAGES, "from 0 to 65535"),
        (AN_ARRAY, Normalisation(shift=0, scale=65535), IMAGES.astype(np.int64) * -(10**6), "from 0 to 65535"),
        (AN_ARRAY, OF_BYTES, IMAGES // 128, "from 0 to 255"),
        ("mnist", OF_BYTES, IMAGES // 128, "from 0 to 255"),
        ("mnist", OF_BYTES, IMAGES.astype(np.int64) * 2, "from 0 to 255"),
        ("synthetic", OF_BUMPS, IMAGES, "of the mean 0.063 and the standard deviation 0.17"),
    ],
)
def test_images_in_other_units_are_refused_whatever_their_type(
    dtype, dataset, normalisation, images, trained_on, run_spec
):
    if images.min() < np.iinfo(np.uint8).min or images.max() > np.iinfo(np.uint8).max:
        dtype = np.promote_types(dtype, np.int64)
    header = ModelHeader(run=run_spec("ae", dataset=dataset), image_shape=(8, 8, 1), normalisation=normalisation)
    with pytest.raises(UserError, match=f"trained on values {re.escape(trained_on)}. Scale them so"):
        images_for_model(images.astype(dtype), header)


@pytest.mark.parametrize(
    ("dataset", "normalisation", "images"),
    [
        (AN_ARRAY, ONE, IMAGES / 255),
        (AN_ARRAY, ONE, IMAGES // 128),
        (AN_ARRAY, ONE, IMAGES / 255 * 1.5 - 0.2),
        (AN_ARRAY, ONE, IMAGES / 255 * 0.004 - 0.001),  # the reconstruction of a black image
        (AN_ARRAY, Normalisation(shift=-1000, scale=4000), IMAGES / 25.5 - 1000),  # air in a scan
        (AN_ARRAY, AROUND_ZERO, IMAGES / 127.5 - 1),
        (AN_ARRAY, OF_BYTES, IMAGES),
        (AN_ARRAY, OF_BYTES, IMAGES * 0),
        ("mnist", OF_BYTES, IMAGES.astype(np.float64)),
        ("synthetic", OF_BUMPS, IMAGES / 255),
    ],
)
def test_images_in_the_units_of_a_model_are_taken(dataset, normalisation, images, run_spec):
    header = ModelHeader(run=run_spec("ae", dataset=dataset), image_shape=(8, 8, 1), normalisation=normalisation)
    np.testing.assert_allclose(images_for_model(images, header), images, rtol=1e-6)


def test_bumps_are_in_the_units_of_a_model_of_bumps(run_spec, tmp_path):
    make_synthetic(tmp_path, BumpSettings(grid=5, test_images=4, diagonal_images=3, seed=0))
    data = DataSet(tmp_path / "manifest.json")
    shape, normalisation = data.manifest.image_shape, data.manifest.normalisation
    header = ModelHeader(run=run_spec("ae", dataset="synthetic"), image_shape=shape, normalisation=normalisation)
    for name in ("train", "test", "diagonal"):
        assert np.array_equal(images_for_model(data.array(name)[...], header), data.array(name)[...])


def test_no_setting_of_jax_changes_a_model_or_is_changed(tiny_images, run_spec, fitted):
    hostile = {"jax_enable_x64": True, "jax_default_prng_impl": "rbg", "jax_numpy_rank_promotion": "raise"}
    before = {name: jax.config.values[name] for name in hostile}
    environment = dict(os.environ)
    try:
        for name, value in hostile.items():
            jax.config.update(name, value)
        images = tiny_images.array("train")[...]
        model = vrrae_bench.fit(images, **arguments_of(run_spec("vrrae")))
        assert same_arrays(model.network, fitted.network)
        assert np.array_equal(model.encode(images), fitted.encode(images))
        assert {name: jax.config.values[name] for name in hostile} == hostile
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
    assert dict(os.environ) == environment


def test_variables_that_change_numbers_for_good_are_told(monkeypatch):
    from vrrae_bench.library.settings import lasting_settings

    monkeypatch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS", raising=False)
    for name, value in {"JAX_ENABLE_X64": "1", "OMP_NUM_THREADS": "7", "TORCH_LOGS": "all"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    assert lasting_settings() == []
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    assert lasting_settings() == ["XLA_FLAGS=--xla_cpu_enable_fast_math=true"]


def test_the_data_set_of_a_fit_is_none_of_a_configuration():
    from pydantic import TypeAdapter, ValidationError

    with pytest.raises(ValidationError):
        TypeAdapter(DatasetName).validate_python(AN_ARRAY)


def test_the_face_of_the_package_is_what_its_page_shows():
    names = set(vrrae_bench.__all__)
    assert names <= set(dir(vrrae_bench)) and all(getattr(vrrae_bench, name).__doc__ for name in names)
    page = (ROOT / "docs/package.md").read_text()
    methods = [name for name in vars(trained_models.TrainedModel) if not name.startswith("_")]
    assert all(f"`model.{name}" in page for name in methods if callable(getattr(trained_models.TrainedModel, name)))


def requirements() -> dict[str, str]:
    """Each line of envs/requirements.in by its package, without spaces."""
    lines = (
        line.partition("#")[0].replace(" ", "") for line in (ROOT / "envs/requirements.in").read_text().splitlines()
    )
    return {re.match(r"[\w.-]+", line)[0]: line for line in lines if line.strip()}


def third_party(files) -> set[str]:
    """Distributions that some files import."""
    names = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml", "markdown_it": "markdown-it-py"}
    names |= {"torch_fidelity": "torch-fidelity", "pydantic_core": "pydantic"}
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(Path(file).read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    found -= {*sys.stdlib_module_names, "vrrae_bench"}
    return {names.get(name, name) for name in found}


def test_dependencies_are_what_the_package_imports_in_the_versions_of_the_project():
    declared = {"": PROJECT["dependencies"]} | PROJECT["optional-dependencies"]
    asked = {part: {re.match(r"[\w.-]+", line)[0] for line in lines} for part, lines in declared.items()}
    assert asked[""] == third_party(code_files(PACKAGE / "library/__init__.py", *PACKAGE.glob("models/methods/*.py")))
    assert third_party(PACKAGE.rglob("*.py")) <= set().union(*asked.values())
    known = requirements()
    for line in [line for lines in declared.values() for line in lines]:
        assert line.replace(" ", "") == known[re.match(r"[\w.-]+", line)[0]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A Python into which the wheel is installed, beside the packages of this environment; nothing is fetched."""
    folder = tmp_path_factory.mktemp("installed")
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    build = [uv, "build", "--wheel", "--offline", "--no-cache", "--out-dir", folder / "dist", ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    install = [uv, "pip", "install", "--offline", "--no-cache", "--no-deps", "--python", python, wheel]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = folder.glob("venv/lib/python*/site-packages")
    (site / "running.pth").write_text(sysconfig.get_path("purelib"))
    environment = {name: value for name, value in fixed_settings(os.environ)[0].items() if name != "PYTHONPATH"}

    def run(script: str, where: Path) -> str:
        how = {"env": environment | {"NPROC": "1", "MPLBACKEND": "agg"}, "capture_output": True, "text": True}
        finished = subprocess.run([python, "-c", script], cwd=where, **how)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@pytest.mark.slow
def test_the_wheel_has_the_whole_package(installed, tmp_path):
    """Every file of it, data such as the paper's values among them, and it is not the checkout that is imported."""
    listed = installed(
        "from pathlib import Path; import vrrae_bench; folder = Path(vrrae_bench.__file__).parent\n"
        "print(folder, *(path.relative_to(folder) for path in folder.rglob('*') if path.is_file()), sep='\\n')",
        tmp_path,
    ).splitlines()
    here = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*") if path.is_file()}
    assert not Path(listed[0]).is_relative_to(ROOT)
    assert {name for name in listed[1:] if "__pycache__" not in name} == {x for x in here if "__pycache__" not in x}
    assert "study/paper_values.csv" in listed


@pytest.mark.slow
def test_the_example_of_the_page_runs_from_the_wheel(installed, tmp_path):
    assert len([line for line in EXAMPLE.splitlines() if line.strip()]) <= 16
    told = installed(f"{EXAMPLE}\nprint(model.history, means.shape)", tmp_path)
    assert "step 562 of 562" in told and "(1797, 8)" in told
    assert (tmp_path / "digits.png").stat().st_size > 5_000


@pytest.mark.slow
@pytest.mark.parametrize("method", ["vrrae", "vae"])
def test_the_installed_fit_is_the_train_command_to_the_byte(
    method, installed, tiny_images: DataSet, run_spec, train_command, tmp_path
):
    spec = run_spec(method)
    assert train_command(spec, tiny_images, tmp_path / "run").wait() == 0
    installed(
        "import numpy, vrrae_bench\n"
        f"images = numpy.load({str(tiny_images.path.with_name('train.npy'))!r})\n"
        f"vrrae_bench.fit(images, **{arguments_of(spec)!r}).save('fitted.eqx')",
        tmp_path,
    )
    (fitted, header), (network, asked) = (load_model(tmp_path / path) for path in ("fitted.eqx", "run/model.eqx"))
    assert same_arrays(fitted, network)
    assert header.normalisation == asked.normalisation and header.image_shape == asked.image_shape
