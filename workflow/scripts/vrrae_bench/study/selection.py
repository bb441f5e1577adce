"""The runs behind each table and figure: what the paper compares, in terms of the configuration.

All rows of a table have the same seeds, so that differences between them can be paired; but for those of the best beta
in Table 2, which have the seeds of the sweep.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.study.settings import PAPER_DATASETS, DatasetSettings, Study


def headline(study: Study, dataset: str) -> list[RunSpec]:
    """The methods against each other, as configured."""
    methods, seeds = study.experiment.methods, study.datasets[dataset].seeds
    return [study.run(dataset, method, seed) for method in methods for seed in seeds]


def main_comparison(study: Study, dataset: str) -> list[RunSpec]:
    """The same, and once more for each other learning rate (Tables 1 and 2)."""
    again = [
        study.run(dataset, run.method, run.seed, learning_rate=rate)
        for rate in study.datasets[dataset].other_learning_rates
        for run in headline(study, dataset)
    ]
    return headline(study, dataset) + again


def ablation(study: Study, dataset: str) -> list[RunSpec]:
    """The ablations, then VRRAE without a KL term and as it is (Table 3)."""
    if not study.experiment.ablations:
        return []
    variants = [(method, None) for method in study.experiment.ablations] + [("vrrae", 0.0), ("vrrae", None)]
    return _distinct(
        study.run(dataset, method, seed, beta=beta) for method, beta in variants for seed in sweep_seeds(study, dataset)
    )


def baselines(study: Study, dataset: str) -> list[RunSpec]:
    """Other regularised autoencoders, then the methods of Table 2 (Table A.4-3)."""
    if not study.experiment.baselines:
        return []
    methods = dict.fromkeys((*study.experiment.baselines, *study.experiment.methods))
    return [study.run(dataset, method, seed) for method in methods for seed in sweep_seeds(study, dataset)]


def beta_sweep(study: Study, dataset: str) -> list[RunSpec]:
    """VAE and VRRAE with each beta (Table A.3-2, Figures A.2-1 and A.2-2)."""
    return [
        study.run(dataset, method, seed, beta=beta)
        for method in ("vae", "vrrae")
        for beta in study.datasets[dataset].betas
        for seed in sweep_seeds(study, dataset)
    ]


def batch_size_sweep(study: Study, dataset: str) -> list[RunSpec]:
    """VRRAE with each batch size, for equal epochs (Table A.4-2)."""
    return [
        study.run(dataset, "vrrae", seed, batch_size=batch_size)
        for batch_size in study.datasets[dataset].batch_sizes
        for seed in sweep_seeds(study, dataset)
    ]


def truncations(study: Study, dataset: str) -> list[RunSpec]:
    """The methods that truncate the latents of a batch, as configured, from the headline and the ablations."""
    runs = headline(study, dataset) + (ablation(study, dataset) if images(study.datasets[dataset]) else [])
    configured = (run for run in runs if run == study.run(dataset, run.method, run.seed))
    return _distinct(run for run in configured if methods()[run.method].truncates)


def sweep_seeds(study: Study, dataset: str) -> tuple[int, ...]:
    """Seeds of ablations, baselines, betas and batch sizes."""
    chosen = study.datasets[dataset]
    return chosen.seeds if chosen.sweep_seeds is None else chosen.sweep_seeds


def synthetic(dataset: DatasetSettings) -> bool:
    """Whether the images are the synthetic bumps."""
    return dataset.source == "synthetic"


def images(dataset: DatasetSettings) -> bool:
    """Whether the images are real ones."""
    return dataset.source != "synthetic"


def labelled(dataset: DatasetSettings) -> bool:
    """Whether there is an extractor of features, and so a FID."""
    return dataset.extractor is not None


def several_extractors(dataset: DatasetSettings) -> bool:
    """Whether there are extractors that differ in their seed."""
    return bool(dataset.extractor_seeds)


def by_inception_2015(dataset: DatasetSettings) -> bool:
    """Whether the FID of most papers is asked for."""
    return dataset.inception_2015


def anything(dataset: DatasetSettings) -> bool:
    """Every data set."""
    return True


def only(*sources: str) -> Callable[[DatasetSettings], bool]:
    """Whether the images come from one of these sources."""
    return lambda dataset: dataset.source in sources


def images_without(*sources: str) -> Callable[[DatasetSettings], bool]:
    """Whether the images are real ones from none of these sources, which have figures of their own."""
    return lambda dataset: dataset.source not in ("synthetic", *sources)


@dataclass(frozen=True)
class Selection:
    """What a table or figure shows.

    Attributes:
        datasets: Which data sets.
        comparison: Which runs of each; none if it is made from no run.
        methods: Which methods; none means all that are compared.
        every_seed: Whether all seeds, or only the first of each data set.
        every_dataset: Whether all of these data sets, or only the first one that is selected.
        best_beta: Whether the best of several betas stands beside the configured one, where some were trained and there
            is a FID to choose by.
    """

    datasets: Callable[[DatasetSettings], bool]
    comparison: Callable[[Study, str], list[RunSpec]] | None
    methods: tuple[str, ...] | None = None
    every_seed: bool = True
    every_dataset: bool = True
    best_beta: bool = False


SELECTIONS = {
    "table_1": Selection(synthetic, main_comparison),
    "table_2": Selection(images, main_comparison, best_beta=True),
    "table_3": Selection(images, ablation),
    "table_a3_1": Selection(anything, None),
    "table_a3_2": Selection(labelled, beta_sweep, best_beta=True),
    "table_a3_3": Selection(anything, None),
    "table_a4_1": Selection(anything, None),
    "table_a4_2": Selection(anything, batch_size_sweep),
    "table_a4_3": Selection(images, baselines),
    "table_scores": Selection(labelled, headline),
    "table_extractors": Selection(several_extractors, headline, every_seed=False),
    "table_fid_2015": Selection(by_inception_2015, headline),
    "table_truncation": Selection(anything, truncations),
    "table_collapse": Selection(anything, headline, ("vae", "vrrae")),
    "figure_1": Selection(images, headline, ("vae", "rrae", "vrrae"), every_seed=False, every_dataset=False),
    "figure_2": Selection(synthetic, headline, ("vae", "vrrae")),
    "figure_3": Selection(synthetic, headline, every_seed=False),
    "figure_4": Selection(only("celeba"), headline, every_seed=False),
    "figure_5": Selection(images_without("cifar10", "celeba"), headline, every_seed=False),
    "figure_6": Selection(only("celeba"), headline, every_seed=False),
    "figure_a2_1": Selection(images, beta_sweep, ("vrrae",), every_seed=False),
    "figure_a2_2": Selection(images, beta_sweep, ("vrrae",), every_seed=False),
    "figure_a5_3": Selection(only("cifar10"), headline, every_seed=False),
    "figure_a5_4": Selection(images_without("cifar10", "celeba"), headline, every_seed=False),
    "figure_a5_5": Selection(only("celeba"), headline, every_seed=False),
    "figure_a5_6": Selection(only("cifar10"), headline, every_seed=False),
    "figure_a5_7": Selection(images, headline, every_seed=False),
    "figure_collapse": Selection(anything, headline, ("vae", "vrrae")),
}


def runs_of(study: Study, name: str) -> list[RunSpec]:
    """The runs that a table or figure shows."""
    selection = SELECTIONS[name]
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
    if not SELECTIONS[name].best_beta:
        return []
    shown = {(run.dataset, run.method) for run in runs_of(study, name)}
    swept = (run for dataset in datasets_of(study, name) for run in beta_sweep(study, dataset))
    return [run for run in swept if (run.dataset, run.method) in shown and labelled(study.datasets[run.dataset])]


def runs_needed(study: Study, name: str) -> list[RunSpec]:
    """All runs that a table or figure is made from, each once."""
    return _distinct(runs_of(study, name) + sweep_of(study, name))


def datasets_of(study: Study, name: str) -> list[str]:
    """The selected data sets that a table or figure shows."""
    selection = SELECTIONS[name]
    found = [dataset for dataset in study.experiment.datasets if selection.datasets(study.datasets[dataset])]
    return found if selection.every_dataset else found[:1]


def is_made(study: Study, name: str) -> bool:
    """Whether the configuration selects anything that belongs into a table or figure."""
    if SELECTIONS[name].comparison:
        return bool(runs_of(study, name))
    return bool(datasets_of(study, name)) and (name != "table_a4_1" or bool(study.experiment.timed))


def all_runs(study: Study) -> list[RunSpec]:
    """Every run that the configuration asks for, each once."""
    return _distinct(run for name in SELECTIONS for run in runs_of(study, name))


def scored_by_further_extractors(study: Study) -> list[tuple[RunSpec, int]]:
    """The runs of Tables 2 and 3, each with the seed of every further extractor whose features it is scored in too.

    The claims about FID are told in the features of each of these extractors.
    """
    runs = _distinct(headline_and_ablation(study))
    return [(run, seed) for run in runs for seed in study.datasets[run.dataset].extractor_seeds]


def headline_and_ablation(study: Study) -> Iterable[RunSpec]:
    """The runs behind claims about FIDs of methods as configured, on the paper's real images."""
    for dataset in (name for name in datasets_of(study, "table_2") if name in PAPER_DATASETS):
        yield from headline(study, dataset)
        yield from ablation(study, dataset)


def _distinct(runs: Iterable[RunSpec]) -> list[RunSpec]:
    return list({run.folder: run for run in runs}.values())
