"""What identifies a run (one training of one method on one data set) and where its files lie."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from pydantic import Field, model_validator

from vrrae_bench.artefacts.methods import Method, methods
from vrrae_bench.artefacts.specification import Specification

Precision = Literal["float32", "bfloat16"]
# Stands between the settings of a variant. It means nothing to shells, file systems and object storage. Nor does it to
# Snakemake, which hands a job to a cluster as `name=value,name=value`.
SEPARATOR = "__"
# The data set of a run that the package's `fit` trains. No data set of a configuration has a name with a space.
AN_ARRAY = "an array"


class RunSpec(Specification):
    """The specification of one training. Its outcome depends on images, device, threads, versions and code too."""

    dataset: str
    method: str
    # `_with_definition` always replaces this default.
    definition: Method = Field(
        default=cast(Method, None), description="What tells the method apart, whatever others there are"
    )
    beta: float | None = Field(description="Weight of the KL divergence; none for a method without one")
    penalty_weight: float | None = Field(default=None, description="Weight of the method's penalty, if it has one")
    linear_layers: int = Field(default=0, description="Linear layers behind the encoder, for a method that has them")
    latent_size: int = Field(description="L, the width of the encoder's output before a truncation")
    bottleneck: int = Field(description="k, the size of the bottleneck")
    epochs: float
    batch_size: int
    learning_rate: float
    precision: Precision = Field(
        default="float32",
        description="Type of the operands of the matrix products of encoder and decoder in training. Where the variant "
        "says `precision=bfloat16`, an earlier version computed all of encoder and decoder in it",
    )
    seed: int
    variant: str = Field(description="What tells apart runs of one method in paths: `beta=1e-6__batch=576`")

    @model_validator(mode="before")
    @classmethod
    def _with_definition(cls, values: Any) -> Any:
        """Look up the method by its name if its definition is left out, as in records of earlier versions.

        Raises:
            ValueError: There is no method of this name.
        """
        if not isinstance(values, Mapping) or "definition" in values or not isinstance(values.get("method"), str):
            return values
        name = values["method"]
        if name not in methods():
            raise ValueError(f"this code does not have the method '{name}', and the run does not say what it is")
        return {**values, "definition": methods()[name]}

    @property
    def folder(self) -> str:
        """Where the run's files lie below the results folder."""
        return f"runs/{self.dataset}/{self.method}/{self.variant}/seed={self.seed}"

    @property
    def settings(self) -> list[str]:
        """The settings in the name of the variant, such as `beta=1e-6`."""
        return self.variant.split(SEPARATOR)

    def key(self, name: str) -> str:
        """The name of a value where it was set: an argument of `fit`, or a key of the configuration."""
        return name if self.dataset == AN_ARRAY else f"datasets.{self.dataset}.{name}"


def format_beta(beta: float) -> str:
    """A canonical spelling: `0`, `1e-6`, `2.5e-3`, `1e0`.

    >>> [format_beta(beta) for beta in (0, 1e-6, 0.0025, 1)]
    ['0', '1e-6', '2.5e-3', '1e0']
    """
    if beta == 0:
        return "0"
    mantissa, exponent = f"{beta:.12e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
