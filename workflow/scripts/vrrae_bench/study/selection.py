"""What a configuration selects: the runs and data sets of each table and figure, all runs, and published weights."""

from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.datasets.weights import IMAGENET, INCEPTION_2015
from vrrae_bench.study.catalogue import CATALOGUE, CLAIMS, FIGURES
from vrrae_bench.study.comparisons import ablation, beta_sweep, each_once, has_fid, headline, images
from vrrae_bench.study.settings import PAPER_DATASETS, Study


def runs_of(study: Study, name: str) -> list[RunSpec]:
    """The runs that a table or figure shows."""
    selection = CATALOGUE[name].shows
    if selection.comparison is None:
        return []
    runs = [run for dataset in datasets_of(study, name) for run in selection.comparison(study, dataset)]
    runs = [run for run in runs if selection.methods is None or run.method in selection.methods]
    if selection.every_seed:
        return runs
    first = {run.dataset: run.seed for run in reversed(runs)}
    return [run for run in runs if run.seed == first[run.dataset]]


def sweep_of(study: Study, name: str) -> list[RunSpec]:
    """The runs among which a table finds the best beta of a method."""
    if not CATALOGUE[name].shows.best_beta:
        return []
    shown = {(run.dataset, run.method) for run in runs_of(study, name)}
    swept = (run for dataset in datasets_of(study, name) for run in beta_sweep(study, dataset))
    return [run for run in swept if (run.dataset, run.method) in shown and has_fid(study.datasets[run.dataset])]


def runs_needed(study: Study, name: str) -> list[RunSpec]:
    """All runs that have to be trained for a table or figure, each of them once.

    If a figure is drawn from tables and verdicts, these are the runs that the tables and verdicts are made from.
    """
    figure = FIGURES.get(name)
    if figure and figure.of_untrained_models:
        return []
    made = figure.made if figure else ()
    behind = [run for one in made for run in (all_runs(study) if one == CLAIMS else runs_needed(study, one))]
    return each_once([*runs_of(study, name), *sweep_of(study, name), *behind])


def datasets_of(study: Study, name: str) -> list[str]:
    """The selected data sets that a table or figure shows."""
    selection = CATALOGUE[name].shows
    found = [dataset for dataset in study.experiment.datasets if selection.datasets(study.datasets[dataset])]
    return found if selection.every_dataset else found[:1]


def is_made(study: Study, name: str) -> bool:
    """Whether the configuration selects anything that belongs into a table or figure."""
    entry = CATALOGUE[name]
    if entry.shows.comparison:
        return bool(runs_of(study, name))
    return bool(datasets_of(study, name))


def all_runs(study: Study) -> list[RunSpec]:
    """Every run that the configuration asks for, each of them once."""
    return each_once(run for name in CATALOGUE for run in runs_of(study, name))


def scored_by_further_extractors(study: Study) -> list[tuple[RunSpec, int]]:
    """The runs of Tables 2 and 3, each with the seed of every further extractor by which it is scored too.

    Claims about FIDs of methods as configured, on the paper's real images, also get a verdict by each of these
    extractors.
    """
    real = (name for name in study.experiment.datasets if name in PAPER_DATASETS and images(study.datasets[name]))
    runs = each_once(run for name in real for run in headline(study, name) + ablation(study, name))
    return [(run, seed) for run in runs for seed in study.datasets[run.dataset].extractor_seeds]


def needed_weights(study: Study) -> list[str]:
    """The published weights that a configuration needs, by their names."""
    chosen = [study.datasets[name] for name in study.experiment.datasets]
    starts = {dataset.extractor.start for dataset in chosen if dataset.extractor}
    needed = {
        IMAGENET: "imagenet" in starts,
        INCEPTION_2015: any(dataset.inception_2015 for dataset in chosen),
    }
    return [name for name in needed if needed[name]]
