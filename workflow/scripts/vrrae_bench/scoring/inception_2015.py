"""The Inception of 2015, in whose features most papers give their FID, by torch-fidelity and with its resizing.

Its values can be compared with those of other papers that say how many images they used. The paper's FID is computed
with a network that is tuned on each data set (`inception`), and cannot be compared with either.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch_fidelity import FeatureExtractorInceptionV3

from vrrae_bench.artefacts.arrays import read_array
from vrrae_bench.artefacts.extractor_folder import FLOOR_2015
from vrrae_bench.artefacts.manifest import refuse_other_images
from vrrae_bench.artefacts.records import read_record, reading, refuse_others, remedy
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import TRAINING, check_sample, check_training
from vrrae_bench.datasets.weights import INCEPTION_2015, check_weights
from vrrae_bench.extractor.inception import Images, channels_first, load_plain
from vrrae_bench.extractor.settings import FEATURES
from vrrae_bench.scoring.fidelity import Scores, fid_scores, independent_parts
from vrrae_bench.scoring.frechet import Moments
from vrrae_bench.system.errors import UserError, is_out_of_memory


class Inception2015:
    """The network with its published weights.

    Raises:
        UserError: The file is missing, damaged, or holds anything but these weights.
    """

    def __init__(self, weights: Path, device: str = "cpu"):
        # torch-fidelity would unpickle whatever a file holds. The file that it is given here was written by us, and
        # holds only tensors.
        buffer = BytesIO()
        torch.save(load_plain(weights), buffer)
        buffer.seek(0)
        try:
            network = FeatureExtractorInceptionV3("2015", [str(FEATURES)], feature_extractor_weights_path=buffer)
        except (RuntimeError, TypeError, AttributeError) as error:
            if is_out_of_memory(error):
                raise
            raise UserError(f"{weights}: not the weights of the Inception of 2015. {remedy(weights)}") from error
        self._network = network.to(device)
        self._device = device

    @torch.inference_mode()
    def features(self, images: Images, batch_size: int = 64) -> Float32[np.ndarray, "N 2048"]:
        """Features of real or generated images; grey ones are repeated to three channels.

        Raises:
            UserError: The images are not uint8 [N, H, W, 1 or 3].
        """
        batches = (channels_first(images[start : start + batch_size]) for start in range(0, len(images), batch_size))
        found = [self._network(batch.expand(-1, 3, -1, -1).to(self._device))[0].cpu().numpy() for batch in batches]
        return np.concatenate(found) if found else np.empty((0, FEATURES), np.float32)


def score_run_2015(run: RunSpec, sample: Path, reference: Path, weights: Path, device: str = "cpu") -> Scores:
    """The FIDs of a run, and as details what they depend on. The random images of all draws are scored together.

    Args:
        sample: sample.json of the run; its arrays and run.json lie beside it.
        reference: reference_2015.npz of the data set; floor_2015.json lies beside it.
        weights: The published weights.
        device: Where torch computes the features.

    Raises:
        UserError: One of the files is missing or damaged, or belongs to another run, data set or network.
    """
    extractor = record_2015(weights)
    files = ("random.npy", "interpolation.npy")
    sampling = check_sample(sample.parent, run, None, *files)["sampling"]
    _refuse_other_reference(reference, run, sample.with_name(TRAINING), extractor["sha256"])
    random, interpolation = (read_array(sample.with_name(name)) for name in files)
    images = {
        "random": independent_parts(random),
        "interpolation": independent_parts(interpolation, sampling["interpolation_points"]),
    }
    scores = scores_2015(Inception2015(weights, device), Moments.load(reference), images)
    details = {"run": run.model_dump(), "sampling": sampling, "extractor": extractor}
    return Scores(scores.numbers, details | scores.details)


def _refuse_other_reference(reference: Path, run: RunSpec, training: Path, weights: str) -> None:
    """Refuse a reference of other images than the run was trained on, or of another network.

    Args:
        training: run.json of the run.
        weights: The digest of the weights of the network.
    """
    floor = read_record(reference.with_name(FLOOR_2015), reference.name, holds=["details"])["details"]
    record = check_training(training.parent, run, None)
    with reading(training):
        arrays = record["data"]["arrays"]
    refuse_other_images(reference, "reference", floor, arrays)
    found = {"dataset": floor["dataset"], "weights": floor["extractor"]["sha256"]}
    refuse_others(reference, "reference", found, {"dataset": run.dataset, "weights": weights})


def scores_2015(
    network: Inception2015, reference: Moments, sets: Mapping[str, Sequence[UInt8[np.ndarray, "_ H W C"]]]
) -> Scores:
    """FID of sets of images, each in independent parts, from the training images: `fid_2015_<name>`; `fid_scores`."""
    features = {f"fid_2015_{name}": [network.features(part) for part in parts] for name, parts in sets.items()}
    return fid_scores(reference, features)


def record_2015(weights: Path) -> dict[str, Any]:
    """All that decides a feature, except the image.

    Raises:
        UserError: The file does not hold the published weights, byte by byte.
    """
    digest = check_weights(weights, INCEPTION_2015)
    library = f"torch-fidelity {version('torch-fidelity')}"
    # Resizing is part of that network: bilinear without antialiasing, as TensorFlow 1 did it.
    preparation = {"image_size": 299, "resize": "the network's own", "grey_to_rgb": "repeated", "features": FEATURES}
    return {"weights": weights.name, "sha256": digest, "library": library, "preparation": preparation}
