"""The files that tables, figures, claims and the report are made from, named as in the folder of results.

The rules of the workflow, `keep.py` and `redraw.py` all go by these.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path, PurePath

from vrrae_bench.artefacts.extractor_folder import further
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import HISTORY, SAMPLE, SCORES, TRAINING
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.study.catalogue import CLAIMS, FIGURES, TABLES, Table
from vrrae_bench.study.selection import (
    all_runs,
    datasets_of,
    is_made,
    runs_needed,
    runs_of,
    scored_by_further_extractors,
    sweep_of,
)
from vrrae_bench.study.settings import Study

SETTINGS = "settings.json"


def within(folder: Path, files: Iterable[str]) -> list[Path]:
    """The paths of these files in a folder of results."""
    return [folder / file for file in files]


def files_of_runs(runs: Iterable[RunSpec], name: str) -> list[str]:
    """One file of each of these runs."""
    return [f"{run.folder}/{name}" for run in runs]


def table_files(study: Study, name: str) -> list[str]:
    """The files that a table is made from: scores of runs, real images and noise; the configuration; or timings."""
    table = TABLES[name]
    if table.origin == "settings":
        return [SETTINGS]
    if table.origin == "timings":
        return timings(study)
    runs = [
        f"{run.folder}{other}/{table.file}"
        for run in runs_of(study, name)
        for other in _extractors(study, table, run.dataset)
    ]
    bounds = [
        f"extractor/{dataset}{other}/{bound}.json"
        for dataset in datasets_of(study, name)
        for bound in table.bounds
        for other in _extractors(study, table, dataset)
    ]
    return runs + bounds


def sweep_files(study: Study, name: str) -> list[str]:
    """The scores among which a table finds the best beta of a method."""
    return files_of_runs(sweep_of(study, name), SCORES)


def table_runs(study: Study, name: str) -> list[str]:
    """run.json of all runs of a table, for its caption."""
    return files_of_runs(runs_needed(study, name), TRAINING)


def figure_files(study: Study, name: str) -> list[str]:
    """All that a figure reads.

    Of its runs, these are scores.json and run.json, and the files that it shows. A figure that is drawn
    from tables and verdicts reads these, and the records beside them.
    """
    figure = FIGURES[name]
    # sample.json has the digests of the images and means that the figure shows.
    sampled = (SAMPLE,) if {SHOWN_IMAGES, SHOWN_MEANS} & set(figure.files) else ()
    names = () if figure.of_untrained_models else (SCORES, TRAINING, *sampled, *figure.files)
    files = [file for each in names for file in files_of_runs(runs_of(study, name), each)]
    manifests = datasets_of(study, name) if figure.reads_manifest else []
    files += [f"data/{dataset}/manifest.json" for dataset in manifests]
    made = figure_made(study, name)
    return files + list(dict.fromkeys(file for one in made for file in (one, str(PurePath(one).with_suffix(".json")))))


def figure_made(study: Study, name: str) -> list[str]:
    """Tables and verdicts that a figure is drawn from."""
    made = [one for one in FIGURES[name].made if one == CLAIMS or is_made(study, one)]
    return [f"{CLAIMS}.json" if one == CLAIMS else f"tables/{one}.csv" for one in made]


def further_scores(study: Study, dataset: str | None = None) -> list[str]:
    """The scores of runs by further extractors, on one data set or on all of them."""
    scored = scored_by_further_extractors(study)
    return [f"{run.folder}/{further(seed)}/{SCORES}" for run, seed in scored if dataset in (run.dataset, None)]


def timings(study: Study) -> list[str]:
    """The timings of every data set."""
    return [f"timings/{dataset}.json" for dataset in datasets_of(study, "table_a4_1")]


def timings_of_claims(study: Study) -> list[str]:
    """The timings that decide claims. They need both methods that the paper compares."""
    names = (name for name in datasets_of(study, "table_a4_1") if {"vae", "vrrae"} <= set(study.datasets[name].timed))
    return [f"timings/{name}.json" for name in names]


def claims_files(study: Study) -> list[str]:
    """All files that claims are decided from. `further_scores`, which are told beside a verdict, are not among them."""
    runs = all_runs(study)
    of_runs = [file for name in (SCORES, TRAINING, HISTORY) for file in files_of_runs(runs, name)]
    return [*of_runs, *timings_of_claims(study), SETTINGS]


def scores_of_claims(study: Study, is_there: Callable[[str], bool]) -> list[str]:
    """The scores that claims are decided from, and those by the further extractors of a data set, if all are there.

    With the scores of only some runs, a further extractor would judge other runs than the extractor that decides.
    """
    others = (further_scores(study, dataset) for dataset in study.experiment.datasets)
    complete = (files for files in others if all(map(is_there, files)))
    return [*files_of_runs(all_runs(study), SCORES), *chain.from_iterable(complete)]


def reported(study: Study, kinds: Iterable[str]) -> Sequence[str]:
    """The tables or figures for which the configuration selects anything."""
    return [name for name in kinds if is_made(study, name)]


def _extractors(study: Study, table: Table, dataset: str) -> list[str]:
    """The parts of paths that tell the extractors of a data set apart: the first extractor, and others if shown."""
    seeds = study.datasets[dataset].extractor_seeds if table.every_extractor else ()
    return ["", *(f"/{further(seed)}" for seed in seeds)]
