"""Checks the types of arguments and results, shapes of arrays among them, in each call of the package in a test.

pyproject.toml gives pytest the option `--jaxtyping-packages=vrrae_bench,typechecker.checked`. With it, jaxtyping wraps
`checked` around all functions of the package when they are imported.
"""

from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import cache_from_source
from io import BufferedIOBase, TextIOBase
from pathlib import Path
from typing import IO, Any, BinaryIO, Self, TextIO

import jaxtyping
import numpy as np
from beartype import BeartypeConf, FrozenDict, beartype
from jaxtyping import _import_hook
from pydantic import ValidationInfo

# An int is a float, as for other checkers, and a truth value of numpy is a bool. Some annotations mean nothing while a
# program runs: a function that is wrapped by itself does not know which class is its `Self`, `ValidationInfo` is a
# protocol that no object can be compared with, and no file is a `BinaryIO` or a `TextIO`.
OVERRIDES = {bool: bool | np.bool_, Self: Any, ValidationInfo: Any}
OVERRIDES |= {BinaryIO: BufferedIOBase, IO[bytes]: BufferedIOBase, TextIO: TextIOBase}
checked = beartype(conf=BeartypeConf(is_pep484_tower=True, hint_overrides=FrozenDict(OVERRIDES)))

PACKAGE = Path(__file__).parents[1] / "workflow/scripts/vrrae_bench"
# What is replaced below, as jaxtyping 0.3.11 has it. The name is private, so another version may not have it.
PRIVATE = "_optimized_cache_from_source"
if not hasattr(_import_hook, PRIVATE):
    raise RuntimeError(
        f"tests/typechecker.py replaces jaxtyping's function {PRIVATE}, which version 0.3.11 has, and version "
        f"{version('jaxtyping')}, which is installed, has not. Install the version that envs/requirements.txt names. "
        "Or find the function that names the files of compiled code in jaxtyping/_import_hook.py, and replace that one."
    )
_of_checked_code = getattr(_import_hook, PRIVATE)


def _cache_of(typechecker: str, path: str, debug_override: bool | None = None) -> str:
    """The name of the file of a module's compiled code."""
    if Path(path).is_relative_to(PACKAGE):
        return _of_checked_code(typechecker, path, debug_override)
    return cache_from_source(path, debug_override)


# jaxtyping keeps the compiled code of the package in files of other names, since it is not the usual one. It looks for
# these names for each library too that the package imports, and finds none: it would compile all of torch once more.
setattr(_import_hook, PRIVATE, _cache_of)


@contextmanager
def unchecked() -> Generator[None]:
    """Within, types are not checked.

    It is for tests of the message that a user gets who passes wrong ones, and as a decorator for simulations: a check
    takes a tenth of a millisecond, which is longer than what they call thousands of times.
    """
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
