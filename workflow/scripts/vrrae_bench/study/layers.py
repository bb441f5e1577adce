"""Layers of a configuration: a later file lies over an earlier one, and each data set lies over the defaults of all."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from snakemake.utils import update_config

DEFAULTS = "defaults"  # the key of the block that every data set starts from


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Merge mappings deeply, with Snakemake's own function.

    A value of a later mapping replaces the value of an earlier one. A list is replaced as a whole. Snakemake merges the
    files that are laid over config.yaml with each other first. Then it lays the merged file over config.yaml.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        update_config(merged, copy.deepcopy(layer))
    return merged


def with_defaults(values: Any) -> Any:
    """The configuration with the defaults filled into every data set, and without the block of defaults.

    A data set or a block of defaults that is no set of keys stays as it is, so that a later check can tell the problem.
    """
    if not isinstance(values, Mapping):
        return values
    complete = {key: value for key, value in values.items() if key != DEFAULTS}
    defaults, datasets = values.get(DEFAULTS), values.get("datasets")
    if isinstance(defaults, Mapping) and isinstance(datasets, Mapping):
        complete["datasets"] = {
            name: merge(defaults, own) if isinstance(own, Mapping) else own for name, own in datasets.items()
        }
    return complete


def is_default(values: Any, dataset: Any, place: Sequence[Any]) -> bool:
    """Whether the value of a data set at some place comes from the defaults, because the data set has none itself.

    Args:
        values: The configuration as it is written, with its block of defaults.
        place: Keys below the data set, from the outermost on.
    """
    return _has(values, (DEFAULTS, *place)) and not _has(values, ("datasets", dataset, *place))


def _has(values: Any, place: Sequence[Any]) -> bool:
    """Whether nested mappings have a key at each step to a place. A list or a single value has all places below it.

    >>> _has({"a": {"b": [1]}}, ("a", "b", 0)), _has({"a": {"b": [1]}}, ("a", "c")), _has({"a": 1}, ("a", "b"))
    (True, False, True)
    """
    for key in place:
        if isinstance(values, Mapping):
            if key not in values:
                return False
            values = values[key]
        else:
            return True
    return True
