"""The comparisons of the paper: the runs of each comparison, and the kinds of data sets that are compared.

All methods of a comparison have the same seeds, so that their runs can be paired by seed.
"""

from collections.abc import Callable, Iterable

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.study.settings import DatasetSettings, Study


def headline(study: Study, dataset: str) -> list[RunSpec]:
    """The methods of the configuration, each with every seed."""
    names, seeds = study.experiment.methods, study.datasets[dataset].seeds
    return [study.run(dataset, name, seed) for name in names for seed in seeds]


def main_comparison(study: Study, dataset: str) -> list[RunSpec]:
    """The methods as configured, and all of them once more with each other learning rate (Tables 1 and 2)."""
    again = [
        study.run(dataset, run.method, run.seed, learning_rate=rate)
        for rate in study.datasets[dataset].other_learning_rates
        for run in headline(study, dataset)
    ]
    return headline(study, dataset) + again


def ablation(study: Study, dataset: str) -> list[RunSpec]:
    """The ablations, then VRRAE without a KL term and VRRAE as configured (Table 3)."""
    ablations = study.datasets[dataset].ablations
    if not ablations:
        return []
    variants = [(method, None) for method in ablations] + [("vrrae", 0.0), ("vrrae", None)]
    return each_once(
        study.run(dataset, method, seed, beta=beta) for method, beta in variants for seed in sweep_seeds(study, dataset)
    )


def baselines(study: Study, dataset: str) -> list[RunSpec]:
    """Other regularised autoencoders, then the methods of Table 2 (Table A.4-3)."""
    asked = study.datasets[dataset].baselines
    if not asked:
        return []
    names = dict.fromkeys((*asked, *study.experiment.methods))
    return [study.run(dataset, name, seed) for name in names for seed in sweep_seeds(study, dataset)]


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
    """Those runs of the headline and the ablations, as configured, whose method truncates the latents of a batch."""
    # A settings.json of an earlier version may have ablations of the bumps, which were never trained.
    runs = headline(study, dataset) + (ablation(study, dataset) if images(study.datasets[dataset]) else [])
    configured = (run for run in runs if run == study.run(dataset, run.method, run.seed))
    return each_once(run for run in configured if methods()[run.method].truncates)


def sweep_seeds(study: Study, dataset: str) -> tuple[int, ...]:
    """The seeds with which ablations, baselines, betas and batch sizes are trained."""
    chosen = study.datasets[dataset]
    return chosen.seeds if chosen.sweep_seeds is None else chosen.sweep_seeds


def synthetic(dataset: DatasetSettings) -> bool:
    """Whether the images are the synthetic bumps."""
    return dataset.source == "synthetic"


def images(dataset: DatasetSettings) -> bool:
    """Whether the images are real, and not the synthetic bumps."""
    return dataset.source != "synthetic"


def has_fid(dataset: DatasetSettings) -> bool:
    """Whether the data set has an extractor of features, so that there are FIDs."""
    return dataset.extractor is not None


def timed(dataset: DatasetSettings) -> bool:
    """Whether the steps of some method are timed."""
    return bool(dataset.timed)


def interpolated(dataset: DatasetSettings) -> bool:
    """Whether there are FIDs of the images at each position between two images. They need at least two pairs."""
    return has_fid(dataset) and dataset.sampling.interpolation_pairs > 1


def several_extractors(dataset: DatasetSettings) -> bool:
    """Whether there are several extractors, which differ in their seed."""
    return bool(dataset.extractor_seeds)


def by_inception_2015(dataset: DatasetSettings) -> bool:
    """Whether FID is also computed with the Inception of 2015, as in most papers."""
    return dataset.inception_2015


def anything(dataset: DatasetSettings) -> bool:
    """True for every data set."""
    return True


def only(*sources: str) -> Callable[[DatasetSettings], bool]:
    """Whether the images come from one of these sources."""
    return lambda dataset: dataset.source in sources


def images_without(*sources: str) -> Callable[[DatasetSettings], bool]:
    """Whether the images are real and come from none of these sources, which have figures of their own."""
    return lambda dataset: dataset.source not in ("synthetic", *sources)


def each_once(runs: Iterable[RunSpec]) -> list[RunSpec]:
    """The runs without repetitions, in their order."""
    return list({run.folder: run for run in runs}.values())
