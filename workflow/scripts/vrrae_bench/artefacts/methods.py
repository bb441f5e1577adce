"""The methods: a file of `models/methods` for each kind of bottleneck, with an entry for each method that has it.

The entries are read, and the files are not run. So the configuration is checked without JAX. A training is handed the
entry of its method, and imports the file of this method and of no other.
"""

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from vrrae_bench.artefacts.bounds import BOUNDS
from vrrae_bench.artefacts.specification import Specification
from vrrae_bench.system.errors import UserError

PACKAGE = Path(__file__).parents[1]
FOLDER = "models/methods"
ENTRIES = "METHODS"  # the name of the entries in each file
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Method(Specification):
    """A method: its entry, and the file in which the entry stands.

    Attributes:
        file: Name of the file, without `.py`.
        bottleneck: Name of the class in that file.
        width: Whether encoder and decoder meet in k dimensions (`bottleneck`) or in L (`latent_size`).
        options: Further arguments of that class.
        variational: Whether its loss has a KL term, and so a beta.
        truncates: Whether a point of its bottleneck has k dimensions although encoder and decoder meet in L.
        maps_coefficients: Whether its means differ from the coefficients of the truncated SVD, if it truncates.
        penalised: Whether its loss has the penalty of its bottleneck, and so a weight for it.
        stacked: Whether it has a number of linear layers of its own.
    """

    file: Identifier
    bottleneck: Identifier
    width: Literal["bottleneck", "latent_size"]
    options: Mapping[str, str] = {}
    variational: bool = False
    truncates: bool = False
    maps_coefficients: bool = False
    penalised: bool = False
    stacked: bool = False

    def __hash__(self) -> int:
        return hash(self.model_dump_json())  # pydantic's own cannot hash the options

    @property
    def size_key(self) -> Literal["bottleneck", "latent_size"]:
        """The name of the size that a posterior mean has: `bottleneck` (k) or `latent_size` (L)."""
        return "bottleneck" if self.truncates else self.width

    @property
    def module(self) -> str:
        """The module with the bottleneck, as a path within the package, without `.py`."""
        return f"{FOLDER}/{self.file}"


@cache
def methods() -> Mapping[str, Method]:
    """Every method by its name, file by file.

    Raises:
        UserError: A file is no file of methods, or two files name the same method.
    """
    found: dict[str, Method] = {}
    for path in sorted((PACKAGE / FOLDER).glob("*.py")):
        if path.name.startswith(("_", ".")):  # neither `__init__.py` nor files that editors leave behind are methods
            continue
        entries = methods_of(path)
        for name in entries.keys() & found.keys():
            other = path.with_name(f"{found[name].file}.py")
            raise UserError(f"{path}: the method '{name}' stands in {other} too. Give one of them another name.")
        found |= entries
    return found


def methods_of(path: Path) -> dict[str, Method]:
    """The methods whose entries stand in a file.

    Raises:
        UserError: The file is no file of methods. The message says what is wrong with it.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        entries = _entries(tree)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: is no file of a method: {error}. docs/own-method.md shows what it holds.") from None
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    return {name: _method(path, name, entry, classes) for name, entry in entries.items()}


def _entries(tree: ast.Module) -> dict[Any, Any]:
    """The value of `METHODS` in a file, which has to be written out.

    Raises:
        ValueError: There is no such value, or it would have to be computed.
    """
    values = [node.value for node in tree.body if isinstance(node, ast.Assign) and _assigns(node, ENTRIES)]
    if len(values) != 1:
        raise ValueError(f"{ENTRIES} is given a value {len(values)} times, and not once")
    try:
        entries = ast.literal_eval(values[0])
    except (ValueError, TypeError):
        entries = None
    if not isinstance(entries, dict) or not entries:
        raise ValueError(f"{ENTRIES} is not a dictionary of methods, written out without names or calls")
    return entries


def _assigns(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _method(path: Path, name: Any, entry: Any, classes: set[str]) -> Method:
    where = f"{path}: {ENTRIES}: {name!r}"
    # A name is a folder of results and a wildcard of rules.
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9]\w{0,99}", name, re.ASCII):
        raise UserError(f"{where}: is no name of a method. Use letters, digits and underscores.")
    if name in BOUNDS:
        raise UserError(f"{where}: tables use this name for scores of real images or noise. Use another.")
    if not isinstance(entry, dict) or "file" in entry:
        raise UserError(f"{where}: is no entry of a method. docs/own-method.md shows an example.")
    try:
        method = Method(**entry, file=path.stem)
    except (ValidationError, TypeError) as error:
        problems = error.errors() if isinstance(error, ValidationError) else []
        told = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems) or error
        raise UserError(f"{where}: {told}. Known keys: {', '.join(list(Method.model_fields)[1:])}.") from None
    if method.bottleneck not in classes:
        raise UserError(f"{where}: the file has no class {method.bottleneck}. It has: {', '.join(sorted(classes))}.")
    return method
