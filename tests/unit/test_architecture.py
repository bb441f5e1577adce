"""The layers of the package: what a module may import."""

import ast
from pathlib import Path

import pytest
from commands import ROOT
from package_layers import LAYERS

PACKAGE = ROOT / "workflow/scripts/vrrae_bench"
LAYER_OF = {folder: layer for layer, folders in enumerate(LAYERS) for folder in folders}


def imports(path: Path) -> set[str]:
    """The folders that a module imports from."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: a relative import, whose layer is not seen here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("vrrae_bench.")}


def test_every_module_lies_in_a_folder_with_a_layer():
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py"}
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(LAYER_OF)


@pytest.mark.parametrize("folder", sorted(LAYER_OF))
def test_no_import_runs_upwards(folder):
    upwards = {
        f"{path.relative_to(PACKAGE)} imports {other}"
        for path in (PACKAGE / folder).rglob("*.py")
        for other in imports(path) - {folder}
        if LAYER_OF[other] >= LAYER_OF[folder]
    }
    assert not upwards
