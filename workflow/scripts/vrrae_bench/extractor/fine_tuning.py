"""Fine-tuning Inception-v3 to tell the labels of a data set (VRRAE, Appendix A.7, steps 1 to 3), resumable at any step.

All layers are trained by AdamW on a cosine schedule. Some of the training images are kept apart. The weights that tell
the labels of these best are kept, and fine-tuning ends early when they get no better.

In training, batch normalisation divides by the deviation within a batch. This hides images whose features are far
larger than those of other images: within their batch they are small. Features are computed with running statistics,
which do not hide them. In the settling epochs, training uses these statistics too, so that the loss sees such images.
Their labels are told right, so only label smoothing, which punishes too sure an answer, makes their features smaller.
docs/studies.md ("The extractors of CIFAR-10") has the numbers.
"""

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import nn
from torchvision.models import Inception3

from vrrae_bench.extractor.checkpoints import TuningCheckpoints
from vrrae_bench.extractor.devices import reproducible
from vrrae_bench.extractor.guessing import AgainstGuessing, against_guessing
from vrrae_bench.extractor.inception import Pixels, build_network, outputs, prepare
from vrrae_bench.extractor.labels import LabelledImages, Task, majority_accuracy, majority_correct, task_of
from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.system.checkpoints import Keeper
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.provenance import Stopwatch
from vrrae_bench.system.seeding import derived_seed
from vrrae_bench.system.termination import termination

AUXILIARY_WEIGHT = 0.4
WARM_UP = 0.1  # share of the steps in which the learning rate rises
EVALUATION_BATCH = 128
# All that the seed of the settings decides beside the start weights. Each draws from a stream of its own.
SPLIT, ORDER, NOISE = 1, 2, 3


class Epoch(NamedTuple):
    """One pass over the training images.

    Attributes:
        loss: The loss, with label smoothing and with the auxiliary loss, averaged over the steps of the epoch.
        train_accuracy: The accuracy in [0, 1] during the steps of the epoch: with dropout, while the weights change.
        validation_loss: The loss on the images kept apart, after the epoch, without label smoothing and without the
            auxiliary loss.
        validation_accuracy: The accuracy in [0, 1] on the images kept apart, after the epoch.
    """

    loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


class FineTuned(NamedTuple):
    """The outcome of a fine-tuning.

    Attributes:
        network: The network with the weights of the best epoch.
        history: All epochs.
        kept: The number of the best epoch, from 1 on.
        test_accuracy: The test accuracy of these weights, in [0, 1].
        labels: The kind of labels: "10 classes", or "40 attributes", over which the accuracy is averaged.
        majority_accuracy: The test accuracy of always guessing the label that most training images have.
        against_guessing: The comparison of the network with this guess.
    """

    network: Inception3
    history: list[Epoch]
    kept: int
    test_accuracy: float
    labels: str
    majority_accuracy: float
    against_guessing: AgainstGuessing

    def recorded(self) -> dict[str, Any]:
        """What is recorded beside the network."""
        best = self.history[self.kept - 1]
        return {
            "train_accuracy": best.train_accuracy,
            "validation_accuracy": best.validation_accuracy,
            "test_accuracy": self.test_accuracy,
            "labels": self.labels,
            "majority_accuracy": self.majority_accuracy,
            **self.against_guessing.recorded(),
            "kept_epoch": self.kept,
            "history": [epoch._asdict() for epoch in self.history],
        }


def fine_tune(
    train: LabelledImages,
    test: LabelledImages,
    settings: ExtractorSettings,
    checkpoints: TuningCheckpoints,
    *,
    stopwatch: Stopwatch,
    checkpoint_seconds: float,
    report: Callable[[str], None],
    weights: Path | None = None,
    threads: int | None = None,
    device: str = "cpu",
) -> FineTuned:
    """Fine-tune to the end, from the newest checkpoint if there is one.

    On a CPU, the same settings, data, machine and `threads` give the same network bit for bit, interrupted or not.

    Args:
        stopwatch: The time that was spent before the checkpoint is added to it.
        checkpoint_seconds: Time between two checkpoints.
        report: Is called with a line of progress now and then, and after every epoch.
        weights: ImageNet weights, if fine-tuning starts from them.
        threads: CPU threads; none leaves their number as it is.

    Raises:
        UserError: Labels that do not fit the images, fewer than two classes, images that `prepare` refuses, too few
            of them, weights that `build_network` refuses, or a loss that is no longer finite.
        Interrupted: SIGTERM came; a checkpoint holds all that was done.
    """
    task = task_of(train, test)
    validation, rest = validation_split(len(train.images), settings)
    batches = _Batches(rest, settings)
    with reproducible(settings.seed, threads), termination() as asked_to_end:
        state = _resumed(_State.start(settings, task, weights, device), checkpoints, stopwatch, report)
        keep = Keeper(
            lambda: checkpoints.save(state.step, state.content(stopwatch.seconds())),
            lambda: f"step {state.step} of {batches.total} (evaluated epochs: {len(state.history)})",
            checkpoint_seconds,
            asked_to_end,
        )
        while (epoch := len(state.history)) < settings.epochs and not is_stalled(state.history, settings):
            _take_steps(state, task, train, batches, settings, device, report, keep)
            validated = _evaluate(state.network, task, train, validation, settings, keep)
            steps = batches.per_epoch
            found = Epoch(state.loss / steps, state.hits / (steps * batches.size), *validated)
            state.end_epoch(found, settings.first_kept)
            report(f"epoch {epoch + 1} of at most {settings.epochs}: {_describe(state.history[-1])}")
        keep(final=True)
        return _outcome(state, task, train, test, settings, report, keep)


def cosine_schedule(step: int, n_steps: int) -> float:
    """The learning rate of a step, from 0 on, as a share of its peak.

    It rises linearly over the first tenth of the steps, then falls along half a cosine to nearly zero at the last.
    """
    warm_up = max(1, round(WARM_UP * n_steps))
    if step < warm_up:
        return (step + 1) / warm_up
    return (1 + math.cos(math.pi * (step - warm_up) / (n_steps - warm_up))) / 2


def validation_split(n_images: int, settings: ExtractorSettings) -> tuple[Int[np.ndarray, " V"], Int[np.ndarray, " T"]]:
    """The images that are kept apart, and the images to train on, drawn by the seed. Both are in the data's order.

    Raises:
        UserError: Fewer than two images would be left to train on.
    """
    n_validation = max(1, round(settings.validation_share * n_images))
    if n_images - n_validation < 2:
        raise UserError(
            f"feature extractor: of {n_images} training images, {n_validation} are kept apart for validation, and at "
            "least two must be left. Use more images, or a smaller validation_share."
        )
    order = np.random.default_rng(_seeds(settings, SPLIT)).permutation(n_images)
    return np.sort(order[:n_validation]), np.sort(order[n_validation:])


def best_epoch(history: list[Epoch], first_kept: int = 0) -> int:
    """The epoch, from 0 on, that is best on the images kept apart: by accuracy, then by loss, then the earliest.

    Args:
        first_kept: The first epoch that counts. Before it comes, all epochs count.
    """
    counted = range(first_kept, len(history)) or range(len(history))
    return max(counted, key=lambda n: (history[n].validation_accuracy, -history[n].validation_loss))


def is_stalled(history: list[Epoch], settings: ExtractorSettings) -> bool:
    """Whether the last `patience` epochs were no better than the best epoch before them, of those that may be kept."""
    counted = history[settings.first_kept :]
    return len(counted) > settings.patience and len(counted) - 1 - best_epoch(counted) >= settings.patience


@dataclass
class _State:
    """All that changes while fine-tuning.

    Attributes:
        step: Number of steps done.
        loss: Sum of the loss over the steps of this epoch so far.
        hits: Number of images of this epoch that were told right so far, or the sum of the shares of their attributes.
        best: The weights after the best epoch so far.
    """

    network: Inception3
    optimiser: torch.optim.Optimizer
    step: int = 0
    loss: float = 0.0
    hits: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, torch.Tensor] = field(default_factory=dict)

    @classmethod
    def start(cls, settings: ExtractorSettings, task: Task, weights: Path | None, device: str) -> "_State":
        network = build_network(settings, task.n_outputs, weights).to(device)
        return cls(network, torch.optim.AdamW(network.parameters(), settings.learning_rate, fused=True))

    def end_epoch(self, epoch: Epoch, first_kept: int) -> None:
        self.history.append(epoch)
        self.loss, self.hits = 0.0, 0.0
        if best_epoch(self.history, first_kept) == len(self.history) - 1:
            self.best = {name: value.cpu().clone() for name, value in self.network.state_dict().items()}

    def content(self, seconds: float) -> dict[str, Any]:
        """The whole state as tensors and plain data, with the time spent so far."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "best": self.best,
            "history": [tuple(epoch) for epoch in self.history],
            "step": self.step,
            "loss": self.loss,
            "hits": self.hits,
            "seconds": seconds,
        }

    def restored(self, content: dict[str, Any]) -> tuple["_State", float]:
        """Take over what `content` gave; returns this state and the time that had been spent on it."""
        if content["history"]:
            self.network.load_state_dict(content["best"])  # so that a damaged `best` is found now, and not at the end
        self.network.load_state_dict(content["network"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.history = [Epoch(*epoch) for epoch in content["history"]]
        self.best, self.step = content["best"], content["step"]
        self.loss, self.hits = content["loss"], content["hits"]
        return self, content["seconds"]


class _Batches:
    """The images of each step. Each epoch has the images to train on in an order of its own, in whole batches.

    The remainder of an epoch is left out. It may be a single image, on which batch normalisation cannot train.

    Attributes:
        size: The number of images in a batch.
        per_epoch: The number of steps in an epoch.
        total: The number of steps in all epochs.
    """

    def __init__(self, indices: Int[np.ndarray, " n"], settings: ExtractorSettings):
        self._indices, self._settings = indices, settings
        self.size = min(settings.batch_size, len(indices))
        self.per_epoch = len(indices) // self.size
        self.total = settings.epochs * self.per_epoch

    def of_epoch(self, epoch: int, first_step: int) -> Iterator[tuple[int, Int[np.ndarray, " b"]]]:
        """The steps of an epoch from a step on, each with the indices of its images. Both are counted from 0."""
        order = np.random.default_rng(_seeds(self._settings, ORDER, epoch)).permutation(self._indices)
        for step in range(first_step, (epoch + 1) * self.per_epoch):
            first = (step - epoch * self.per_epoch) * self.size
            yield step, order[first : first + self.size]


def _resumed(
    start: _State, checkpoints: TuningCheckpoints, stopwatch: Stopwatch, report: Callable[[str], None]
) -> _State:
    """The state of the newest checkpoint, or the start if there is no checkpoint."""
    # The state is read into a copy, because a damaged state may have changed half of it before it is refused.
    found = checkpoints.load(lambda content: deepcopy(start).restored(content))
    if found is None:
        return start
    state, seconds = found
    stopwatch.add(seconds)
    report(f"continuing from the checkpoint after step {state.step}")
    return state


def _take_steps(
    state: _State,
    task: Task,
    data: LabelledImages,
    batches: _Batches,
    settings: ExtractorSettings,
    device: str,
    report: Callable[[str], None],
    keep: Callable[[], None],
) -> None:
    """Take the steps that are left of the epoch."""
    for step, batch in batches.of_epoch(len(state.history), state.step):
        inputs = prepare(data.images[batch], settings.image_size).to(device)
        targets = torch.as_tensor(data.labels[batch], dtype=torch.long, device=device)
        loss = _train_step(state, task, settings, inputs, targets, cosine_schedule(step, batches.total))
        if state.step % max(1, batches.total // 20) == 0:
            report(f"step {state.step} of {batches.total}: loss {loss:.3f}")
        keep()


def _train_step(
    state: _State, task: Task, settings: ExtractorSettings, inputs: torch.Tensor, targets: torch.Tensor, share: float
) -> float:
    """Make one update at a share of the learning rate; returns the loss before it."""
    for group in state.optimiser.param_groups:
        group["lr"] = settings.learning_rate * share
    # Each step has a stream of its own for dropout, so there is no random state to save.
    torch.manual_seed(_seed(settings, NOISE, state.step))
    state.network.train()
    if settings.settles(len(state.history)):
        for module in state.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
        found = state.network(inputs)
    logits, *auxiliary = [found] if isinstance(found, torch.Tensor) else found
    loss = task.loss(logits.float(), targets, settings.label_smoothing)
    for auxiliary_logits in auxiliary:
        loss = loss + AUXILIARY_WEIGHT * task.loss(auxiliary_logits.float(), targets, settings.label_smoothing)
    value = _finite(loss.item())
    state.optimiser.zero_grad()
    loss.backward()
    state.optimiser.step()
    state.step += 1
    state.loss += value
    state.hits += float(task.hits(logits, targets).sum())
    return value


def _outcome(
    state: _State,
    task: Task,
    train: LabelledImages,
    test: LabelledImages,
    settings: ExtractorSettings,
    report: Callable[[str], None],
    keep: Callable[[], None],
) -> FineTuned:
    """The network with the weights of the best epoch, and how well it tells the labels of the test images."""
    state.network.load_state_dict(state.best)
    found, targets = _told(state.network, test, np.arange(len(test.images)), settings, keep)
    _, test_accuracy = _loss_and_accuracy(task, found, targets)
    kept = best_epoch(state.history, settings.first_kept) + 1
    report(f"kept the weights of epoch {kept}: test accuracy {test_accuracy:.2%}")
    majority = majority_accuracy(train.labels, test.labels)
    guessing = against_guessing(task.correct(found, targets).numpy(), majority_correct(train.labels, test.labels))
    return FineTuned(state.network, state.history, kept, test_accuracy, task.name, majority, guessing)


def _evaluate(
    network: Inception3,
    task: Task,
    data: LabelledImages,
    indices: Int[np.ndarray, " n"],
    settings: ExtractorSettings,
    keep: Callable[[], None],
) -> tuple[float, float]:
    """Loss and accuracy of the network on some of the images."""
    return _loss_and_accuracy(task, *_told(network, data, indices, settings, keep))


def _loss_and_accuracy(task: Task, found: torch.Tensor, targets: torch.Tensor) -> tuple[float, float]:
    return _finite(task.loss(found, targets, 0.0).item()), float(task.hits(found, targets).mean())


def _told(
    network: Inception3,
    data: LabelledImages,
    indices: Int[np.ndarray, " n"],
    settings: ExtractorSettings,
    keep: Callable[[], None],
) -> tuple[torch.Tensor, torch.Tensor]:
    """The outputs of the network for some of the images, and their labels."""

    def batches() -> Iterator[Pixels]:
        for start in range(0, len(indices), EVALUATION_BATCH):
            yield data.images[indices[start : start + EVALUATION_BATCH]]
            keep()

    found = torch.from_numpy(np.concatenate(list(outputs(network, batches(), settings.image_size))))
    return found, torch.as_tensor(data.labels[indices], dtype=torch.long)


def _finite(loss: float) -> float:
    if not math.isfinite(loss):
        raise UserError(f"feature extractor: the loss became {loss}. Use a smaller learning rate for it.")
    return loss


def _describe(epoch: Epoch) -> str:
    return (
        f"training loss {epoch.loss:.3f}, accuracy {epoch.train_accuracy:.2%}; "
        f"validation loss {epoch.validation_loss:.3f}, accuracy {epoch.validation_accuracy:.2%}"
    )


def _seeds(settings: ExtractorSettings, *stream: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([derived_seed(settings.seed, "extractor"), *stream])


def _seed(settings: ExtractorSettings, *stream: int) -> int:
    return int(_seeds(settings, *stream).generate_state(1)[0])
