"""Images that a user hands over as an array: what they have to be, and what is wrong with others."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Num, UInt8

from vrrae_bench.artefacts.manifest import Normalisation
from vrrae_bench.artefacts.run import AN_ARRAY
from vrrae_bench.datasets.settings import LARGEST_SIDE, SMALLEST_SIDE
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.system.errors import UserError, is_out_of_memory

BYTES = (0, 255)
# Bytes none of which is above this are probably numbers between 0 and 1, or between 0 and 16, in the type of bytes.
DARKEST = 127
# Standardised numbers that are farther from their mean are in other units.
DEVIATIONS = 10


def images_to_train_on(
    images: Any, value_range: tuple[float, float] | None
) -> tuple[Num[np.ndarray, "N H W C"], Normalisation]:
    """The images in the type in which a data set stores them, and how a model sees them: from 0 to 1.

    Args:
        images: uint8, or numbers of any type with their range.
        value_range: The lowest and the highest value that an image can have; None for bytes from 0 to 255.

    Raises:
        UserError: What is wrong with the images or the range, and how to mend it.
    """
    array = _numbers(images)
    if array.ndim != 4:
        more = " Grey images without channels become such by images[..., None]." if array.ndim == 3 else ""
        raise UserError(f"images: their shape is {array.shape}, and has to be N x height x width x channels.{more}")
    n_images, height, width, channels = array.shape
    if not n_images or not channels:
        raise UserError(f"images: there are none in an array of the shape {array.shape}.")
    if height != width:
        raise UserError(
            f"images: they are {width} pixels wide and {height} high by their shape {array.shape}, and the decoder "
            "makes square ones. Crop or resize them; channels come last."
        )
    if not SMALLEST_SIDE <= height <= LARGEST_SIDE:
        raise UserError(
            f"images: they are {height} pixels wide and high; {SMALLEST_SIDE} to {LARGEST_SIDE} are possible. "
            "Resize them."
        )
    low, high = _range(array, value_range)
    if array.min() < low or array.max() > high:
        raise UserError(
            f"images: their values lie from {array.min():g} to {array.max():g}, outside value_range=({low:g}, "
            f"{high:g}). Give the range that they have, or clip them."
        )
    stored = array if array.dtype == np.uint8 else array.astype(np.float32)
    return np.ascontiguousarray(stored), Normalisation(shift=low, scale=high - low)


def images_for_model(images: Any, header: ModelHeader) -> Num[np.ndarray, "N H W C"]:
    """Images for a trained model, which have to be such as it was trained on.

    Raises:
        UserError: They have another shape, or are clearly in other units.
    """
    array = _numbers(images)
    if array.ndim != 4 or array.shape[1:] != header.image_shape or not len(array):
        wanted = " x ".join(map(str, header.image_shape))
        raise UserError(f"images: their shape is {array.shape}, and this model takes N x {wanted}.")
    units = _units(header)
    if array.min() < units.lowest or array.max() > units.highest or 0 < array.max() <= units.too_dark:
        raise UserError(
            f"images: their values lie from {array.min():g} to {array.max():g}, and this model was trained on values "
            f"{units.words}. Scale them so."
        )
    return array if array.dtype == np.uint8 else array.astype(np.float32)


class _Units(NamedTuple):
    """What a model was trained on, and which images are clearly in other units.

    Attributes:
        words: The former, for a message.
        lowest, highest: No value of an image lies beyond these.
        too_dark: Images that are not all zero have a higher value than this.
    """

    words: str
    lowest: float
    highest: float
    too_dark: float = 0


def _units(header: ModelHeader) -> _Units:
    shift, scale = header.normalisation.shift, header.normalisation.scale
    if (shift, shift + scale) == BYTES:
        return _Units("from 0 to 255", *BYTES, too_dark=1)
    if header.run.dataset == AN_ARRAY:
        # Images of the same units may reach somewhat beyond the range of those that the model was trained on.
        return _Units(f"from {shift:g} to {shift + scale:g}", shift - scale, shift + 2 * scale)
    # The benchmark's own numbers that are no bytes, the bumps, are standardised; their brightest is 6 deviations above.
    words = f"of the mean {shift:.2g} and the standard deviation {scale:.2g}"
    return _Units(words, shift - DEVIATIONS * scale, shift + DEVIATIONS * scale)


def _numbers(images: Any) -> Num[np.ndarray, "..."]:
    try:
        array = np.asarray(images)
    except (TypeError, ValueError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"images: no array can be made of them ({reason}). Give one array for all images.") from None
    if array.dtype.kind not in "fiu":
        raise UserError(f"images: they are of the type {array.dtype}, and have to be numbers.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UserError("images: there are NaN or infinite values among them. Leave those images out, or mend them.")
    return array


def _range(array: Num[np.ndarray, "N H W C"], value_range: tuple[float, float] | None) -> tuple[float, float]:
    if value_range is None:
        if array.dtype != np.uint8:
            raise UserError(
                f"images: they are of the type {array.dtype}, whose values may have any range. Give it, for "
                f"instance value_range=(0, 1). These lie from {array.min():g} to {array.max():g}."
            )
        _refuse_dark(array)
        return BYTES
    try:
        low, high = (float(value) for value in value_range)
    except (TypeError, ValueError):
        raise UserError(f"value_range: {value_range!r} is not the lowest and the highest value, as (0, 1).") from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise UserError(f"value_range: {value_range!r} is not a finite number and a higher one.")
    return low, high


def _refuse_dark(array: UInt8[np.ndarray, "N H W C"]) -> None:
    if (brightest := array.max()) <= DARKEST:
        raise UserError(
            f"images: they are bytes, and none is above {brightest} of 255. If they are meant to be that dark, say "
            f"value_range=(0, 255); if {brightest} is white, value_range=(0, {brightest})."
        )
