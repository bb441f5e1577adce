"""Figure A.5-3: interpolated images of CIFAR-10."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import Run
from vrrae_bench.reporting.figures.interpolations import interpolations


def draw(runs: Sequence[Run]) -> Figure:
    """A block of interpolated images a method, the same pairs in each."""
    return interpolations(runs)
