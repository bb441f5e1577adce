"""The settings of trainings and draws that the paper prints. Runs with other settings decide none of its claims."""

from collections.abc import Iterator

from vrrae_bench.study.paper import paper_value
from vrrae_bench.study.settings import DatasetSettings

# The table in which the paper prints each of these settings.
PRINTED = {
    "bottleneck": "table_a3_1",
    "latent_size": "table_a3_1",
    "epochs": "table_a3_3",
    "batch_size": "table_a3_3",
    "learning_rate": "table_a3_3",
}
# Where the published code and the paper differ, either value is the paper's. config.yaml says which one it has.
OF_THE_CODE = {("synthetic", "learning_rate"): 1e-3}
GRID = 10  # section 4.1: 10 x 10 training images of bumps
# Section 4.2: the number of random images, and of points between the two images of a pair. It is not about the bumps.
DRAWN = {"random_images": 1250, "interpolation_points": 5}


def unlike_the_paper(name: str, configured: DatasetSettings) -> Iterator[str]:
    """The settings in which runs on a data set of the paper differ from the paper's, each in words.

    Args:
        name: The name of the data set.
        configured: Its settings.
    """
    for key, table in PRINTED.items():
        (printed, _), value = paper_value(table, name, "", "", key), getattr(configured, key)
        if printed is not None and value not in (printed, OF_THE_CODE.get((name, key))):
            yield f"{key} is {value:g} and not {printed:g}"
    if configured.bumps and configured.bumps.grid != GRID:
        yield f"bumps.grid is {configured.bumps.grid} and not {GRID}"
    for key, printed_number in DRAWN.items():
        if not configured.bumps and (number := getattr(configured.sampling, key)) != printed_number:
            yield f"sampling.{key} is {number} and not {printed_number}"
