"""The files of an extractor, and how paths name the further extractors of a data set.

Further extractors differ from the first extractor only in their seed. What belongs to a further extractor lies in a
folder of its own below the folder of the first extractor, and so do the scores of a run by a further extractor.
"""

from pathlib import PurePath

EXTRACTOR, NETWORK = "extractor.json", "inception.pt"
# What scores compare with: moments of the features of all training images, features of some of them, and the record.
REFERENCE, MOMENTS, REFERENCE_SAMPLE = "reference.json", "reference.npz", "reference_sample.npz"
# By the Inception of 2015: moments of the features of all training images, and the scores of test images.
MOMENTS_2015, FLOOR_2015 = "reference_2015.npz", "floor_2015.json"
_FURTHER = "extractor_seed="
# The name of a folder of a further extractor, as a regular expression.
FURTHER = rf"{_FURTHER}\d+"


def further(seed: int) -> str:
    """The name of the folder of the further extractor with a seed.

    >>> further(2)
    'extractor_seed=2'
    """
    return f"{_FURTHER}{seed}"


def seed_of(folder: str | PurePath) -> int | None:
    """The seed of a further extractor from the path of its folder; none for any other folder.

    >>> seed_of("extractor/mnist/extractor_seed=2"), seed_of("extractor/mnist")
    (2, None)
    """
    name = PurePath(folder).name
    return int(name.removeprefix(_FURTHER)) if name.startswith(_FURTHER) else None
