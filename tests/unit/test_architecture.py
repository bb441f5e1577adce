"""The rooms of the package and their floors: what a module may import."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "workflow/scripts/vrrae_bench"
# From the ground up. A room imports itself and rooms below it, never one above it or beside it.
FLOORS = (
    {"system"},
    {"artefacts"},
    {"datasets"},
    {"models", "extractor"},
    {"training", "latent"},
    {"scoring"},
    {"study"},
    {"reporting", "library"},
)
HEIGHT = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def imports(path: Path) -> set[str]:
    """The rooms that a module imports from."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("vrrae_bench.")}


def test_every_module_lies_in_a_room():
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py"}
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(HEIGHT)


@pytest.mark.parametrize("room", sorted(HEIGHT))
def test_no_import_runs_upwards(room):
    upwards = {
        f"{path.relative_to(PACKAGE)} imports {other}"
        for path in (PACKAGE / room).rglob("*.py")
        for other in imports(path) - {room}
        if HEIGHT[other] >= HEIGHT[room]
    }
    assert not upwards
