"""What claims are decided from: a table of runs, a table of timings, and what FIDs depend on."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from vrrae_bench.artefacts.records import reading
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import HISTORY
from vrrae_bench.artefacts.scores import RunDetails, RunScores
from vrrae_bench.artefacts.timings import read_timings
from vrrae_bench.reporting.claims.conditions import fid_conditions, lacking_network
from vrrae_bench.reporting.claims.printed_settings import unlike_the_papers_mixture
from vrrae_bench.reporting.labels import method_label
from vrrae_bench.reporting.long_tables import LONG_COLUMNS, long_table
from vrrae_bench.reporting.run_scores import of_run, read_comparable, read_history, row_of_run, run_folder
from vrrae_bench.reporting.void import reason_of
from vrrae_bench.scoring.metrics import METRICS, OF_MIXTURE
from vrrae_bench.study.settings import PAPER_DATASETS, DatasetSettings, Study
from vrrae_bench.system.errors import UserError

# The columns that a table of runs has in any case.
RUN_COLUMNS = ("dataset", "method", "beta", "batch_size", "seed", "default_beta", "default_batch_size")


@dataclass(frozen=True)
class Variant:
    """A method, as configured or with another beta (as `format_beta` spells it) or batch size."""

    method: str
    beta: str | None = None
    batch_size: int | None = None

    def with_beta(self, beta: str) -> "Variant":
        """The method with this beta."""
        return replace(self, beta=beta)

    def with_batch_size(self, batch_size: int) -> "Variant":
        """The method with this batch size."""
        return replace(self, batch_size=batch_size)

    def __str__(self) -> str:
        settings = [] if self.beta is None else [f"beta {self.beta}"]
        settings += [] if self.batch_size is None else [f"batches of {self.batch_size}"]
        return method_label(self.method) + (f" ({', '.join(settings)})" if settings else "")


@dataclass(frozen=True)
class Evidence:
    """All measurements that claims are decided from.

    Attributes:
        runs: A row for each run on a data set of the paper: dataset, method, beta (as text, empty for a method without
            one), batch_size, seed, whether beta and batch size are the configured ones (default_beta,
            default_batch_size), in what its mixture differs from the paper's (unlike_mixture, mostly empty), and a
            column for each number of scores.json and for what `_row` derives of them. Numbers that say nothing are
            left out: of void features, and of images from such a mixture.
        timings: A row for each pair of steps that were timed one after the other: dataset, device, seconds of vae and
            of vrrae.
        conditions: What the FIDs of these runs depend on: the rows of `fid_conditions`, each once.
        table_a4_1: The long form of Table A.4-1 from these timings: dataset, method, metric and mean among its columns.
        starts: The weights that the networks behind the FIDs started from, by the data set.
        configured: How methods are trained on the data sets of the paper.
        void: Why scores in features say nothing on a data set, by the data set.
        further: The same runs with their scores in the features of further extractors, by the extractor's seed.
        other_rates: Runs with another learning rate than the configured one, by the learning rate.
    """

    runs: pd.DataFrame
    timings: pd.DataFrame
    conditions: pd.DataFrame = field(default_factory=pd.DataFrame)
    table_a4_1: pd.DataFrame = field(default_factory=partial(pd.DataFrame, columns=LONG_COLUMNS))
    starts: Mapping[str, Collection[str]] = field(default_factory=dict)
    configured: Mapping[str, DatasetSettings] = field(default_factory=dict)
    further: Mapping[int, pd.DataFrame] = field(default_factory=dict)
    other_rates: Mapping[float, pd.DataFrame] = field(default_factory=dict)
    void: Mapping[str, str] = field(default_factory=dict)
    # What `of` has found already, since many claims ask for the same runs.
    _selected: dict[tuple[str, Variant], pd.DataFrame] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of(self, dataset: str, variant: Variant) -> pd.DataFrame:
        """The runs of one variant on one data set, by seed.

        The table must not be changed, because the next call with the same arguments returns it again.
        """
        if (dataset, variant) not in self._selected:
            self._selected[dataset, variant] = self._select(dataset, variant)
        return self._selected[dataset, variant]

    def _select(self, dataset: str, variant: Variant) -> pd.DataFrame:
        runs = self.runs
        beta = runs.default_beta if variant.beta is None else runs.beta == variant.beta
        batch = runs.default_batch_size if variant.batch_size is None else runs.batch_size == variant.batch_size
        selected = (runs.dataset == dataset) & (runs.method == variant.method) & beta & batch
        return runs[selected].set_index("seed").sort_index()

    def values(self, dataset: str, variant: Variant, metric: str) -> pd.Series:
        """One number of each of these runs, by seed. Runs without this number are left out."""
        runs = self.of(dataset, variant)
        return runs[metric].dropna().astype(float) if metric in runs else pd.Series(dtype=float)

    def has(self, dataset: str) -> bool:
        """Whether there are runs on a data set."""
        return dataset in self._datasets

    @cached_property
    def _datasets(self) -> frozenset[str]:
        return frozenset(self.runs.dataset)

    def lacking_network(self, dataset: str) -> str | None:
        """What is lacking for FIDs on a data set to be of the paper's kind, or nothing if they are."""
        return lacking_network(self.starts.get(dataset, ()))

    def extractor_seed(self, dataset: str) -> int:
        """The seed of the extractor whose scores `runs` has."""
        configured = self.configured.get(dataset)
        return configured.extractor.seed if configured and configured.extractor else 0

    def by_further_extractors(self, dataset: str) -> dict[int, "Evidence"]:
        """The evidence with a data set's scores in the features of each further extractor, by the extractor's seed."""
        return {seed: one for seed, one in self._by_extractor.items() if one.has(dataset)}

    @cached_property
    def _by_extractor(self) -> dict[int, "Evidence"]:
        return {seed: replace(self, runs=runs, further={}) for seed, runs in sorted(self.further.items())}

    def by_other_learning_rates(self, dataset: str) -> dict[float, "Evidence"]:
        """The evidence with a data set's runs of each other learning rate in place of the configured, by the rate."""
        return {rate: one for rate, one in self._by_learning_rate.items() if one.has(dataset)}

    @cached_property
    def _by_learning_rate(self) -> dict[float, "Evidence"]:
        rates = sorted(self.other_rates.items())
        return {rate: replace(self, runs=runs, further={}, other_rates={}) for rate, runs in rates}

    def betas(self, dataset: str, method: str) -> list[str]:
        """The betas with which a method was trained on a data set, the smallest first."""
        runs = self.runs[self.runs.default_batch_size & (self.runs.dataset == dataset) & (self.runs.method == method)]
        return sorted(runs.beta.unique(), key=float)


def load_evidence(scores: Iterable[Path], timings: Sequence[Path], study: Study) -> Evidence:
    """Read scores.json of runs, history.csv beside each, and the files of timings.

    Scores are of a further extractor if their extractor has another seed than the configured one. Runs on data sets
    that the paper does not have are left out. So are runs that differ from the configuration in more than beta, batch
    size and a learning rate of `other_learning_rates`.

    Raises:
        UserError: The scores of a run by one extractor are given twice, or the run is unknown to the configuration; a
            timing is malformed or of another batch size than the configured one.
    """
    rows: dict[int | None, list[dict[str, Any]]] = {}
    other_rates: dict[float, list[dict[str, Any]]] = {}
    starts: dict[str, set[str]] = {}
    conditions, void = [], {}
    for path, configured, scored in _runs_of_the_paper(list(scores), study):
        rate, further = scored.details.run.learning_rate, _further_extractor(scored.details, study)
        if rate != study.datasets[configured.dataset].learning_rate:
            if further is None:
                other_rates.setdefault(rate, []).append(_row(run_folder(path), configured, scored))
            continue
        rows.setdefault(further, []).append(_row(run_folder(path), configured, scored))
        with reading(path):  # an earlier version may have written them
            condition = fid_conditions(scored.details)
        if further is None and condition and (network := scored.details.network):
            conditions.append(condition)
            starts.setdefault(configured.dataset, set()).add(network.start)
        if further is None and (reason := reason_of(scored.details)):
            void[configured.dataset] = reason
    tables = {further: _run_table(found) for further, found in rows.items()}
    return Evidence(
        runs=tables.pop(None, _run_table([])),
        further={seed: runs for seed, runs in tables.items() if seed is not None},
        other_rates={rate: _run_table(found) for rate, found in other_rates.items()},
        timings=_load_timings(timings, study),
        conditions=pd.DataFrame(conditions).drop_duplicates(),
        starts=starts,
        void=void,
        table_a4_1=long_table("table_a4_1", timings) if timings else pd.DataFrame(columns=LONG_COLUMNS),
        configured={name: study.datasets[name] for name in PAPER_DATASETS if _is_of_the_paper(name, study)},
    )


def _run_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    runs = pd.DataFrame(rows, columns=None if rows else list(RUN_COLUMNS))
    return runs.astype({"default_beta": bool, "default_batch_size": bool})


def _further_extractor(details: RunDetails, study: Study) -> int | None:
    """The seed of the extractor behind some scores; none if it is the configured extractor of the data set."""
    configured = study.datasets[details.run.dataset].extractor
    seed = details.network.seed if details.network else None
    return None if seed is None or configured is None or seed == configured.seed else seed


def _runs_of_the_paper(paths: Sequence[Path], study: Study) -> Iterator[tuple[Path, RunSpec, RunScores]]:
    """The file of scores of each run, the run as it is configured, and the scores of the run as it was trained."""
    seen: dict[tuple[str, int | None], Path] = {}
    for path, read in zip(paths, read_comparable(paths)):
        scores = of_run(path, read)
        run = scores.details.run
        if not _is_of_the_paper(run.dataset, study):
            continue
        try:
            configured = study.run(run.dataset, run.method, run.seed)
        except KeyError:
            raise UserError(
                f"{path}: the configuration does not say how to train {run.method} on {run.dataset}. "
                "Take the configuration with which it was trained."
            ) from None
        rates = {configured.learning_rate, *study.datasets[run.dataset].other_learning_rates}
        free = configured.model_dump(include={"beta", "batch_size", "learning_rate", "variant"})
        if run.learning_rate in rates and run.model_copy(update=free) == configured:
            scored = run.folder, _further_extractor(scores.details, study)
            if scored in seen:
                raise UserError(f"{path}: the same run as {seen[scored]}. Name each run once.")
            seen[scored] = path
            yield path, configured, scores


def _is_of_the_paper(dataset: str, study: Study) -> bool:
    """Whether a data set is one of the paper's, and not the user's own under such a name."""
    known = study.datasets.get(dataset)
    return dataset in PAPER_DATASETS and known is not None and known.source == dataset


def _row(folder: Path, configured: RunSpec, scores: RunScores) -> dict[str, Any]:
    row, run = row_of_run(scores), scores.details.run
    row["default_beta"] = run.beta == configured.beta
    row["default_batch_size"] = run.batch_size == configured.batch_size
    if "fid_random" in row:  # if a run has a single draw, the mean over draws is that of this draw
        row.setdefault("fid_random_mean", row["fid_random"])
    if scores.details.singular_values is not None:
        row["singular_value_norm"] = float(np.linalg.norm(scores.details.singular_values))
    for name, ratio in scores.numbers.items():
        if name.startswith("sharpness_"):
            row[f"log_{name}"] = abs(np.log(max(ratio, np.finfo(float).tiny)))
    if (folder / HISTORY).exists():
        of_beta = ("kl_divergence", "loss") if run.beta is not None else ()
        history = read_history(folder, "reconstruction_error", *of_beta)
        row["training_rises"] = training_rises(history.reconstruction_error)
        if run.beta is not None:
            row["kl_share"] = float(run.beta * history.kl_divergence.iloc[-1] / history.loss.iloc[-1])
    void, unlike = reason_of(scores.details), "; ".join(unlike_the_papers_mixture(scores.details))
    nothing = {name for name in METRICS if (void and METRICS[name].of_features) or (unlike and name in OF_MIXTURE)}
    return {name: value for name, value in row.items() if name not in nothing} | {"unlike_mixture": unlike}


def training_rises(errors: Float[np.ndarray, " epochs"] | pd.Series) -> float:
    """How unstable a training is: the logarithms of error ratios from one epoch to the next, summed where it rises.

    It is 0 for a training whose error never rises, however large its errors are, and log 2 for a training whose error
    doubles once. The paper (appendix A.1) speaks of stability and has no measure of it.

    >>> round(float(np.exp(training_rises(np.array([80.0, 20, 40, 30, 33])))), 4)
    2.2
    """
    # An error of 0 counts as the smallest number that there is: its logarithm would be infinite.
    steps = np.diff(np.log(np.maximum(errors, np.finfo(float).tiny)))
    return float(steps[steps > 0].sum())


def _load_timings(paths: Iterable[Path], study: Study) -> pd.DataFrame:
    frames = [pd.DataFrame(columns=["dataset", "device", "vae", "vrrae"])]
    for path in paths:
        timing = read_timings(path)
        vae, vrrae = (timing.methods[name].step_seconds if name in timing.methods else [] for name in ("vae", "vrrae"))
        if not vae or len(vae) != len(vrrae) or min(*vae, *vrrae) <= 0:
            raise UserError(
                f"{path}: {len(vae)} steps of vae and {len(vrrae)} of vrrae are not pairs of positive times. "
                "Time the two in turn, equally often."
            )
        if not _is_of_the_paper(timing.dataset, study):
            continue
        if timing.batch_size != study.datasets[timing.dataset].batch_size:
            raise UserError(
                f"{path}: batch_size: was timed with {timing.batch_size}, the configuration of {timing.dataset} has "
                f"{study.datasets[timing.dataset].batch_size}. Time the steps again with that."
            )
        if any(timing.dataset in set(frame.dataset) for frame in frames):
            raise UserError(f"{path}: timings on {timing.dataset} are given twice. Name one file for each data set.")
        frames.append(pd.DataFrame({"dataset": timing.dataset, "device": timing.device, "vae": vae, "vrrae": vrrae}))
    return pd.concat(frames[1:] or frames, ignore_index=True)
