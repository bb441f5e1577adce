"""Which files rerun which stage."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.datasets.sources import SOURCES
from vrrae_bench.system import dependencies
from vrrae_bench.system.dependencies import PACKAGE, code_files

SCRIPTS = PACKAGE.parent


def code(stage, *modules):
    paths = code_files(SCRIPTS / f"{stage}.py", *(PACKAGE / f"{module}.py" for module in modules))
    return {str(Path(path).relative_to(SCRIPTS)) for path in paths}


def test_the_loss_belongs_to_training_and_to_nothing_else():
    stages = [path.stem for path in SCRIPTS.glob("*.py")]
    assert {stage for stage in stages if "vrrae_bench/training/losses.py" in code(stage)} == {"train", "timing"}


def test_a_figure_belongs_to_itself_alone():
    own = "vrrae_bench/reporting/figures/figure_3.py"
    assert own in code("figure", "reporting/figures/figure_3")
    assert own not in code("figure", "reporting/figures/figure_2")
    assert not any(
        "reporting" in path for stage in ("train", "timing", "sample", "extractor", "score") for path in code(stage)
    )


def test_the_configuration_belongs_to_no_stage():
    """A new setting must not retrain: stages are handed their specification.

    Claims and the report are about the whole configuration. Tables and figures have entries in the catalogue, which
    select runs of the configuration. All four are cheap.
    """
    by_hand = {"config", "targets", "plan", "fetch", "keep", "redraw", "show"}
    stages = {path.stem for path in SCRIPTS.glob("*.py")} - by_hand - {"claims", "report", "table", "figure"}
    assert not [stage for stage in stages if any(path.startswith("vrrae_bench/study/settings") for path in code(stage))]


def test_a_data_set_belongs_to_itself_alone():
    """A change to one that someone adds must not make the others again, and train all their models with it."""
    of_mnist = code("download", "datasets/sources/mnist")
    modules = ("__init__", "download", "idx", "made_from", "published", "settings", "sizes")
    modules += ("source", "store", "weights")
    assert {path for path in of_mnist if "datasets" in path} == {
        f"vrrae_bench/datasets/{name}.py" for name in (*modules, "sources/__init__", "sources/mnist")
    }
    assert not any("scoring" in path for path in of_mnist)
    assert set(SOURCES) == {"celeba", "cifar10", "digits", "fashion_mnist", "folder", "mnist", "npz"}


@pytest.mark.parametrize("source", SOURCES)
def test_no_other_stage_runs_the_module_of_a_data_set(source):
    stages = [path.stem for path in SCRIPTS.glob("*.py")]
    own = f"vrrae_bench/datasets/sources/{source}.py"
    assert not [stage for stage in stages if own in code(stage)]
    others = set(SOURCES) - {source}
    assert not [name for name in others if own in code("download", f"datasets/sources/{name}")]


def test_a_configuration_is_read_without_the_libraries_that_make_data_sets():
    """It is read whenever Snakemake starts, in every job on a cluster too."""
    heavy = ("PIL", "sklearn", "pandas", "requests", "pooch", "jax", "torch")
    program = "from vrrae_bench.study.reading import BASE, check_settings, read_file; check_settings(read_file(BASE))"
    assert not imported_by(program, heavy)


@pytest.mark.parametrize(
    ("command", "unneeded"),
    [
        ("train", ("pandas", "scipy.stats", "matplotlib", "torch")),
        ("score", ("pandas", "scipy.stats", "matplotlib", "torch", "jax")),
        ("table", ("scipy.stats", "matplotlib", "torch", "jax")),
        ("figure", ("scipy.stats", "torch", "jax")),
    ],
)
def test_a_job_does_not_wait_for_libraries_that_it_does_not_need(command, unneeded):
    """Thousands of jobs import what their command names before it has read an option."""
    assert not imported_by(f"import {command}", unneeded)


def imported_by(program, names) -> set[str]:
    """Those of some libraries that a program has imported at its end."""
    told = f"import sys; sys.path.append(sys.argv[1]); {program}; print(*set(sys.argv[2:]) & set(sys.modules))"
    command = [sys.executable, "-c", told, str(SCRIPTS), *names]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_a_method_belongs_to_itself_alone():
    """Another method's file must not train a method again, and neither must a new one."""
    for stage in ("train", "sample", "timing"):
        assert not any("models/methods/" in path for path in code(stage) if not path.endswith("__init__.py"))
        own = code(stage, methods()["vae"].module) - code(stage)
        assert own == {"vrrae_bench/models/methods/gaussian.py"}
    # Unless the one is made from the other.
    assert "vrrae_bench/models/methods/truncated_svd.py" in code("train", methods()["vrrae"].module)


@pytest.mark.parametrize(
    "line",
    [
        "from vrrae_bench.models.methods._shared import scale",
        "from vrrae_bench.models.methods import _shared",
        "from . import _shared",
        "from ._shared import scale",
        "from ..methods._shared import scale",
        "from ... import models; from ...models.methods._shared import scale",
        "import beside",
        "from beside import scale",
        "import beside as other",
    ],
)
def test_what_a_file_of_a_method_imports_trains_it_again_however_it_is_named(line, tmp_path, monkeypatch):
    package = tmp_path / "vrrae_bench"
    folder = package / "models/methods"
    folder.mkdir(parents=True)
    for path in (package, package / "models", folder):
        (path / "__init__.py").touch()
    shared, mine = folder / "_shared.py", folder / "mine.py"
    shared.write_text("scale = 1")
    (tmp_path / "beside.py").write_text("from vrrae_bench.models.methods import _shared")
    mine.write_text(f"import jax.numpy as jnp\n\n{line}\n")
    monkeypatch.setattr(dependencies, "SCRIPTS", Path(os.path.relpath(tmp_path)))
    try:
        found = {Path(path).resolve() for path in code_files(mine)}
    finally:
        dependencies._files.cache_clear()
    assert shared in found
    assert ((tmp_path / "beside.py") in found) == ("beside" in line)


def test_a_changed_distance_tunes_no_extractor_again():
    assert "vrrae_bench/scoring/frechet.py" in code("reference") & code("score")
    assert "vrrae_bench/scoring/frechet.py" not in code("extractor")


def test_a_diagnostic_of_latents_scores_no_real_images_again():
    assert "vrrae_bench/latent/diagnostics.py" in code("score")
    assert not any(path.startswith(("vrrae_bench/latent/diag", "vrrae_bench/models")) for path in code("bounds"))


def test_imports_inside_functions_count():
    assert "vrrae_bench/models/truncation.py" in code("train", methods()["vrrae"].module)
    assert "vrrae_bench/training/loop.py" in code("train")
    assert "vrrae_bench/extractor/inception.py" in code("score")
