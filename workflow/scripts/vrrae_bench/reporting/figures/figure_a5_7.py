"""Figure A.5-7: randomly generated images of all data sets."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import Run
from vrrae_bench.reporting.figures.gallery import gallery


def draw(runs: Sequence[Run]) -> Figure:
    """A block of randomly generated images a method, a row of blocks a data set."""
    return gallery(runs)
