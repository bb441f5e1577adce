"""Whether a network tells the labels of test images better than a guess that looks at no image."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool
from scipy.stats import binomtest

from vrrae_bench.extractor.chance import LARGEST_P_VALUE

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

    def recorded(self) -> dict[str, Any]:
        """The entry in extractor.json."""
        return {"above_chance": self.above_chance, "against_guessing": self._asdict() | {"p_value": self.p_value}}


def against_guessing(told: Correct, guessed: Correct) -> AgainstGuessing:
    """Compare a network with guessing, by the labels of the test images that each of them tells right."""
    difference = np.subtract(*(correct.reshape(len(correct), -1).sum(axis=1) for correct in (told, guessed)))
    return AgainstGuessing(len(difference), int((difference > 0).sum()), int((difference < 0).sum()))
