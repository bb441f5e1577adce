"""What an FID depends on beside the model: the network, the number of images, and how they were drawn."""

import pandas as pd

from vrrae_bench.artefacts.scores import Extractor, Preparation, RunDetails
from vrrae_bench.reporting.claims.printed_settings import DRAWN
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.void import reason_of

START = {"imagenet": "ImageNet weights", "random": "random weights"}

# VRRAE, section 4.2 and appendix A.7.
OF_THE_PAPER = {
    "Data set": "the paper's",
    "Inception-v3 from": "ImageNet weights",
    "Pixels": "n/a",
    "Feature precision": "n/a",
    "Test accuracy": "n/a",
    "Network (SHA-256)": "n/a",
    "Real images": "training images",
    "Random": str(DRAWN["random_images"]),
    "All draws": "–",
    "KID": "–",
    "Interpolated": f"n/a, {DRAWN['interpolation_points']} a pair",
    "Random images drawn from": "a Gaussian mixture",
}


def fid_conditions(details: RunDetails) -> dict[str, str] | None:
    """The row of a table for people, from the `details` of a scores.json; none if the run has no FID.

    Numbers of images are of generated images. KID has two numbers: of the generated images, and of the real images that
    they are compared with.

    Raises:
        ValueError: The scores do not tell one of these. `records.reading` tells it with the name of the file.
    """
    if details.extractor is None:
        return None
    extractor, sampling, counts = details.extractor, details.sampling, details.counts
    network, preparation = extractor.settings, extractor.preparation or Preparation()
    precision = preparation.precision
    if network is None or sampling is None or extractor.test_accuracy is None or precision is None:
        raise ValueError("it does not tell how its network was tuned, or how its images were drawn")
    kid = counts.get("kid_random")
    return {
        "Data set": dataset_label(details.run.dataset),
        "Inception-v3 from": START[network.start],
        "Pixels": str(network.image_size),
        "Feature precision": precision,
        "Test accuracy": _accuracy(extractor) + (" (void)" if reason_of(details) else ""),
        "Network (SHA-256)": extractor.sha256[:12],
        "Real images": str(extractor.n_reference),
        "Random": str(counts["fid_random"].generated),
        "All draws": str(counts["fid_random_all_draws"].generated),
        "KID": f"{kid.generated} from {kid.real}" if kid else "–",
        "Interpolated": f"{counts['fid_interpolation'].generated}, {sampling.interpolation_points} a pair",
        "Random images drawn from": f"{sampling.gmm_components} Gaussians, fitted to {sampling.gmm_means} means",
    }


def _accuracy(extractor: Extractor) -> str:
    """The accuracy of a network, and over how many test images, if that is recorded."""
    compared = extractor.against_guessing
    return f"{100 * extractor.test_accuracy:.2f} %" + (f" of {compared.n_images}" if compared else "")


def lacking_network(conditions: pd.DataFrame, dataset: str) -> str | None:
    """What is lacking for FIDs on a data set to be of the paper's kind, by the rows of `fid_conditions`; or nothing."""
    if conditions.empty:
        return None
    of_paper = OF_THE_PAPER["Inception-v3 from"]
    starts = conditions.loc[conditions["Data set"] == dataset_label(dataset), "Inception-v3 from"]
    others = sorted(set(starts) - {of_paper})
    if not others:
        return None
    return f"an Inception-v3 that started from {of_paper}, as the paper's; not from {' or '.join(others)}"
