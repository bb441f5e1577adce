"""The sources of images: each module of this folder is one, by its name, and has it as `SOURCE`.

They are imported by name, and the rule that stores a data set has the module of that data set among its inputs: a
change to one of them makes no other data set again.
"""

from importlib import import_module
from pkgutil import iter_modules

from vrrae_bench.datasets.source import Source

SOURCES = tuple(sorted(module.name for module in iter_modules(__path__)))


def source_of(name: str) -> Source:
    """What is known of the source with a name of `SOURCES`."""
    return import_module(f"{__name__}.{name}").SOURCE
