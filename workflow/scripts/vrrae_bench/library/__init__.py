"""What other programs call: `fit` trains on an array, and `load` reads a trained model. See docs/package.md."""

from vrrae_bench.library.fitting import fit
from vrrae_bench.library.trained import TrainedModel, load
from vrrae_bench.system.errors import UserError

__all__ = ["TrainedModel", "UserError", "fit", "load"]
