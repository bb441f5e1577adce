"""Checks the types of arguments and results, shapes of arrays among them, in each call of the package in a test.

`--jaxtyping-packages=vrrae_bench,typechecker.checked` has jaxtyping wrap `checked` around all functions of the package
when they are imported. Without this option nothing is checked.
"""

from collections.abc import Generator
from contextlib import contextmanager
from io import BufferedIOBase, TextIOBase
from typing import Any, BinaryIO, Self, TextIO

import jaxtyping
import numpy as np
from beartype import BeartypeConf, FrozenDict, beartype
from pydantic import ValidationInfo

# An int is a float, as for other checkers, and a truth value of numpy is a bool. Some annotations mean nothing while a
# program runs: a function that is wrapped by itself does not know which class is its `Self`, `ValidationInfo` is a
# protocol that no object can be compared with, and no file is a `BinaryIO` or a `TextIO`.
OVERRIDES = {bool: bool | np.bool_, Self: Any, ValidationInfo: Any, BinaryIO: BufferedIOBase, TextIO: TextIOBase}
checked = beartype(conf=BeartypeConf(is_pep484_tower=True, hint_overrides=FrozenDict(OVERRIDES)))


@contextmanager
def unchecked() -> Generator[None]:
    """Within, types are not checked, for tests of the message that a user gets who passes wrong ones."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
