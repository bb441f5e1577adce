"""The targets: names by which Snakemake makes what other rules write. The Snakefile has a rule for each of them."""

from vrrae_bench.study.catalogue import CATALOGUE, CLAIMS

# The targets that are neither a table nor a figure nor the images of a data set, and what each of them makes.
OTHER_TARGETS = {
    CLAIMS: "A verdict on each claim of the paper",
    "report": "One HTML page with all tables and figures",
    "all": "Everything; what `snakemake` makes if no target is named",
}
_IMAGES = "data_"


def images_target(dataset: str) -> str:
    """The target that makes the images of a data set."""
    return f"{_IMAGES}{dataset}"


def names_target(rule: str) -> bool:
    """Whether a rule is a target, which only names what other rules make, and runs nothing.

    >>> names_target("all"), names_target("table_2"), names_target("data_mnist"), names_target("train")
    (True, True, True, False)
    """
    return rule in OTHER_TARGETS or rule in CATALOGUE or rule.startswith(_IMAGES)
