"""Reference benchmark for rank-reduction autoencoders: data, models, training, sampling, scores and reports.

Each folder is a subject. Only `study` imports Snakemake. The command of each stage is `workflow/scripts/<stage>.py`.
Programs of others use `fit` and `load`, which docs/package.md shows.
"""

import importlib
from typing import Any

__all__ = ["TrainedModel", "UserError", "fit", "load"]


def __getattr__(name: str) -> Any:
    # JAX is loaded by whoever asks for these names, and by no command that only reads a configuration. The module is
    # imported by its name in a string, since every rule whose command reads this file would else depend on all of it.
    if name in __all__:
        return getattr(importlib.import_module("vrrae_bench.library"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
