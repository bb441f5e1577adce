"""Checks the types of arguments and results, shapes of arrays among them, in each call of the package in a test.

pyproject.toml gives pytest the option `--jaxtyping-packages=vrrae_bench,typechecker.checked`. With it, jaxtyping wraps
`checked` around all functions of the package when they are imported.
"""

from collections.abc import Generator
from contextlib import contextmanager
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

_of_checked_code = _import_hook._optimized_cache_from_source


def _cache_of(typechecker: str, path: str, debug_override: bool | None = None) -> str:
    if "vrrae_bench" in Path(path).parts:
        return _of_checked_code(typechecker, path, debug_override)
    return cache_from_source(path, debug_override)


# jaxtyping keeps the compiled code of the package in files of other names, since it is not the usual one. It looks for
# these names for each library too that the package imports, and finds none: it would compile all of torch once more.
_import_hook._optimized_cache_from_source = _cache_of


@contextmanager
def unchecked() -> Generator[None]:
    """Within, types are not checked.

    It is for tests of the message that a user gets who passes wrong ones, and as a decorator for simulations: a check
    takes a tenth of a millisecond, which is longer than what they call thousands of times.
    """
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
