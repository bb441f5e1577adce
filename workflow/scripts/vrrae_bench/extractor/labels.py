"""The labels that an Inception-v3 is tuned to tell: one class of each image, or several attributes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Integer
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from vrrae_bench.extractor.guessing import Correct
from vrrae_bench.extractor.inception import Images
from vrrae_bench.system.errors import UserError

# `_`: training and test labels of one signature differ in number.
Labels = Integer[np.ndarray, " _"] | Integer[np.ndarray, "_ A"]


class LabelledImages(NamedTuple):
    """Images and their labels.

    Attributes:
        labels: One class per image (N), or several attributes, each 0 or 1 (N x A, as CelebA has them).
    """

    images: Images
    labels: Labels


class Task(NamedTuple):
    """The task that the network is tuned on.

    Attributes:
        name: The number and kind of labels, such as "10 classes".
        n_outputs: Number of classes or attributes.
        loss: The loss of outputs and labels, averaged over the images. Its last argument is the label smoothing, the
            share of the weight of each label that is spread over all of its values (Szegedy et al. 2016, section 7).
        correct: For each image, whether its class is told right, or which of its attributes are.
    """

    name: str
    n_outputs: int
    loss: Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]
    correct: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

    def hits(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """For each image, 1 if its class is right and 0 if not, or the share of its attributes that are right."""
        correct = self.correct(outputs, targets).float()
        return correct if correct.ndim == 1 else correct.mean(1)


def task_of(train: LabelledImages, test: LabelledImages) -> Task:
    """The task of telling the labels of these images.

    Raises:
        UserError: Labels that do not fit the images or each other, or fewer than two classes.
    """
    for name, (some_images, some_labels) in (("training", train), ("test", test)):
        if len(some_images) == 0:
            raise UserError(f"feature extractor: there are no {name} images.")
        if some_labels.shape[:1] != (len(some_images),) or not np.issubdtype(some_labels.dtype, np.integer):
            raise UserError(
                f"feature extractor: {len(some_images)} {name} images, but labels of type {some_labels.dtype} and "
                f"shape {some_labels.shape}; each needs one class index (an integer), or a row of attributes (0 or 1)."
            )
    if train.labels.ndim == 2:
        return _attributes(train.labels, test.labels)
    return _classes(train.labels, test.labels)


def _classes(labels: Integer[np.ndarray, " N"], test_labels: Labels) -> Task:
    known = np.unique(labels)
    if len(known) < 2:
        raise UserError(f"feature extractor: {len(known)} class in the training labels; at least two are needed.")
    if known[0] < 0 or not np.isin(test_labels, known).all():
        raise UserError(
            f"feature extractor: training classes {known.tolist()}, test classes "
            f"{np.unique(test_labels).tolist()}; count from 0, and train on every class that is tested."
        )
    n_classes = int(known[-1]) + 1
    return Task(
        f"{n_classes} classes",
        n_classes,
        lambda outputs, targets, smoothing: cross_entropy(outputs, targets, label_smoothing=smoothing),
        lambda outputs, targets: outputs.argmax(1) == targets,
    )


def _attributes(labels: Integer[np.ndarray, "N A"], test_labels: Labels) -> Task:
    values = np.union1d(labels, test_labels)
    if labels.shape[1:] != test_labels.shape[1:] or not np.isin(values, (0, 1)).all():
        raise UserError(
            f"feature extractor: attributes of shape {labels.shape[1:]} for training and {test_labels.shape[1:]} for "
            f"test images, with values {values.tolist()}; both need the same ones, each 0 or 1."
        )
    n_attributes = labels.shape[1]
    return Task(
        f"{n_attributes} attributes",
        n_attributes,
        lambda outputs, targets, smoothing: binary_cross_entropy_with_logits(
            outputs, targets.float() * (1 - smoothing) + smoothing / 2
        ),
        lambda outputs, targets: (outputs > 0) == (targets > 0),
    )


def majority_correct(labels: Labels, test_labels: Labels) -> Correct:
    """The test labels that are right if each image is given the label that most training images have."""
    if labels.ndim == 2:
        return test_labels == (labels.mean(axis=0) > 0.5)
    classes, counts = np.unique(labels, return_counts=True)
    return test_labels == classes[counts.argmax()]


def majority_accuracy(labels: Labels, test_labels: Labels) -> float:
    """Share of test labels that are right if each image is given the label that most training images have."""
    return float(majority_correct(labels, test_labels).mean())
