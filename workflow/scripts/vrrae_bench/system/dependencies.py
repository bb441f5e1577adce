"""The files of this project that a command depends on. They are found by reading its imports."""

import ast
import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(os.path.relpath(Path(__file__).parents[1]))
# The folder of the commands, in which Python finds the package and whatever module lies beside it.
SCRIPTS = PACKAGE.parent


def code_files(*start: str | Path) -> list[str]:
    """Some files, and every module of this project that they import directly or indirectly.

    These are modules of the package, and modules that lie beside the commands. Imports inside functions are included.
    If these files are inputs of a rule, Snakemake runs the rule again when one of them changes, and only then.
    """
    waiting = [Path(path) for path in start]
    found = set(waiting)
    while waiting:
        new = _imports(waiting.pop()) - found
        found |= new
        waiting += new
    return sorted(map(str, found))


def code_digest(*start: str | Path) -> str:
    """The SHA-256 of the contents of all files that `code_files` finds. It changes if the program changes."""
    # The order of absolute paths does not depend on the working directory.
    files = sorted(Path(path).resolve() for path in code_files(*start))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


@cache
def _imports(path: Path) -> frozenset[Path]:
    """The modules of this project that a file imports, and the `__init__.py` of the folders of these modules."""
    names = set()
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(path, node)
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(file for name in names for file in _files(name))


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """The full name of the module that a file imports from. The file may name it relative to its own folder."""
    if not node.level:
        return node.module or ""
    folder = os.path.relpath(path.parent.joinpath(*[".."] * (node.level - 1)), SCRIPTS)
    return ".".join([*folder.split(os.sep), *([node.module] if node.module else [])])


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements within a node, and those within these. Expressions, which are most of a file, hold none."""
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for statement in getattr(node, block, ()):
            yield statement
            yield from _statements(statement)


@cache
def _files(module: str) -> tuple[Path, ...]:
    """The file of a module of this project, and the `__init__.py` of its folders. There are none of other modules."""
    parts = module.split(".")
    folders = [SCRIPTS.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    candidates = [folder / "__init__.py" for folder in folders] + [folders[-1].with_name(f"{parts[-1]}.py")]
    return tuple(path for path in candidates if path.is_file())
