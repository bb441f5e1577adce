"""What all figures share: the run they are drawn from, colours, how they are saved."""

from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from vrrae_bench.files import atomic_path
from vrrae_bench.runs import RunSpec

# Okabe and Ito's colours: told apart by colour-blind readers, and blue darker than orange in grey.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
DOTS_PER_INCH = 200


@dataclass(frozen=True)
class Run:
    """A run and the folder of its files."""

    spec: RunSpec
    folder: Path


def save_figure(folder: Path, name: str, figure: Figure) -> None:
    """Write `<name>.png` and `<name>.pdf`; without a date in it, the same figure is the same file."""
    for suffix, metadata in ((".png", {}), (".pdf", {"CreationDate": None})):
        with atomic_path(folder / f"{name}{suffix}") as temporary:
            figure.savefig(temporary, dpi=DOTS_PER_INCH, metadata=metadata)
    plt.close(figure)
