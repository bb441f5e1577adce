"""The examples in docstrings."""

import doctest
from importlib import import_module

import pytest

from vrrae_bench.system.dependencies import PACKAGE

WITH_EXAMPLES = [path for path in sorted(PACKAGE.rglob("*.py")) if ">>>" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_of_a_module_come_out_as_they_say(path):
    module = import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0 and outcome.failed == 0
