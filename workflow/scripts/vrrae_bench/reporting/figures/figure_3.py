"""Figure 3: randomly generated bumps."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from vrrae_bench.reporting.figures.drawing import Run
from vrrae_bench.reporting.figures.gallery import gallery


def draw(runs: Sequence[Run], first: int) -> Figure:
    """Real and randomly generated bumps, with a block for each method, and y upwards as in the data."""
    return gallery(runs, first, upwards=True, cmap="viridis")
