"""The reconstruction error of the paper's tables."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Real

from vrrae_bench.system.errors import UserError


@dataclass
class RelativeError:
    """100 ||prediction - target|| / ||target|| over a whole set, fed batch by batch.

    One global ratio, not a mean of ratios (as in the published code's loss, over the whole test set), summed
    in float64: the result does not depend on how the set is cut.
    """

    squared_difference: float = 0.0
    squared_target: float = 0.0

    def update(self, prediction: Real[np.ndarray, "*shape"], target: Real[np.ndarray, "*shape"]) -> None:
        """Add a batch.

        Raises:
            UserError: the shapes differ, or a value is NaN or infinite.
        """
        prediction, target = np.asarray(prediction, dtype=np.float64), np.asarray(target, dtype=np.float64)
        if prediction.shape != target.shape:
            raise UserError(
                f"reconstruction error: predictions have shape {prediction.shape}, targets {target.shape}. "
                "Pass them in the same layout."
            )
        difference = float(np.square(prediction - target).sum())
        if not np.isfinite(difference):
            raise UserError(
                "reconstruction error: a prediction or a target is NaN or infinite. "
                "The training probably diverged: look at its history, and try a smaller learning rate."
            )
        self.squared_difference += difference
        self.squared_target += float(np.square(target).sum())

    @property
    def percent(self) -> float:
        """The error of all batches so far.

        Raises:
            UserError: the targets are empty or all zero, so there is nothing to be relative to.
        """
        if self.squared_target == 0:
            raise UserError("reconstruction error: the targets are empty or all zero. Check the data set.")
        return 100 * (self.squared_difference / self.squared_target) ** 0.5
