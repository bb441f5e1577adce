"""Inception-v3, fine-tuned to classify a data set, as a feature extractor (VRRAE, Appendix A.7).

The network and its ImageNet weights are torchvision's, not the 2015 TensorFlow ones behind most published
values of the "FID", and fine-tuned besides: distances compare only with others of the same extractor.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Integer, UInt8
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, interpolate
from torchvision.models import Inception3

from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path
from vrrae_bench.scoring.settings import ExtractorSettings

IMAGENET_CLASSES = 1000
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
RESIZE = {"mode": "bilinear", "antialias": True}
AUXILIARY_WEIGHT = 0.4
FEATURES = 2048
HEADS = ("fc.", "AuxLogits.")

Images = UInt8[np.ndarray, "N H W C"]
Labels = Integer[np.ndarray, " N"] | Integer[np.ndarray, "N A"]


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images; accuracies lie in [0, 1], the training one is taken in passing."""

    loss: float
    train_accuracy: float
    test_accuracy: float
    seconds: float


def prepare(images: Images, image_size: int) -> Float[torch.Tensor, "N 3 S S"]:
    """Real or generated images as the network reads them: the one place where they are resized and scaled.

    Grey is repeated to three channels, one antialiased bilinear resize in float32, ImageNet normalisation;
    channels-last in memory. The network undoes the normalisation (see `build_network`).

    Raises:
        UserError: the images are not uint8 [N, H, W, 1 or 3].
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise UserError(
            f"feature extractor: images of type {images.dtype} and shape {images.shape}; pass uint8 [N, H, "
            "W, 1 or 3]. Clip and round generated images first, so that they are treated like real ones."
        )
    # A copy: memory-mapped data sets are read-only, which torch does not support.
    pixels = torch.tensor(images).permute(0, 3, 1, 2).float() / 255
    pixels = interpolate(pixels, size=(image_size, image_size), **RESIZE)
    mean, std = torch.tensor(IMAGENET_MEAN).view(3, 1, 1), torch.tensor(IMAGENET_STD).view(3, 1, 1)
    return ((pixels - mean) / std).contiguous(memory_format=torch.channels_last)


def preparation(image_size: int) -> dict[str, Any]:
    """What `prepare` does and the network computes, to be recorded beside a score of its features."""
    return {
        "image_size": image_size,
        "resize": RESIZE,
        "grey_to_rgb": "repeated",
        "normalisation_mean": IMAGENET_MEAN,
        "normalisation_std": IMAGENET_STD,
        "precision": "float32",
        "features": FEATURES,
    }


def build_network(settings: ExtractorSettings, n_classes: int, weights: Path | None = None) -> Inception3:
    """Inception-v3 with new heads for `n_classes`, from the ImageNet weights in a file or from random ones.

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
        _load_state(network, _load_plain(weights), weights)
    network.fc = nn.Linear(network.fc.in_features, n_classes)
    if settings.auxiliary_head:
        network.AuxLogits.fc = nn.Linear(network.AuxLogits.fc.in_features, n_classes)
    else:
        network.aux_logits, network.AuxLogits = False, None
    return network.to(memory_format=torch.channels_last)


def fine_tune(
    images: Images,
    labels: Labels,
    test_images: Images,
    test_labels: Labels,
    settings: ExtractorSettings,
    weights: Path | None = None,
    threads: int | None = None,
    device: str = "cpu",
    progress: Callable[[int, int, float], None] | None = None,
) -> tuple[Inception3, list[Epoch]]:
    """Train the network to tell the labels of `images` (VRRAE, Appendix A.7, steps 1 to 3); all layers are trained.

    Labels are one class per image (N), or several attributes, each 0 or 1 (N x A, as CelebA has them). AdamW on a
    one-cycle schedule. On a CPU, the same settings, data, machine and `threads` give the same network bit for bit.
    `progress` is called after every step with the steps done, all steps and the loss.

    Raises:
        UserError: labels that do not fit the images, fewer than two classes, images that `prepare` refuses,
            weights that `build_network` refuses, or a loss that is no longer finite.
    """
    task = _task(images, labels, test_images, test_labels)
    # Batch normalisation can not train on a single image, which a remainder may be: remainders are dropped.
    batch_size = min(settings.batch_size, len(images))
    steps = len(images) // batch_size
    total = settings.epochs * steps
    history = []
    with _reproducible(settings.seed, threads):
        network = build_network(settings, task.n_outputs, weights).to(device)
        optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=total)
        for epoch in range(settings.epochs):
            started = time.perf_counter()
            losses, hits = [], 0.0
            batches = torch.randperm(len(images)).numpy()[: steps * batch_size].reshape(steps, batch_size)
            for step, batch in enumerate(batches, start=1):
                inputs = prepare(images[batch], settings.image_size).to(device)
                targets = torch.as_tensor(labels[batch], dtype=torch.long, device=device)
                loss, batch_hits = _train_step(network, task, optimiser, inputs, targets, settings.precision)
                schedule.step()
                losses.append(loss)
                hits += batch_hits
                if progress:
                    progress(epoch * steps + step, total, loss)
            test_accuracy = _accuracy(network, task, test_images, test_labels, settings.image_size)
            seconds = time.perf_counter() - started
            history.append(Epoch(float(np.mean(losses)), hits / batches.size, test_accuracy, seconds))
    return network, history


@dataclass(frozen=True)
class FeatureExtractor:
    """A fine-tuned network without its last layer (VRRAE, Appendix A.7, step 4)."""

    network: Inception3
    settings: ExtractorSettings

    @classmethod
    def of(cls, network: Inception3, settings: ExtractorSettings, device: str = "cpu") -> "FeatureExtractor":
        """The extractor within a network of `build_network` or `fine_tune`, which is left as it is."""
        bare = _headless()
        bare.load_state_dict(_body(network))
        return cls(bare.to(device, memory_format=torch.channels_last), settings)

    def features(self, images: Images, batch_size: int = 128) -> Float32[np.ndarray, "N 2048"]:
        """Features of images, each independent of the others: batches only save memory.

        Raises:
            UserError: the images are not uint8 [N, H, W, 1 or 3].
        """
        outputs = list(_evaluate(self.network, images, self.settings.image_size, batch_size))
        return np.concatenate(outputs) if outputs else np.empty((0, FEATURES), dtype=np.float32)


def save_extractor(network: Inception3, settings: ExtractorSettings, path: Path | str) -> None:
    """Write the network without its heads, and the settings, as plain data.

    Only what decides the features is in the file: the same training gives the same bytes and the same hash.
    """
    content = {"settings": settings.model_dump(), "network": _body(network)}
    # Through an open file: given a path, torch writes the (temporary) name into the archive.
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        torch.save(content, file)


def load_extractor(path: Path | str, device: str = "cpu") -> FeatureExtractor:
    """Read what `save_extractor` wrote. Nothing in the file is executed.

    Raises:
        UserError: the file is missing, or not such a file.
    """
    content = _load_plain(path)
    try:
        settings, state = ExtractorSettings(**content["settings"]), content["network"]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a feature extractor of this benchmark. Delete it and rerun.") from error
    network = _headless()
    _load_state(network, state, path)
    return FeatureExtractor(network.to(device, memory_format=torch.channels_last), settings)


def _headless() -> Inception3:
    network = Inception3(aux_logits=False, transform_input=True, init_weights=False)
    network.fc = nn.Identity()
    return network


def _body(network: Inception3) -> dict[str, torch.Tensor]:
    return {name: value.cpu() for name, value in network.state_dict().items() if not name.startswith(HEADS)}


def _load_plain(path: Path | str):
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file.") from error
    except UnpicklingError as error:
        raise UserError(
            f"{path}: holds more than tensors and plain data, so it was not loaded: it could run code. "
            "Delete it and fetch or make it again."
        ) from error
    except (RuntimeError, EOFError, ValueError) as error:
        raise UserError(f"{path}: damaged or incomplete. Delete it and fetch or make it again.") from error


def _load_state(network: Inception3, state, path: Path | str) -> None:
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not the weights of torchvision's Inception-v3. Fetch or make it again.") from error


class _Task(NamedTuple):
    """What the network is tuned on.

    Attributes:
        n_outputs: Classes, or attributes.
        loss: Of outputs and labels, averaged over the images.
        hits: For each image 1 if its class is right, or the share of its attributes that are.
    """

    n_outputs: int
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    hits: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _task(images, labels, test_images, test_labels) -> _Task:
    for name, some_images, some_labels in (("training", images, labels), ("test", test_images, test_labels)):
        if len(some_images) == 0:
            raise UserError(f"feature extractor: there are no {name} images.")
        if some_labels.shape[:1] != (len(some_images),) or not np.issubdtype(some_labels.dtype, np.integer):
            raise UserError(
                f"feature extractor: {len(some_images)} {name} images, but labels of type {some_labels.dtype} and "
                f"shape {some_labels.shape}; each needs one class index (an integer), or a row of attributes (0 or 1)."
            )
    if labels.ndim == 2:
        return _attributes(labels, test_labels)
    return _classes(labels, test_labels)


def _classes(labels, test_labels) -> _Task:
    known = np.unique(labels)
    if len(known) < 2:
        raise UserError(f"feature extractor: {len(known)} class in the training labels; at least two are needed.")
    if known[0] < 0 or not np.isin(test_labels, known).all():
        raise UserError(
            f"feature extractor: training classes {known.tolist()}, test classes "
            f"{np.unique(test_labels).tolist()}; count from 0, and train on every class that is tested."
        )
    return _Task(int(known[-1]) + 1, cross_entropy, lambda outputs, targets: (outputs.argmax(1) == targets).float())


def _attributes(labels, test_labels) -> _Task:
    values = np.union1d(labels, test_labels)
    if labels.shape[1:] != test_labels.shape[1:] or not np.isin(values, (0, 1)).all():
        raise UserError(
            f"feature extractor: attributes of shape {labels.shape[1:]} for training and {test_labels.shape[1:]} for "
            f"test images, with values {values.tolist()}; both need the same ones, each 0 or 1."
        )
    return _Task(
        labels.shape[1],
        lambda outputs, targets: binary_cross_entropy_with_logits(outputs, targets.float()),
        lambda outputs, targets: ((outputs > 0) == (targets > 0)).float().mean(1),
    )


def _train_step(network, task: _Task, optimiser, inputs, targets, precision: str) -> tuple[float, float]:
    """One update; the loss before it, and how many images (or shares of one) were right."""
    network.train()
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        outputs = network(inputs)
    logits, *auxiliary = [outputs] if isinstance(outputs, torch.Tensor) else outputs
    loss = task.loss(logits.float(), targets)
    for auxiliary_logits in auxiliary:
        loss = loss + AUXILIARY_WEIGHT * task.loss(auxiliary_logits.float(), targets)
    if not torch.isfinite(loss):
        raise UserError(f"feature extractor: the loss became {loss.item()}. Use a smaller learning rate for it.")
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item(), float(task.hits(logits, targets).sum())


def _accuracy(network, task: _Task, images, labels, image_size: int) -> float:
    outputs = torch.from_numpy(np.concatenate(list(_evaluate(network, images, image_size))))
    return float(task.hits(outputs, torch.as_tensor(labels, dtype=torch.long)).mean())


@torch.inference_mode()
def _evaluate(network, images, image_size: int, batch_size: int = 128) -> Iterator[np.ndarray]:
    """Outputs of the network in evaluation mode and float32, a batch at a time."""
    network.eval()
    device = next(network.parameters()).device
    for start in range(0, len(images), batch_size):
        yield network(prepare(images[start : start + batch_size], image_size).to(device)).cpu().numpy()


@contextmanager
def _reproducible(seed: int, threads: int | None) -> Iterator[None]:
    """Seeded, deterministic and on `threads` threads inside; torch's global state as before afterwards."""
    were_deterministic, had_threads = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    filled = torch.utils.deterministic.fill_uninitialized_memory
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        # Only a warning where a GPU has no deterministic kernel.
        torch.use_deterministic_algorithms(True, warn_only=True)
        # A debugging aid that comes with it, and slows every step.
        torch.utils.deterministic.fill_uninitialized_memory = False
        torch.set_num_threads(threads or had_threads)
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(were_deterministic)
            torch.utils.deterministic.fill_uninitialized_memory = filled
            torch.set_num_threads(had_threads)
