"""Whether a network tells the labels of test images better than a guess that looks at no image.

The features of a network that has learned nothing say nothing about images: a FID in them may be near zero for noise.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool
from scipy.stats import binomtest

# The chance that a network passes a single test although it is no better than guessing.
LARGEST_P_VALUE = 0.01
VOID = "Its features tell nothing about images, so every FID and other score in them is void, whatever its value."
REMEDY = "Train it for more epochs, on more images or at more pixels: datasets.NAME.extractor in the configuration."

# For each image, whether its class is told right, or which of its attributes are.
Correct = Bool[np.ndarray, " N"] | Bool[np.ndarray, "N A"]


class AgainstGuessing(NamedTuple):
    """A network compared with always guessing the most frequent label, on the same test images.

    Attributes:
        n_images: Number of test images.
        better: Number of images of which the network tells more labels right than the guess.
        worse: Number of images of which the network tells fewer labels right than the guess.
    """

    n_images: int
    better: int
    worse: int

    @property
    def p_value(self) -> float:
        """The p-value of the exact one-sided sign test. For one label per image it is McNemar's exact test.

        A network that is no better than the guess is worse as often as better, so `better` is like the number of heads
        of `better + worse` fair coins. Images are the units, since the attributes of one image depend on each other.
        """
        unlike = self.better + self.worse
        return float(binomtest(self.better, unlike, alternative="greater").pvalue) if unlike else 1.0

    @property
    def above_chance(self) -> bool:
        """Whether the network is clearly better than the guess."""
        return self.p_value <= LARGEST_P_VALUE

    def record(self) -> dict[str, Any]:
        """The entry in extractor.json."""
        return {"above_chance": self.above_chance, "against_guessing": self._asdict() | {"p_value": self.p_value}}


def against_guessing(told: Correct, guessed: Correct) -> AgainstGuessing:
    """Compare a network with guessing, by the labels of the test images that each of them tells right."""
    difference = np.subtract(*(correct.reshape(len(correct), -1).sum(axis=1) for correct in (told, guessed)))
    return AgainstGuessing(len(difference), int((difference > 0).sum()), int((difference < 0).sum()))


def at_chance(extractor: Mapping[str, Any]) -> str | None:
    """Why the features of a network say nothing, by its test accuracy; none if that does not speak against them.

    Args:
        extractor: extractor.json, or what scores.json says of the network. Records of earlier versions have no test, so
            only the accuracy counts. A network that was not tuned on labels has no accuracy.
    """
    if "majority_accuracy" not in extractor:
        return None
    accuracy, guessing = extractor["test_accuracy"], extractor["majority_accuracy"]
    if extractor.get("above_chance", accuracy > guessing):
        return None
    found = extractor.get("against_guessing", {})
    of_images = f" of {found['n_images']} test images" if found else ""
    p_value = f"; p = {found['p_value']:.2g}, where at most {LARGEST_P_VALUE:g} is asked for" if found else ""
    return (
        f"the network tells the labels{of_images} not clearly better than always guessing what is most frequent "
        f"(accuracy {accuracy:.2%}, guessing {guessing:.2%}{p_value})"
    )


def like_noise(extractor: Mapping[str, Any]) -> str | None:
    """Why the features of a network say nothing, by how they see noise; none if this does not speak against them.

    Args:
        extractor: What scores.json says of the network. Records of earlier versions say nothing about noise.
    """
    found = extractor.get("noise") or {"noise_is_farther": True}
    if found["noise_is_farther"]:
        return None
    if not found["fid_noise"]:
        return f"the {found['images']} test images are too few to tell whether the network knows them from noise"
    noise, images = (f"{min(found[name]):.3g} to {max(found[name]):.3g}" for name in ("fid_noise", "fid_test_images"))
    return (
        "to the network noise is not clearly farther from the training images than test images are "
        f"(FID {noise} and {images}, in parts of {found['images']} images)"
    )


def why_void(extractor: Mapping[str, Any]) -> str | None:
    """Why no score in the features of a network counts, by what scores.json says of it; none if nothing is known."""
    return at_chance(extractor) or like_noise(extractor)
