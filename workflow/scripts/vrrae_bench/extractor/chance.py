"""Why scores in the features of a network say nothing.

The features of a network that has learned nothing say nothing about images: an FID in them may be near zero for noise.
The features of a network may also be huge for a few images. An FID then measures how many of them there are, and little
else.
This module reads records alone. The test of significance is in `guessing`, whose library takes long to import.
"""

from collections.abc import Mapping
from typing import Any

# The chance that a network passes a single test although it is no better than guessing.
LARGEST_P_VALUE = 0.01
# The largest share of the variance of features that one test image in a hundred may have. It is 0.1 with networks for
# MNIST. It was 0.96 with a network for CIFAR-10, by which images of a VRRAE had the FID of noise.
LARGEST_SHARE = 0.5
VOID = "Its features say nothing about images, so every FID and every other score that uses them is void."
REMEDY = (
    "Train it for more epochs, on more images or with more pixels. If test images are too few, add some. If a few "
    "images decide its features, set its "
    "settling_epochs to 1, with 2 epochs or more, and its label_smoothing to 0.1 (`extractor` of the data set in the "
    "configuration)."
)


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
    p_value = f"; p = {found['p_value']:.2g}, but at most {LARGEST_P_VALUE:g} is needed" if found else ""
    return (
        f"the network predicts the labels{of_images} not clearly better than always guessing the most frequent label "
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
        "for this network, noise is not clearly farther from the training images than test images are "
        f"(FID {noise} and {images}, in parts of {found['images']} images)"
    )


def of_few_images(extractor: Mapping[str, Any]) -> str | None:
    """Why the features of a network say nothing, by how few images decide them; none if that is no reason.

    Args:
        extractor: What scores.json says of the network. Records of earlier versions say nothing about it.
    """
    found = extractor.get("noise") or {}
    if (share := found.get("share_of_few", 0.0)) <= LARGEST_SHARE:
        return None
    return (
        f"the features of {found['few']} of {found['images']} test images are so large that they have {share:.0%} of "
        f"the variance of all features ({LARGEST_SHARE:.0%} is the most that is accepted)"
    )


def why_void(extractor: Mapping[str, Any]) -> str | None:
    """Why no score in the features of a network counts, by what scores.json says of it; none if nothing is known."""
    return at_chance(extractor) or like_noise(extractor) or of_few_images(extractor)
