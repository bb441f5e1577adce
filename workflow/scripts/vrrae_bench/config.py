"""The configuration: its types, its checks, and the runs it asks for.

One source for the defaults, for the JSON schema that editors read, and for the messages. `config.yaml` is the paper
in full; a smaller configuration overlays it.
"""

import difflib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from vrrae_bench.datasets.settings import BumpSettings, FileSettings
from vrrae_bench.errors import UserError
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.models.registry import METHODS, Method
from vrrae_bench.runs import Precision, RunSpec, Specification, format_beta
from vrrae_bench.scoring.settings import ExtractorSettings
from vrrae_bench.training.settings import TimingSettings

Source = Literal["synthetic", "digits", "mnist", "fashion_mnist", "cifar10", "celeba", "folder", "npz"]
LearningRate = Annotated[float, Field(gt=0, lt=1)]
# A name is a folder of results and a wildcard of rules.
DatasetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$")]
# Keys of a data set that hold a value for each method of a kind.
PER_METHOD: dict[str, tuple[str, Callable[[Method], bool]]] = {
    "beta": ("a KL divergence", lambda method: method.variational),
    "penalty": ("a penalty", lambda method: method.penalty is not None),
    "linear_layers": ("linear layers of its own", lambda method: method.stacked),
}
OWN_SOURCES = ("folder", "npz")


class DatasetSettings(Specification):
    """A data set and how methods are trained on it (Tables A.3-1, A.3-2 and A.3-3)."""

    source: Source = Field(description="Where the images come from")
    bumps: BumpSettings | None = Field(default=None, description="Only for the synthetic source")
    files: FileSettings | None = Field(default=None, description="Only for the sources folder and npz: your own images")
    bottleneck: int = Field(ge=1, description="k, the size of the bottleneck")
    latent_size: int = Field(ge=1, description="L, the latent size of RRAE and VRRAE")
    epochs: float = Field(gt=0, le=1e6, description="Passes over the training images")
    batch_size: int = Field(ge=1, description="Images per optimiser step")
    learning_rate: LearningRate = Field(description="Constant learning rate of AdaBelief")
    other_learning_rates: tuple[LearningRate, ...] = Field(
        default=(), description="Learning rates with which to train everything once more, for a second block of Table 1"
    )
    precision: Precision = Field(
        default="float32", description="Type in which encoder and decoder compute while training"
    )
    beta: dict[str, float] = Field(description="Weight of the KL divergence, for each variational method")
    penalty: dict[str, float] = Field(default={}, description="Weight of the penalty, for each method that has one")
    linear_layers: dict[str, int] = Field(default={}, description="Their number, for each method that has such")
    betas: tuple[float, ...] = Field(
        default=(),
        description="Betas with which VAE and VRRAE are trained (Table A.3-2, Figures A.2-1 and A.2-2); the best "
        "stands in Table 2, beside the configured one",
    )
    batch_sizes: tuple[int, ...] = Field(
        default=(), description="Batch sizes with which VRRAE is trained, for equal epochs (Table A.4-2)"
    )
    seeds: tuple[int, ...] = Field(min_length=1, description="A training per seed; tables give mean and std")
    sweep_seeds: tuple[int, ...] | None = Field(
        default=None,
        min_length=1,
        description="Seeds of everything beyond Tables 1 and 2: ablations, baselines, betas; none: the same",
    )
    sampling: SampleSpec
    extractor: ExtractorSettings | None = Field(
        default=None, description="The Inception-v3 behind FID; none for a data set without labels"
    )
    extractor_seeds: tuple[int, ...] = Field(
        default=(),
        description="Seeds of further extractors, which are tuned to see how much a FID depends on it: their scores of "
        "the first seed of each method stand in table_extractors and nowhere else",
    )
    inception_2015: bool = Field(
        default=False,
        description="Whether to give also the FID of most papers, in the features of the Inception of 2015; needs no "
        "labels, but its weights, and at 299 pixels the features of all training images",
    )


class ExperimentSettings(Specification):
    """What is computed. Lists, because an overlay replaces a list but can not remove a key."""

    datasets: tuple[str, ...] = Field(min_length=1)
    methods: tuple[str, ...] = Field(min_length=1, description="Compared in Tables 1 and 2")
    ablations: tuple[str, ...] = Field(default=(), description="Compared with VRRAE in Table 3, on images")
    baselines: tuple[str, ...] = Field(default=(), description="Added to `methods` in Table A.4-3, on images")
    timed: tuple[str, ...] = Field(default=(), description="Methods whose training is timed for Table A.4-1")
    timing: TimingSettings = TimingSettings()


class Study(Specification):
    """What is compared: the part of the configuration that decides results, and nothing of how and where."""

    experiment: ExperimentSettings
    datasets: dict[DatasetName, DatasetSettings] = Field(min_length=1)

    def run(
        self,
        dataset: str,
        method: str,
        seed: int,
        *,
        learning_rate: float | None = None,
        beta: float | None = None,
        batch_size: int | None = None,
    ) -> RunSpec:
        """The run of `method` on `dataset` with one seed; what is not given is that of the data set."""
        settings = self.datasets[dataset]
        learning_rate = settings.learning_rate if learning_rate is None else learning_rate
        batch_size = settings.batch_size if batch_size is None else batch_size
        if METHODS[method].variational:
            beta = settings.beta[method] if beta is None else beta
        parts = [] if beta is None else [f"beta={format_beta(beta)}"]
        parts.append(f"batch={batch_size}")
        if learning_rate != settings.learning_rate:
            parts.append(f"learning_rate={format_beta(learning_rate)}")
        if settings.precision != "float32":
            parts.append(f"precision={settings.precision}")
        return RunSpec(
            dataset=dataset,
            method=method,
            beta=beta,
            penalty_weight=settings.penalty.get(method),
            linear_layers=settings.linear_layers.get(method, 0),
            latent_size=settings.latent_size,
            bottleneck=settings.bottleneck,
            epochs=settings.epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            precision=settings.precision,
            seed=seed,
            variant=",".join(parts),
        )


class Settings(Study):
    """The whole configuration."""

    results: str = Field(min_length=1, description="Folder of everything that is made")
    banner: str | None = Field(description="A sentence above every table and report")
    reduced: str | None = Field(
        default=None, description="How trainings are smaller than the paper's, if they are: no claim is then decided"
    )
    accelerator: Literal["cpu", "cuda", "tpu"] = Field(description="Where training runs; changes no result's identity")
    mirror: str | None = Field(description="Folder or URL holding <data set>/<file>, asked before the official sources")
    offline: bool = Field(description="Never use the network, only `mirror` and what is there already")
    weights: str | None = Field(description="A local copy of the ImageNet weights of torchvision's Inception-v3")
    longest_job_minutes: int | None = Field(
        default=None, ge=1, description="No job asks for more time, however long it may take; what a cluster allows"
    )
    checkpoint_seconds: float = Field(gt=0, description="Time between two checkpoints of a training or a fine-tuning")

    @property
    def study(self) -> Study:
        """What is compared."""
        return Study(experiment=self.experiment, datasets=self.datasets)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a configuration, and its remedy."""

    key: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}\n    {self.remedy}"


def load_settings(*files: str | Path) -> Settings:
    """Read YAML files, the later over the earlier, and check the outcome.

    Raises:
        UserError: A file can not be read, or the configuration has problems; all of them are told at once.
    """
    return check_settings(merge(*(_read_yaml(Path(file)) for file in files)), " + ".join(map(str, files)))


def check_settings(values: Any, name: str = "configuration") -> Settings:
    """The typed configuration behind a mapping of plain values.

    Raises:
        UserError: With every problem: key, value, reason and remedy.
    """
    problems: list[Problem] = []
    settings = None
    try:
        settings = Settings.model_validate(values)
    except ValidationError as errors:
        problems += [_explain(error) for error in errors.errors()]
    problems += _contradictions(values)
    if problems or settings is None:
        listing = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(problems, 1))
        raise UserError(f"{name}: {len(problems)} problem(s); nothing was started.\n{listing}")
    return settings


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings merged deeply, as Snakemake does it: the later wins, a list is replaced as a whole."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
            merged[key] = merge(merged[key], value) if both else value
    return merged


def json_schema() -> dict[str, Any]:
    """The JSON schema of `config.yaml`, for editors."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: can not be read ({error.strerror}). Check the path.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: is not valid YAML. Mend this and try again:\n{error}") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: holds no keys. Write `key: value` lines, as in config.yaml.")
    return values


def _explain(error: Mapping[str, Any]) -> Problem:
    """Words for one of pydantic's errors."""
    location = error["loc"]
    key, value = ".".join(map(str, location)), error["input"]
    match error["type"]:
        case "extra_forbidden":
            known = sorted(_model_at(location[:-1]).model_fields)
            return Problem(key, f"unknown key (value {value!r}).", suggestion(str(location[-1]), known))
        case "missing":
            return Problem(key, "is missing.", "Add it; config.yaml shows every key with its source.")
        case "literal_error":
            choices = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            return Problem(key, f"{value!r} is not known.", suggestion(str(value), choices))
        case "model_type" | "dict_type":
            return Problem(
                key, f"{value!r} is not a set of keys.", "Write `key: value` lines below it, as in config.yaml."
            )
        case "tuple_type":
            return Problem(key, f"{value!r} is not a list.", "Write it as a list, also with one entry: [a].")
        case "string_pattern_mismatch":
            return Problem(key, "is no name for a data set.", "Use letters, digits, dots, dashes and underscores.")
        case _:
            return Problem(key, f"{value!r} is not valid.", f"{error['msg']}.")


def suggestion(word: str, known: Sequence[str]) -> str:
    """A remedy for a misspelt word: the nearest known one, and all that are known.

    >>> suggestion("vrea", ["ae", "vae", "vrrae"])
    "Did you mean 'vrrae'? Known: ae, vae, vrrae."
    """
    near = difflib.get_close_matches(word, known, n=1)
    return (f"Did you mean '{near[0]}'? " if near else "") + f"Known: {', '.join(known)}."


def _model_at(location: Sequence[str | int]) -> type[BaseModel]:
    """The model whose keys stand at a place of the configuration."""
    annotation: Any = Settings
    for step in location:
        annotation = (
            annotation.model_fields[step].annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel)
            else typing.get_args(annotation)[1]  # dict[str, model]
        )
        if isinstance(annotation, types.UnionType):
            annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    return annotation


def _contradictions(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems between keys, as far as the keys themselves are well-formed."""
    given = values.get("datasets") if isinstance(values, Mapping) else None
    if not isinstance(given, Mapping):
        return  # told already, and nothing else can be judged
    datasets = {name: _well_formed(DatasetSettings, entry) for name, entry in given.items()}
    for name, dataset in datasets.items():
        for check in _DATASET_CHECKS:
            # A check that needs a key which is missing or malformed is skipped: that is told already.
            with suppress(AttributeError):
                yield from check(f"datasets.{name}", dataset)
    experiment = _well_formed(ExperimentSettings, values.get("experiment"))
    with suppress(AttributeError):
        yield from _experiment_contradictions(experiment, datasets)


def _well_formed(model: type[BaseModel], entry: Any) -> SimpleNamespace:
    """Those keys of an entry that are valid by themselves, or left out and have a default."""
    fields: dict[str, Any] = {}
    if not isinstance(entry, Mapping):
        return SimpleNamespace()
    for name, field in model.model_fields.items():
        if name in entry:
            with suppress(ValidationError):
                annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
                fields[name] = TypeAdapter(annotation).validate_python(entry[name])
        elif not field.is_required():
            fields[name] = field.default
    return SimpleNamespace(**fields)


def _check_sizes(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    k = dataset.bottleneck
    for name, size in (("batch_size", dataset.batch_size), *(("batch_sizes", size) for size in dataset.batch_sizes)):
        if size < k:
            yield Problem(
                f"{key}.{name}",
                f"{size} is smaller than the bottleneck k = {k}, so a batch can not have rank {k}.",
                f"Use a batch of at least {k}, or a smaller k.",
            )
    if dataset.latent_size < k:
        yield Problem(
            f"{key}.latent_size",
            f"{dataset.latent_size} is smaller than the bottleneck k = {k}, so there is nothing to truncate.",
            f"Use a latent size of at least {k}, or a smaller k.",
        )


def _check_weights(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    for name, (what, needs) in PER_METHOD.items():
        known = [method for method, entry in METHODS.items() if needs(entry)]
        for method, value in getattr(dataset, name).items():
            if method not in known:
                yield Problem(f"{key}.{name}.{method}", f"not a method with {what}.", suggestion(method, known))
            if not 0 <= value < float("inf"):
                yield Problem(f"{key}.{name}.{method}", f"{value} is not valid.", "Use 0 or a positive number.")


def _check_seeds(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    for name in ("seeds", "sweep_seeds", "extractor_seeds"):
        seeds = getattr(dataset, name) or ()
        if len(set(seeds)) < len(seeds) or min(seeds, default=0) < 0:
            yield Problem(
                f"{key}.{name}", f"{list(seeds)} repeats a seed or has a negative one.", "List distinct seeds >= 0."
            )


def _check_sweeps(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    for name in ("betas", "batch_sizes"):
        values = getattr(dataset, name)
        if len(set(values)) < len(values):
            yield Problem(f"{key}.{name}", f"{list(values)} repeats a value.", "Name each once.")
    if any(not 0 <= beta < float("inf") for beta in dataset.betas):
        yield Problem(f"{key}.betas", f"{list(dataset.betas)} is not valid.", "Use 0 and positive numbers.")


def _check_learning_rates(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    rates = [dataset.learning_rate, *dataset.other_learning_rates]
    if len(set(rates)) < len(rates):
        yield Problem(f"{key}.other_learning_rates", f"{rates} repeats a rate.", "Name each once, learning_rate too.")


def _check_bumps(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    if (dataset.source == "synthetic") != (key == "datasets.synthetic"):
        yield Problem(f"{key}.source", "`synthetic` is the name of the synthetic source's data set.", "Rename one.")
    if (dataset.source == "synthetic") != (dataset.bumps is not None):
        yield Problem(
            f"{key}.bumps",
            "belongs to the synthetic source, and to no other.",
            "Add `bumps:` as in config.yaml, or remove it.",
        )
    largest = max((dataset.batch_size, *dataset.batch_sizes))
    if dataset.bumps and dataset.bumps.grid**2 < largest:
        yield Problem(
            f"{key}.{'batch_size' if largest == dataset.batch_size else 'batch_sizes'}",
            f"{largest} is more than the {dataset.bumps.grid**2} training images of the grid.",
            "Use a smaller batch, or a finer `bumps.grid`.",
        )


def _check_files(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    if (dataset.source in OWN_SOURCES) != (dataset.files is not None):
        yield Problem(
            f"{key}.files",
            "belongs to the sources `folder` and `npz`, and to no other.",
            "Add `files:` with a `path:`, as docs/own-data.md shows, or remove it.",
        )
    if dataset.source == "npz" and dataset.files:
        for name in dataset.files.model_fields_set - {"path"}:
            yield Problem(f"{key}.files.{name}", "arrays are taken as they are; only `path` counts.", "Remove it.")


def _check_extractor(key: str, dataset: SimpleNamespace) -> Iterator[Problem]:
    if dataset.source == "synthetic" and dataset.extractor is not None:
        yield Problem(f"{key}.extractor", "the synthetic images have no labels to tune on.", "Remove it.")
    if dataset.source not in ("synthetic", "npz") and dataset.extractor is None:
        yield Problem(f"{key}.extractor", "is missing.", "FID needs an Inception-v3: add it as in config.yaml.")
    if dataset.extractor is None and dataset.extractor_seeds:
        yield Problem(f"{key}.extractor_seeds", "there is no extractor to be seeded.", "Remove it.")
    elif dataset.extractor is not None and dataset.extractor.seed in dataset.extractor_seeds:
        yield Problem(
            f"{key}.extractor_seeds",
            f"{dataset.extractor.seed} is the seed of the extractor itself, which is there anyway.",
            "Leave it out: only further seeds belong here.",
        )
    if dataset.source == "synthetic" and dataset.inception_2015:
        yield Problem(f"{key}.inception_2015", "the synthetic images are no photographs or digits.", "Remove it.")


_DATASET_CHECKS = (
    _check_sizes,
    _check_weights,
    _check_seeds,
    _check_sweeps,
    _check_learning_rates,
    _check_bumps,
    _check_files,
    _check_extractor,
)


def _experiment_contradictions(
    experiment: SimpleNamespace, datasets: Mapping[str, SimpleNamespace]
) -> Iterator[Problem]:
    for name in experiment.datasets:
        if name not in datasets:
            yield Problem("experiment.datasets", f"unknown data set '{name}'.", suggestion(name, sorted(datasets)))
    lists = {name: getattr(experiment, name) for name in ("methods", "ablations", "baselines", "timed")}
    for kind, names in lists.items():
        for name in names:
            if name not in METHODS:
                yield Problem(f"experiment.{kind}", f"unknown method '{name}'.", suggestion(name, list(METHODS)))
    for kind, names in {"datasets": experiment.datasets, **lists}.items():
        if len(set(names)) < len(names):
            yield Problem(f"experiment.{kind}", f"{list(names)} names one twice.", "Name each once.")
    for name in experiment.datasets:
        dataset = datasets.get(name, SimpleNamespace())
        for method in _needed_methods(lists, dataset):
            for key, (what, needs) in PER_METHOD.items():
                if method in METHODS and needs(METHODS[method]) and method not in getattr(dataset, key, {method}):
                    yield Problem(
                        f"datasets.{name}.{key}.{method}", "is missing.", f"{method} is a method with {what}."
                    )


def _needed_methods(lists: Mapping[str, Sequence[str]], dataset: SimpleNamespace) -> Iterable[str]:
    """The methods that are trained on a data set; sweeps and Table 3 need VAE and VRRAE, named or not."""
    needed = [*lists["methods"], *lists["timed"]]
    if getattr(dataset, "source", None) != "synthetic":
        needed += [*lists["ablations"], *lists["baselines"], *(["vrrae"] if lists["ablations"] else [])]
    needed += ["vae", "vrrae"] if getattr(dataset, "betas", ()) else []
    needed += ["vrrae"] if getattr(dataset, "batch_sizes", ()) else []
    return dict.fromkeys(needed)
