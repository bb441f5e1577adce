"""Problems with settings, and how they are told. `fit` of the package also checks the sizes of a model with them."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from vrrae_bench.artefacts.specification import Section
from vrrae_bench.study.settings import DatasetSettings

Model = TypeVar("Model", bound=Section)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a configuration, and its remedy."""

    key: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}\n    {self.remedy}"


def suggestion(word: str, known: Sequence[str]) -> str:
    """A remedy for a misspelt word: the nearest known word, and all known words.

    >>> suggestion("vrea", ["ae", "vae", "vrrae"])
    "Did you mean 'vrrae'? Known: ae, vae, vrrae."
    """
    near = difflib.get_close_matches(word, known, n=1)
    return (f"Did you mean '{near[0]}'? " if near else "") + f"Known: {', '.join(known)}."


class MissingKey(Exception):
    """A check needs a key that is missing or malformed. The check is skipped, since that problem is told already."""


def well_formed(model: type[Model], entry: Any) -> Model:
    """A section with the keys of an entry that are valid by themselves, and the defaults of keys that are left out.

    Reading any other key of the section raises `MissingKey`. Reading a name that is no key raises `AttributeError`: it
    is a mistake in a check, and nothing hides it. Its `model_fields_set` has the keys of the entry, malformed or not.
    """
    values = {}
    for name, field in model.model_fields.items() if isinstance(entry, Mapping) else ():
        if name in entry:
            with suppress(ValidationError):
                values[name] = _by_themselves(model)[name](entry[name])
        elif not field.is_required():
            values[name] = field.default
    written = set(map(str, entry)) if isinstance(entry, Mapping) else set()
    section = _in_part(model).model_construct(_fields_set=written, **values)
    for name in model.model_fields.keys() - values.keys():
        vars(section).pop(name, None)  # pydantic has put a default in the place of a malformed value
    return section


@cache
def _by_themselves(model: type[Section]) -> dict[str, Callable[[Any], Any]]:
    """The validator of each key of a section. It validates the value of its key without regard to other keys.

    The validators are cached, because it takes far longer to make a validator than to use it.
    """
    fields: dict[str, Any] = {name: (field.annotation, *field.metadata) for name, field in model.model_fields.items()}
    return {
        name: TypeAdapter(Annotated[annotation, *metadata] if metadata else annotation).validate_python
        for name, (annotation, *metadata) in fields.items()
    }


@cache
def _in_part(model: type[Model]) -> type[Model]:
    """The class of a section in which some keys are missing."""

    def missing(self: BaseModel, name: str) -> Any:
        if name in model.model_fields:
            raise MissingKey(name)
        raise AttributeError(f"{model.__name__} has no key {name}")

    return type(model.__name__, (model,), {"__getattr__": missing, "__module__": __name__})


def value_of(section: BaseModel, name: str, default: Any) -> Any:
    """The value of a key, or the default if it is missing or malformed."""
    try:
        return getattr(section, name)
    except MissingKey:
        return default


def check_sizes(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    """Problems between the bottleneck, the latent size and the batch size. `fit` of the package calls this too."""
    k = dataset.bottleneck
    for name, size in _batches(dataset):
        if size < k:
            yield Problem(
                f"{key}.{name}",
                f"{size} is smaller than the bottleneck k = {k}, so a batch cannot have rank {k}.",
                f"Use a batch of more than {k}, or a smaller k.",
            )
    if dataset.latent_size < k:
        yield Problem(
            f"{key}.latent_size",
            f"{dataset.latent_size} is smaller than the bottleneck k = {k}.",
            f"Use a latent size of more than {k}, or a smaller k.",
        )
    if k == 1 and (dataset.source == "synthetic" or dataset.betas):
        yield Problem(f"{key}.bottleneck", "Figures 2 and A.2-2 show two dimensions.", "Use at least 2.")


def check_truncation(key: str, dataset: DatasetSettings) -> Iterator[Problem]:
    """Problems with sizes for a method that truncates. `fit` of the package calls this too."""
    k = dataset.bottleneck
    for name, size in _batches(dataset):
        if size == k:
            yield Problem(
                f"{key}.{name}",
                f"A batch of {k} has at most rank {k}, so its truncation to rank k = {k} changes nothing.",
                f"Use a batch of more than {k}, or a smaller k.",
            )
    if dataset.latent_size == k:
        yield Problem(
            f"{key}.latent_size",
            f"Latents of {k} dimensions have at most rank {k}, so their truncation to rank k = {k} changes nothing.",
            f"Use a latent size of more than {k}, or a smaller k.",
        )


def _batches(dataset: DatasetSettings) -> Iterator[tuple[str, int]]:
    """The size of every batch of a data set, with the key that sets it."""
    yield "batch_size", dataset.batch_size
    for size in dataset.batch_sizes:
        yield "batch_sizes", size
