"""What all figures share: the runs that they are drawn from, colours, and how they are saved."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Num
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vrrae_bench.artefacts.arrays import read_arrays
from vrrae_bench.artefacts.manifest import Manifest
from vrrae_bench.artefacts.records import read_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import SAMPLE, SCORES, results_of
from vrrae_bench.artefacts.scores import RunDetails, RunScores
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.datasets.store import MANIFEST, DataSet
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.run_scores import read_run_scores
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import atomic_path

# A matplotlibrc of the user or in the working directory could change figures, or need programs such as LaTeX.
matplotlib.rcdefaults()

# Okabe and Ito's colours. Colour-blind readers tell them apart, and in grey blue is darker than orange.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"
COLOURS = (BLUE, ORANGE, "black", "#56B4E9", "#009E73", "#E69F00", "#CC79A7")
LINES = ("-", "--", ":", "-.")
MARKERS = "osD^vP*X"
DOTS_PER_INCH = 200


@dataclass(frozen=True)
class Run:
    """A run and the folder of its files."""

    spec: RunSpec
    folder: Path

    @property
    def manifest(self) -> Manifest:
        """The manifest of the data set that the run is trained on, which lies in the same results folder.

        Raises:
            UserError: The manifest is missing there.
        """
        results = results_of(self.folder, self.spec) or self.folder
        return DataSet(results / "data" / self.spec.dataset / MANIFEST).manifest

    def images(self, *names: str) -> dict[str, Num[np.ndarray, "..."]]:
        """The few images that figures show of the run, by the names that `artefacts.shown` explains.

        Args:
            names: The names of arrays that must be among them.

        Raises:
            UserError: They are missing or damaged, or are not the images that sample.json beside them was written with.
        """
        return self._shown(SHOWN_IMAGES, names)

    def means(self, *names: str) -> dict[str, Num[np.ndarray, "..."]]:
        """The few posterior means that figures show of the run. Errors are those of `images`."""
        return self._shown(SHOWN_MEANS, names)

    def _shown(self, file: str, names: Sequence[str]) -> dict[str, Num[np.ndarray, "..."]]:
        read_record(self.folder / SAMPLE, file)
        return read_arrays(self.folder / file, *names)

    @cached_property
    def scores(self) -> RunScores:
        """The content of scores.json.

        Raises:
            UserError: It is missing or damaged, or holds the scores of another run.
        """
        return read_run_scores(self.folder / SCORES)

    @property
    def details(self) -> RunDetails:
        """The details of scores.json, beside its numbers.

        Raises:
            UserError: It is missing or damaged, or holds the scores of another run.
        """
        return self.scores.details


def made_of(files: Mapping[str, Path], name: str) -> Path:
    """A file of a table or of the verdicts that a figure is drawn from.

    Raises:
        UserError: It is not among them.
    """
    if name not in files:
        raise UserError(f"{name}: the figure is drawn from it, and it is not among the files. Name it too.")
    return files[name]


def by_dataset(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs of each data set."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.spec.dataset, []).append(run)
    return groups


def by_beta(runs: Iterable[Run]) -> list[Run]:
    """Runs of a variational method, with the smallest beta first."""
    return sorted(runs, key=beta_of)


def beta_of(run: Run) -> float:
    """The weight of the KL divergence.

    Raises:
        ValueError: The method has none.
    """
    if run.spec.beta is None:
        raise ValueError(f"{run.spec.method} is not variational")
    return run.spec.beta


def titles(runs: Sequence[Run]) -> list[str]:
    """A title for each run: the method; the data set, if there are several; and for a single method, what varies."""
    datasets = by_dataset(runs)
    return [
        (f"{dataset_label(run.spec.dataset)}, " if len(datasets) > 1 else "")
        + method_label(run.spec.method)
        + _what_varies(run, [other for other in datasets[run.spec.dataset] if other.spec.method == run.spec.method])
        for run in runs
    ]


def _what_varies(run: Run, runs: Sequence[Run]) -> str:
    """The parts of a run's variant that not all of these runs have, as ` (beta = 1e-6)`."""
    settings = [other.spec.settings for other in runs]
    own = [part for part in run.spec.settings if not all(part in parts for parts in settings)]
    return f" ({', '.join(own)})".replace("=", " = ").replace("_", " ") if own else ""


def line_styles(labels: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour and kind of each label's line. Neighbours differ in both, for print in grey, and no two of 28 agree."""
    distinct = dict.fromkeys(labels)
    return {
        label: {"color": colour, "linestyle": line}
        for label, colour, line in zip(distinct, cycle(COLOURS), cycle(LINES))
    }


def grid(axis: Axes) -> None:
    """Grey lines behind all that is drawn."""
    axis.grid(color=GREY, alpha=0.3)
    axis.set_axisbelow(True)


def save_figure(folder: Path, name: str, figure: Figure, mark: str | None = None) -> None:
    """Write `<name>.png` and `<name>.pdf`. They hold no date, so that the same figure is the same file.

    Args:
        mark: A line above the figure, for readers who see it alone. A legend of the whole figure stands below it, since
            Matplotlib would put a legend at the top over the mark.
    """
    if mark:
        figure.suptitle("\n".join(textwrap.wrap(mark, int(12 * figure.get_figwidth()))), color=ORANGE, fontsize="small")
    for suffix, metadata in ((".png", {}), (".pdf", {"CreationDate": None})):
        with atomic_path(folder / f"{name}{suffix}") as temporary:
            figure.savefig(temporary, dpi=DOTS_PER_INCH, metadata=metadata)
    plt.close(figure)
