"""Figure A.5-6: randomly generated images of CIFAR-10."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import Run
from vrrae_bench.reporting.figures.gallery import gallery


def draw(runs: Sequence[Run]) -> Figure:
    """A block of randomly generated images a method."""
    return gallery(runs)
