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

from vrrae_bench.artefacts.records import remedy
from vrrae_bench.datasets.weights import INCEPTION_2015
from vrrae_bench.extractor.inception import FEATURES, Images, channels_first, load_plain
from vrrae_bench.extractor.settings import check_weights
from vrrae_bench.scoring.fidelity import Scores, fid_scores
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
