"""The package for programs of others: train on an array, or load a trained model, and use it. See docs/package.md."""

from vrrae_bench.library.fitting import fit
from vrrae_bench.library.trained import TrainedModel, load
from vrrae_bench.system.errors import UserError

__all__ = ["TrainedModel", "UserError", "fit", "load"]
