"""Contradictions between the keys of a configuration, which the types of single keys cannot find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.artefacts.run_folder import OTHER_SAMPLERS
from vrrae_bench.datasets.published import NO_SECRETS, holds_secret, is_url
from vrrae_bench.datasets.sources import SOURCES, source_of
from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.study.costs import dataset_size, generated_images
from vrrae_bench.study.layers import DEFAULTS, is_default, with_defaults
from vrrae_bench.study.problems import (
    MissingKey,
    Problem,
    check_sizes,
    check_truncation,
    suggestion,
    value_of,
    well_formed,
)
from vrrae_bench.study.settings import (
    OWN_SOURCES,
    PAPER_DATASETS,
    PER_METHOD,
    DatasetSettings,
    ExperimentSettings,
    least_images,
)

NO_REASONS = ("no", "false", "off", "yes", "true", "on")  # texts that say no way in which settings are reduced
# Baselines that are other methods if one of their numbers is 0: without its layers, for example, IRMAE is Long AE.
NOT_WITHOUT = {"penalty": ("lorae", "contractive_ae", "sparse_ae"), "linear_layers": ("irmae", "lorae")}
MOST_IMAGES = 10_000_000  # the most images that one model may draw: 8 GB if they have 28 x 28 pixels


def contradictions(values: Any) -> Iterator[Problem]:
    """Problems between keys. Malformed keys are left out, because the problems of single keys are told elsewhere.

    Args:
        values: The configuration as it is written, with its block of defaults.
    """
    if not isinstance(values, Mapping):
        return  # this problem is told elsewhere, and there are no keys to check
    yield from _check_mirror(values.get("mirror"))
    for name in ("banner", "reduced", "mirror", "weights"):
        if values.get(name) in ("null", "None", "~"):
            yield Problem(
                name,
                f"'{values[name]}' is text, because all values of --config are text. It does not mean \"nothing\".",
                f"Write --config {name}= for none, or null without quotes in a file.",
            )
    if isinstance(reduced := values.get("reduced"), str) and reduced.lower() in NO_REASONS:
        yield Problem(
            "reduced",
            f"'{reduced}' is text. Any text means that settings are reduced, and that no claim is decided.",
            "Write --config reduced= for none (in a file: null), or a few words that say how they are reduced.",
        )
    for name in ("results", "weights", "mirror"):
        yield from _check_path(name, values.get(name))
    given = with_defaults(values).get("datasets")
    if not isinstance(given, Mapping):
        return
    datasets = {name: well_formed(DatasetSettings, entry) for name, entry in given.items()}
    yield from _dataset_contradictions(values, datasets)
    experiment = well_formed(ExperimentSettings, values.get("experiment"))
    with suppress(MissingKey):
        yield from _experiment_contradictions(experiment, datasets)


def _check_mirror(mirror: Any) -> Iterator[Problem]:
    if not isinstance(mirror, str):
        return
    if holds_secret(mirror):
        yield Problem("mirror", f"the address '{mirror}' may hold a secret.", NO_SECRETS)
    if "://" in mirror and not is_url(mirror):
        yield Problem(
            "mirror",
            f"'{mirror}' is not a folder, and does not begin with http:// or https://.",
            "Copy it to a folder here.",
        )


def _check_path(key: str, path: Any) -> Iterator[Problem]:
    if not isinstance(path, str):
        return
    if path.startswith("~") or "$" in path:
        yield Problem(
            key,
            f"'{path}' is used as it is written: `~` and variables in it are not replaced.",
            "Write the path in full.",
        )
    elif set(path) & set("{}"):
        told = f"'{path}' contains {{ or }}, with which Snakemake marks a wildcard."
        yield Problem(key, told, "Choose a name without braces.")
    elif set(path) & set("<>"):
        told = f"'{path}' contains < or >, with which Snakemake marks a variable."
        yield Problem(key, told, "Choose a name without < and >.")
    elif path.startswith("-"):
        yield Problem(key, f"'{path}' begins with a dash, as an option does.", "Write the path in full.")
    elif not path.isprintable():
        yield Problem(key, f"{path!r} contains an invisible character.", "Choose a name without this character.")
    elif "://" in path and key != "mirror":
        yield Problem(key, f"'{path}' is an address, but a path on this machine is needed.", "Copy it to this machine.")


def _check_weights(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    for name, (what, needs) in PER_METHOD.items():
        known = [method for method, entry in methods().items() if needs(entry)]
        for method in value_of(dataset, name, {}):
            if method not in known:
                yield Problem(f"{key}.{name}.{method}", f"not a method with {what}.", suggestion(method, known))
    for name, baselines in NOT_WITHOUT.items():
        for method in baselines:
            if value_of(dataset, name, {}).get(method) == 0:
                told = "0 makes another method of it, and tables would call it by its own name."
                yield Problem(f"{key}.{name}.{method}", told, "Write a number above 0, or leave the method out.")


def _check_seeds(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    for name in ("seeds", "sweep_seeds", "extractor_seeds"):
        seeds = getattr(dataset, name) or ()
        if len(set(seeds)) < len(seeds):
            yield Problem(f"{key}.{name}", f"{list(seeds)} repeats a seed.", "Name each once.")


def _check_sweeps(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    for name in ("betas", "batch_sizes"):
        values = value_of(dataset, name, ())
        if len(set(_in_paths(values))) < len(values):
            yield Problem(f"{key}.{name}", f"{list(values)} repeats a value.", "Name each once.")
    if dataset.betas and dataset.source == "synthetic":
        yield Problem(f"{key}.betas", "no table or figure sweeps beta on the synthetic bumps.", "Remove it.")


def _in_paths(values: Iterable[float]) -> list[str]:
    """Numbers as they are written in the paths of runs. Numbers that differ in the fourteenth digit share a folder."""
    return [format_beta(value) for value in values]


def _check_learning_rates(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    rates = [dataset.learning_rate, *dataset.other_learning_rates]
    if len(set(_in_paths(rates))) < len(rates):
        yield Problem(
            f"{key}.other_learning_rates", f"{rates} repeats a rate.", "Name each once, and not `learning_rate`."
        )


def _check_bumps(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    if dataset.source == "synthetic" and key != "datasets.synthetic":
        yield Problem(
            f"{key}.source",
            "`synthetic` is only the source of the data set `synthetic`.",
            "Give this data set another source.",
        )
    if (dataset.source == "synthetic") != (dataset.bumps is not None):
        yield Problem(
            f"{key}.bumps",
            "belongs to the synthetic source, and to no other.",
            "Add `bumps:` as in config.yaml, or remove it.",
        )


def _check_name(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    name = key.removeprefix("datasets.")
    if name in PAPER_DATASETS and dataset.source != name:
        yield Problem(
            f"{key}.source",
            f"`{name}` is the name of the paper's data set, whose numbers and claims are for it alone.",
            "Give your data set another name.",
        )
    elif (published := _published().get(_folded(name))) and not (name == published == dataset.source):
        same = dataset.source == published
        yield Problem(
            key,
            f"reads like the name of the data set `{published}`, and tables and figures could not tell the two apart.",
            f"Call it `{published}`, or give it another name." if same else "Give your data set another name.",
        )


@cache
def _published() -> dict[str, str]:
    """The names of the data sets whose images are the same for everybody, by their folded names and printed labels."""
    known = {name: source_of(name) for name in SOURCES}
    names = {_folded(text): name for name, one in known.items() if not one.own for text in (name, one.label or name)}
    return names | {"synthetic": "synthetic"}


def _folded(name: str) -> str:
    """A name without differences that readers overlook: in lower case, and with letters and digits only."""
    return "".join(filter(str.isalnum, name.casefold()))


def _check_images(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    """Problems with the number of images. The user's own images are counted later, when they are read."""
    images = dataset_size(dataset)
    if images is None:
        return
    for name, least in least_images(dataset).items():
        if least > images.n_train:
            finer = ", or use a finer `bumps.grid`" if dataset.bumps else ""
            yield Problem(
                f"{key}.{name}",
                f"{least} is more than the {images.n_train} training images.",
                f"Set it to at most {images.n_train}{finer}.",
            )


def _check_test_images(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    if dataset.test_images is None:
        return
    published = None if dataset.source == "synthetic" else source_of(dataset.source)
    if published is None or published.images is None or not published.files:
        yield Problem(f"{key}.test_images", "is only for data sets that are published and fetched.", "Remove it.")
    elif dataset.test_images > (n_test := published.images.n_test):
        yield Problem(
            f"{key}.test_images",
            f"{dataset.test_images} is more than the {n_test} test images.",
            f"Set it to at most {n_test}, or to null for all.",
        )


def _check_sampling(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    sampling = dataset.sampling
    if (sampling.gmm_subsample or sampling.gmm_components or 1) < (sampling.gmm_components or 1):
        yield Problem(
            f"{key}.sampling.gmm_subsample",
            f"{sampling.gmm_subsample} means are fewer than the {sampling.gmm_components} Gaussians to fit to them.",
            "Use more means, or fewer Gaussians.",
        )
    if generated_images(dataset) > MOST_IMAGES:
        yield Problem(
            f"{key}.sampling",
            f"{generated_images(dataset):,} images would be drawn from each model: random_images in (random_draws + "
            f"{len(OTHER_SAMPLERS)}) draws, and interpolation_points between each of interpolation_pairs.",
            f"Ask for at most {MOST_IMAGES:,}.",
        )
    if dataset.extractor is not None and sampling.interpolation_pairs * sampling.interpolation_points < 2:
        yield Problem(f"{key}.sampling.interpolation_pairs", "a single image has no FID.", "Interpolate more.")


def _check_settling(key: str, extractor: ExtractorSettings) -> Iterator[Problem]:
    if extractor.settling_epochs >= extractor.epochs:
        yield Problem(
            f"{key}.settling_epochs",
            f"{extractor.settling_epochs} of {extractor.epochs} epochs leave none in which the statistics are learned.",
            "Set fewer settling_epochs, or more epochs.",
        )
    if extractor.settling_epochs and not extractor.label_smoothing:
        yield Problem(
            f"{key}.settling_epochs",
            "without label_smoothing, they make the features of a few images larger (docs/studies.md).",
            "Set label_smoothing: 0.1 too.",
        )


def _check_files(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    if dataset.source in OWN_SOURCES and dataset.files is None:
        yield Problem(f"{key}.files", "is missing.", "Add `files:` with a `path:`, as docs/own-data.md shows.")
    if dataset.source not in OWN_SOURCES and dataset.files is not None:
        yield Problem(f"{key}.files", "belongs to the sources `folder` and `npz`, and to no other.", "Remove it.")
    if dataset.files:
        yield from _check_path(f"{key}.files.path", dataset.files.path)
        yield from _check_path(f"{key}.files.labels", dataset.files.labels)
    if dataset.source == "npz" and dataset.files:
        for name in sorted(dataset.files.model_fields_set - {"path", "dark"}):
            yield Problem(
                f"{key}.files.{name}", "arrays are taken as they are; only `path` and `dark` count.", "Remove it."
            )


def _check_extractor(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    if dataset.source == "synthetic" and dataset.extractor is not None:
        yield Problem(f"{key}.extractor", "the synthetic images have no labels to tune on.", "Write null.")
    if (
        dataset.source != "synthetic"
        and source_of(dataset.source).labelled
        and "extractor" not in dataset.model_fields_set
    ):
        yield Problem(
            f"{key}.extractor",
            "is missing.",
            "FID needs an Inception-v3: add it as in config.yaml, or write null to do without FIDs.",
        )
    if dataset.extractor is not None:
        yield from _check_settling(f"{key}.extractor", dataset.extractor)
    if dataset.extractor is None and dataset.extractor_seeds:
        yield Problem(f"{key}.extractor_seeds", "`extractor` is null, so there are no further extractors.", "Write [].")
    elif dataset.extractor is not None and dataset.extractor.seed in dataset.extractor_seeds:
        yield Problem(
            f"{key}.extractor_seeds",
            f"{dataset.extractor.seed} is the seed of the extractor itself, which is there anyway.",
            "Leave it out: only further seeds belong here.",
        )
    if dataset.source == "synthetic" and dataset.inception_2015:
        yield Problem(f"{key}.inception_2015", "the synthetic images are no photographs or digits.", "Remove it.")


def _check_compared(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    for kind in ("ablations", "baselines", "timed"):
        yield from _check_method_names(f"{key}.{kind}", getattr(dataset, kind))
    for kind in ("ablations", "baselines"):
        if dataset.source == "synthetic" and getattr(dataset, kind):
            yield Problem(f"{key}.{kind}", f"no table or figure shows the {kind} of the synthetic bumps.", "Write [].")


_DATASET_CHECKS = (
    check_sizes,
    _check_compared,
    _check_weights,
    _check_seeds,
    _check_sweeps,
    _check_learning_rates,
    _check_bumps,
    _check_name,
    _check_images,
    _check_test_images,
    _check_sampling,
    _check_files,
    _check_extractor,
)


def _dataset_contradictions(values: Mapping[str, Any], datasets: Mapping[str, DatasetSettings]) -> Iterator[Problem]:
    """Problems within data sets. If several data sets share a wrong default, this is told once, with their names."""
    of_defaults: dict[Problem, list[str]] = {}
    for name, dataset in datasets.items():
        for problem in _contradictions_within(f"datasets.{name}", dataset):
            place = problem.key.removeprefix(f"datasets.{name}.")
            if is_default(values, name, place.split(".")):
                of_defaults.setdefault(replace(problem, key=f"{DEFAULTS}.{place}"), []).append(str(name))
            else:
                yield problem
    for problem, names in of_defaults.items():
        key = f"{problem.key} (for {', '.join(names)})"
        remedy = f"{problem.remedy} Or write another value below {' and below '.join(names)}."
        yield replace(problem, key=key, remedy=remedy)


def _contradictions_within(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    for check in _DATASET_CHECKS:
        with suppress(MissingKey):
            yield from check(key, dataset)


def _experiment_contradictions(
    experiment: ExperimentSettings, datasets: Mapping[str, DatasetSettings]
) -> Iterator[Problem]:
    for name in experiment.datasets:
        if name not in datasets:
            yield Problem(
                "experiment.datasets", f"unknown data set '{name}'.", suggestion(name, sorted(map(str, datasets)))
            )
    yield from _named_twice("experiment.datasets", experiment.datasets)
    yield from _check_method_names("experiment.methods", experiment.methods)
    for name in experiment.datasets:
        dataset = datasets.get(name, well_formed(DatasetSettings, None))
        needed = [method for method in _needed_methods(experiment, dataset) if method in methods()]
        if any(methods()[method].truncates for method in needed):
            with suppress(MissingKey):
                yield from check_truncation(f"datasets.{name}", dataset)
        for method in needed:
            for key, (what, needs) in PER_METHOD.items():
                if needs(methods()[method]) and method not in value_of(dataset, key, {method}):
                    yield Problem(
                        f"datasets.{name}.{key}.{method}",
                        "is missing.",
                        f"Write it, because {method} is a method with {what}.",
                    )


def _check_method_names(key: str, names: Sequence[str]) -> Iterator[Problem]:
    for name in names:
        if name not in methods():
            yield Problem(key, f"unknown method '{name}'.", suggestion(name, sorted(methods())))
    yield from _named_twice(key, names)


def _named_twice(key: str, names: Sequence[str]) -> Iterator[Problem]:
    if len(set(names)) < len(names):
        yield Problem(key, f"{list(names)} contains a name twice.", "Name each once.")


def _needed_methods(experiment: ExperimentSettings, dataset: DatasetSettings) -> Iterable[str]:
    """The methods that are trained on a data set. Sweeps and Table 3 train VAE and VRRAE even if no list names them."""
    ablations = value_of(dataset, "ablations", ())
    needed = [*experiment.methods, *value_of(dataset, "timed", ()), *ablations, *value_of(dataset, "baselines", ())]
    needed += ["vrrae"] if ablations else []
    needed += ["vae", "vrrae"] if value_of(dataset, "betas", ()) else []
    needed += ["vrrae"] if value_of(dataset, "batch_sizes", ()) else []
    return dict.fromkeys(needed)
