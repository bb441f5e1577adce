"""Checks of arguments that a user passes to functions of the package."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field, ValidationError, create_model

from vrrae_bench.artefacts.specification import Section, Seed
from vrrae_bench.latent.settings import SampleSpec
from vrrae_bench.system.errors import UserError, numbered

# Numbers with the names of keys of the configuration have the limits that these keys have.
_CONFIGURED = ("gmm_components", "gmm_subsample", "gmm_n_init")
_FIELDS: dict[str, Any] = {
    name: (SampleSpec.model_fields[name].annotation, SampleSpec.model_fields[name]) for name in _CONFIGURED
}
_FIELDS |= {"seed": (Seed, Field()), "n_images": (int, Field(ge=1)), "n_points": (int, Field(ge=1))}


def check_numbers(function: str, **given: Any) -> None:
    """Refuse arguments that are not of the right kind, or not within their limits.

    Args:
        function: The name of the function, for the message.
        given: Arguments by their names, which `_FIELDS` has.

    Raises:
        UserError: Some arguments are wrong. The message lists all of them.
    """
    model = create_model("_Numbers", __base__=Section, **{name: _FIELDS[name] for name in given})
    try:
        model.model_validate(plain_numbers(given), strict=True)
    except ValidationError as error:
        problems = invalid_arguments(error)
        raise UserError(f"{len(problems)} problem(s) with the arguments of {function}:\n{numbered(problems)}") from None


def plain_numbers(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with numbers of NumPy as numbers of Python."""
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in given.items()}


def invalid_arguments(error: ValidationError) -> list[str]:
    """A sentence on each argument that is not valid."""
    return [f"{problem['loc'][0]}: {problem['input']!r} is not valid. {problem['msg']}." for problem in error.errors()]
