"""The strip of verdicts: a square for each claim of the paper."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from vrrae_bench.reporting.claims.reported import read_claims
from vrrae_bench.reporting.figures.drawing import made_of, plt
from vrrae_bench.reporting.figures.strip import draw_strip, lines_of, size


def draw(files: Mapping[str, Path]) -> Figure:
    """A line for the claims that hold, for those that do not, and for what each of the open ones waits for.

    Args:
        files: claims.json, under `claims`.

    Raises:
        UserError: It is missing or damaged.
    """
    lines = lines_of(read_claims(made_of(files, "claims")).claims, by_what_they_wait_for=True)
    width, height = size(lines)
    figure, axis = plt.subplots(figsize=(width + 0.3, height + 0.3), layout="constrained")
    draw_strip(axis, lines)
    return figure
