"""Inception-v3, fine-tuned to classify a data set, as a feature extractor (VRRAE, Appendix A.7).

The network and its ImageNet weights are torchvision's, not the TensorFlow weights of 2015 behind most published values
of the "FID", and it is fine-tuned. So distances can only be compared with others of the same extractor.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import nn
from torch.nn.functional import interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import Inception3
from torchvision.models.inception import BasicConv2d, InceptionAux

from vrrae_bench.artefacts.extractor_folder import NETWORK
from vrrae_bench.artefacts.manifest import refuse_other_images
from vrrae_bench.artefacts.records import check_file, read_record, reading, remedy
from vrrae_bench.datasets.store import StoredArray
from vrrae_bench.extractor.settings import FEATURES, START_WEIGHTS, ExtractorSettings
from vrrae_bench.system.errors import UserError, is_out_of_memory
from vrrae_bench.system.files import atomic_path

IMAGENET_CLASSES = 1000
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
RESIZE = {"mode": "bilinear", "antialias": True}
HEADS = ("fc.", "AuxLogits.")
# The keys of extractor.json that stand beside each score in its features.
RECORDED_OF_EXTRACTOR = ("settings", "sha256", "labels", "test_accuracy", "majority_accuracy", "n_reference")
RECORDED_OF_EXTRACTOR += ("threads", "device", "versions", "shell_settings", "commit")
# Keys that records of earlier versions do not have.
RECORDED_OF_GUESSING = ("above_chance", "against_guessing")

Pixels = UInt8[np.ndarray, "N H W C"]
Images = Pixels | UInt8[StoredArray, "N H W C"]


def prepare(images: Pixels, image_size: int) -> Float[torch.Tensor, "N 3 S S"]:
    """Real or generated images as the network reads them: the only place where they are resized and scaled.

    Grey is repeated to three channels. There is one antialiased bilinear resize in float32, then ImageNet's
    normalisation, which the network undoes (see `build_network`). The result is channels-last in memory.

    Raises:
        UserError: the images are not uint8 [N, H, W, 1 or 3].
    """
    pixels = channels_first(images).float() / 255
    pixels = interpolate(pixels, size=(image_size, image_size), **RESIZE)
    mean, std = torch.tensor(IMAGENET_MEAN).view(3, 1, 1), torch.tensor(IMAGENET_STD).view(3, 1, 1)
    return ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)


def channels_first(images: Pixels) -> UInt8[torch.Tensor, "N C H W"]:
    """A copy of images in torch's layout.

    Raises:
        UserError: the images are not uint8 [N, H, W, 1 or 3].
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise UserError(
            f"feature extractor: images of type {images.dtype} and shape {images.shape}; pass uint8 [N, H, "
            "W, 1 or 3]. Clip and round generated images first, so that they are treated like real ones."
        )
    # It is a copy, because memory-mapped data sets are read-only, which torch does not support.
    return torch.tensor(images).permute(0, 3, 1, 2)


def preparation(settings: ExtractorSettings) -> dict[str, Any]:
    """What `prepare` does, and the precision of the network, to be recorded beside a score of its features."""
    return {
        "image_size": settings.image_size,
        "resize": RESIZE,
        "grey_to_rgb": "repeated",
        "normalisation_mean": IMAGENET_MEAN,
        "normalisation_std": IMAGENET_STD,
        "precision": settings.feature_precision,
        "features": FEATURES,
    }


def build_network(settings: ExtractorSettings, n_classes: int, weights: Path | None = None) -> Inception3:
    """Inception-v3 with new heads for `n_classes`, from the ImageNet weights in a file or from random weights.

    The ImageNet weights were ported from TensorFlow, where images span [-1, 1]. `transform_input=True`, which
    torchvision sets with these weights, maps ImageNet-normalised images there; a random start keeps it, so
    that both read the same input.

    Raises:
        UserError: an ImageNet start without a file, or a file that does not hold these weights.
    """
    # init_weights=False: PyTorch's default instead of truncated normals, which take several times as long to
    # draw. Batch normalisation follows every convolution, so the scale of the weights hardly matters.
    network = Inception3(IMAGENET_CLASSES, transform_input=True, init_weights=False)
    if settings.start == "imagenet":
        if weights is None:
            raise UserError(
                "feature extractor: start is 'imagenet', but no weights file was given. Fetch torchvision's "
                "inception_v3_google-0cc3c7bd.pth, or use start: random."
            )
        _load_state(network, load_plain(weights), weights)
    network.fc = nn.Linear(network.fc.in_features, n_classes)
    if settings.auxiliary_head:
        auxiliary = network.AuxLogits
        assert isinstance(auxiliary, InceptionAux)  # every network is built with it
        auxiliary.fc = nn.Linear(auxiliary.fc.in_features, n_classes)
    else:
        network.aux_logits, network.AuxLogits = False, None
    return network.to(memory_format=torch.channels_last)


@dataclass(frozen=True)
class FeatureExtractor:
    """A fine-tuned network without its last layer (VRRAE, Appendix A.7, step 4), prepared for speed."""

    network: Inception3
    settings: ExtractorSettings

    @classmethod
    def of(cls, network: Inception3, settings: ExtractorSettings, device: str = "cpu") -> "FeatureExtractor":
        """The extractor within a network of `build_network` or `fine_tune`. The network is not changed."""
        bare = _headless()
        bare.load_state_dict(_body(network))
        return cls(_prepared(bare, settings, device), settings)

    def features(self, images: Images, batch_size: int = 128) -> Float32[np.ndarray, "N 2048"]:
        """Features of images. Each image's features are independent of the other images: batches only save memory.

        Raises:
            UserError: the images are not uint8 [N, H, W, 1 or 3].
        """
        batches = (images[start : start + batch_size] for start in range(0, len(images), batch_size))
        features = list(outputs(self.network, batches, self.settings.image_size))
        return np.concatenate(features) if features else np.empty((0, FEATURES), dtype=np.float32)


def outputs(
    network: Inception3, batches: Iterable[Pixels], image_size: int
) -> Iterator[Float32[np.ndarray, "N outputs"]]:
    """The outputs of the network for images, in evaluation mode and in its own precision, a batch at a time."""
    network.eval()
    parameter = next(network.parameters())
    for images in batches:
        inputs = prepare(images, image_size).to(parameter.device, parameter.dtype)
        with torch.inference_mode():
            found = network(inputs).float().cpu().numpy()
        yield found


def save_extractor(network: Inception3, settings: ExtractorSettings, path: Path | str) -> None:
    """Write the network without its heads, and the settings, as plain data.

    The file holds only what decides the features, so the same training gives the same bytes and the same hash.
    """
    content = {"settings": settings.model_dump(), "network": _body(network)}
    # Through an open file, because torch would write a (temporary) path into the archive.
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        torch.save(content, file)


def load_extractor(path: Path | str, device: str = "cpu") -> FeatureExtractor:
    """Read what `save_extractor` wrote. Nothing in the file is executed.

    Raises:
        UserError: The file is missing or damaged, or holds something else.
    """
    content = load_plain(path)
    with reading(path):
        settings, state = ExtractorSettings(**content["settings"]), content["network"]
    network = _headless()
    _load_state(network, state, path)
    return FeatureExtractor(_prepared(network, settings, device), settings)


def extractor_record(extractor: Path, arrays: Mapping[str, str]) -> dict[str, Any]:
    """All that decides a feature beside the image: the network, its origin, and how it is given an image.

    Args:
        extractor: extractor.json; the network lies beside it.
        arrays: Digests of the arrays of the data set whose extractor is asked for. A record of an earlier version has
            no digests, and is taken to be of any data set.

    Raises:
        UserError: the record or the network is damaged, or belongs to another data set.
    """
    record = read_record(extractor, holds=["sha256"])
    check_file(extractor.with_name(NETWORK), record["sha256"], extractor.name, remedy(extractor))
    if "data" in record:
        refuse_other_images(extractor, "extractor", record, arrays)
    with reading(extractor):
        settings = ExtractorSettings(**record["settings"])
        told = {key: record[key] for key in RECORDED_OF_EXTRACTOR}
    told |= {key: record[key] for key in RECORDED_OF_GUESSING if key in record}
    return told | {"start_weights": START_WEIGHTS[settings.start], "preparation": preparation(settings)}


def _headless() -> Inception3:
    network = Inception3(aux_logits=False, transform_input=True, init_weights=False)
    network.set_submodule("fc", nn.Identity())
    return network


def _prepared(network: Inception3, settings: ExtractorSettings, device: str) -> Inception3:
    """The network as it computes features: the same function, in fewer passes over memory.

    Batch normalisation with fixed statistics is linear, so it becomes a part of the convolution before it.
    """
    network.eval()
    for module in network.modules():
        if isinstance(module, BasicConv2d):
            module.conv = fuse_conv_bn_eval(module.conv, module.bn)
            module.set_submodule("bn", nn.Identity())
    return network.to(device, getattr(torch, settings.feature_precision)).to(memory_format=torch.channels_last)


def _body(network: Inception3) -> dict[str, torch.Tensor]:
    return {name: value.cpu() for name, value in network.state_dict().items() if not name.startswith(HEADS)}


def load_plain(path: Path | str) -> Any:
    """The tensors and plain data in a file of torch. Nothing in it is executed.

    Raises:
        UserError: the file is missing, damaged, or holds anything else.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file.") from error
    except UnpicklingError as error:
        raise UserError(
            f"{path}: holds more than tensors and plain data, so it was not loaded: it could run code. {remedy(path)}"
        ) from error
    except (RuntimeError, EOFError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise UserError(f"{path}: damaged or incomplete. {remedy(path)}") from error


def _load_state(network: Inception3, state: Any, path: Path | str) -> None:
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        if is_out_of_memory(error):
            raise
        raise UserError(f"{path}: not the weights of torchvision's Inception-v3. {remedy(path)}") from error
