"""Which files rerun which stage."""

from pathlib import Path

from vrrae_bench.datasets.sources import MODULES
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

    The claims and the report are about the whole configuration, and cheap.
    """
    by_hand = {"config", "targets", "plan", "fetch", "keep", "show"}
    stages = {path.stem for path in SCRIPTS.glob("*.py")} - by_hand - {"claims", "report"}
    assert not [stage for stage in stages if any(path.startswith("vrrae_bench/study/settings") for path in code(stage))]


def test_a_data_set_belongs_to_itself_alone():
    """A change to one that someone adds must not make the others again, and train all their models with it."""
    of_mnist = code("download", "datasets/mnist")
    assert {path for path in of_mnist if "datasets" in path} == {
        f"vrrae_bench/datasets/{name}.py"
        for name in ("__init__", "download", "idx", "mnist", "published", "settings", "sources", "store", "weights")
    }
    assert not any("scoring" in path for path in of_mnist)
    assert all((PACKAGE / f"datasets/{module}.py").is_file() for module in MODULES.values())


def test_a_changed_distance_tunes_no_extractor_again():
    assert "vrrae_bench/scoring/frechet.py" in code("reference") & code("score")
    assert "vrrae_bench/scoring/frechet.py" not in code("extractor")


def test_a_diagnostic_of_latents_scores_no_real_images_again():
    assert "vrrae_bench/latent/diagnostics.py" in code("score")
    assert not any(path.startswith(("vrrae_bench/latent/diag", "vrrae_bench/models")) for path in code("bounds"))


def test_imports_inside_functions_count():
    assert "vrrae_bench/models/truncation.py" in code("train")
    assert "vrrae_bench/extractor/inception.py" in code("score")
