"""What an FID depends on beside the model: the network, the number of images, and how they were drawn."""

from collections.abc import Collection

from vrrae_bench.artefacts.scores import GuessingRecord, Preparation, RunDetails
from vrrae_bench.reporting.claims.printed_settings import PRINTED_DRAWS
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.void import reason_of

START = {"imagenet": "ImageNet weights", "random": "random weights"}

# VRRAE, section 4.2 and appendix A.7.
START_OF_THE_PAPER = "imagenet"
OF_THE_PAPER = {
    "Data set": "the paper's",
    "Inception-v3 from": START[START_OF_THE_PAPER],
    "Pixels": "n/a",
    "Feature precision": "n/a",
    "Test accuracy": "n/a",
    "Network (SHA-256)": "n/a",
    "Real images": "training images",
    "Random": str(PRINTED_DRAWS["random_images"]),
    "All draws": "–",
    "KID": "–",
    "Interpolated": f"n/a, {PRINTED_DRAWS['interpolation_points']} a pair",
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
    network, preparation = details.network, extractor.preparation or Preparation()
    precision = preparation.precision
    if network is None or sampling is None or extractor.test_accuracy is None or precision is None:
        raise ValueError("it does not tell how its network was tuned, or how its images were drawn")
    kid = counts.get("kid_random")
    return {
        "Data set": dataset_label(details.run.dataset),
        "Inception-v3 from": START[network.start],
        "Pixels": str(network.image_size),
        "Feature precision": precision,
        "Test accuracy": _accuracy(extractor.test_accuracy, extractor.against_guessing)
        + (" (void)" if reason_of(details) else ""),
        "Network (SHA-256)": extractor.sha256[:12],
        "Real images": str(extractor.n_reference),
        "Random": str(counts["fid_random"].generated),
        "All draws": str(counts["fid_random_all_draws"].generated),
        "KID": f"{kid.generated} from {kid.real}" if kid else "–",
        "Interpolated": f"{counts['fid_interpolation'].generated}, {sampling.interpolation_points} a pair",
        "Random images drawn from": f"{sampling.gmm_components} Gaussians, fitted to {sampling.gmm_means} means",
    }


def _accuracy(share: float, compared: GuessingRecord | None) -> str:
    """The accuracy of a network in percent, and over how many test images, if that is recorded."""
    return f"{100 * share:.2f} %" + (f" of {compared.n_images}" if compared else "")


def lacking_network(starts: Collection[str]) -> str | None:
    """What is lacking for FIDs to be of the paper's kind, or nothing if they are.

    Args:
        starts: The weights that the networks behind these FIDs started from, as `START` names them.
    """
    others = sorted(START[start] for start in set(starts) - {START_OF_THE_PAPER})
    if not others:
        return None
    return (
        f"an Inception-v3 that started from {START[START_OF_THE_PAPER]}, as the paper's; not from {' or '.join(others)}"
    )
