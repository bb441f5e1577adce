"""Checks of images that a user passes as an array, and messages about images that cannot be used."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Num, UInt8

from vrrae_bench.artefacts.manifest import OF_BYTES, Normalisation
from vrrae_bench.artefacts.run import AN_ARRAY
from vrrae_bench.datasets.settings import LARGEST_OF_DARK
from vrrae_bench.datasets.sizes import refuse_size
from vrrae_bench.models.serialisation import ModelHeader
from vrrae_bench.system.errors import UserError, is_out_of_memory

BYTES = (OF_BYTES.shift, OF_BYTES.shift + OF_BYTES.scale)
# Standardised images with values more than this many standard deviations from their mean are in other units.
DEVIATIONS = 10
# Images with values that lie outside their range by more than this share of it are in other units.
OUTSIDE = 1 / 2
# As many values as a byte has are the fewest that float32 has to tell apart within the range of images.
SHADES = 256


def images_to_train_on(
    images: Any, value_range: tuple[float, float] | None
) -> tuple[Num[np.ndarray, "N H W C"], Normalisation]:
    """The images in the type in which a data set stores them, and the normalisation to the values that a model sees.

    Args:
        images: Bytes (uint8), or numbers of any other type, for which `value_range` has to be given.
        value_range: The lowest and the highest value that an image can have, which a model sees as 0 and 1. None stands
            for bytes from 0 to 255.

    Raises:
        UserError: The images or the range are wrong. The message says what is wrong and how to correct it.
    """
    array = _numbers(images)
    if array.ndim != 4:
        more = " Grey images without channels become such by images[..., None]." if array.ndim == 3 else ""
        raise UserError(f"images: their shape is {array.shape}, and has to be N x height x width x channels.{more}")
    n_images, height, width, channels = array.shape
    if not n_images or not channels:
        raise UserError(f"images: there are none in an array of the shape {array.shape}.")
    what = f"images: by their shape {array.shape}, they are"
    refuse_size(what, width, height, "Crop or resize them; channels come last.")
    low, high = _range(array, value_range)
    if array.min() < low or array.max() > high:
        raise UserError(
            f"images: their values lie from {array.min():g} to {array.max():g}, outside value_range=({low:g}, "
            f"{high:g}). Give the range that they have, or clip them."
        )
    if array.max() <= low + (high - low) / BYTES[1]:
        raise UserError(
            f"images: their highest value is {array.max():g}, which is black in value_range=({low:g}, {high:g}). If "
            "it is white, give it as the end of the range."
        )
    stored = array if array.dtype == np.uint8 else array.astype(np.float32)
    return np.ascontiguousarray(stored), Normalisation(shift=low, scale=high - low)


def images_for_model(images: Any, header: ModelHeader) -> Num[np.ndarray, "N H W C"]:
    """Images for a trained model. They must have the shape and the units of the images that it was trained on.

    Raises:
        UserError: They have another shape, or are clearly in other units.
    """
    array = _numbers(images)
    if array.ndim != 4 or array.shape[1:] != header.image_shape or not len(array):
        wanted = " x ".join(map(str, header.image_shape))
        raise UserError(f"images: their shape is {array.shape}, and this model takes N x {wanted}.")
    units = _units(header)
    too_dark = 0 <= array.min() and 0 < array.max() <= units.too_dark
    if array.min() < units.lowest or array.max() > units.highest or too_dark:
        raise UserError(
            f"images: their values lie from {array.min():g} to {array.max():g}, and this model was trained on values "
            f"{units.words}. Scale them so.{' They are nearly black in this range.' if too_dark else ''}"
        )
    return array if array.dtype == np.uint8 else array.astype(np.float32)


class _Units(NamedTuple):
    """The units of the images that a model was trained on, and the values from which images are clearly in other units.

    Attributes:
        words: The units, in words for a message.
        lowest, highest: The lowest and the highest value that an image in these units may have.
        too_dark: The brightest value of images has to be above this, unless all values are zero or some are negative.
            Only a range that begins at zero has it, because there a wrong scale makes images nearly black.
    """

    words: str
    lowest: float
    highest: float
    too_dark: float = 0


def _units(header: ModelHeader) -> _Units:
    shift, scale = header.normalisation.shift, header.normalisation.scale
    if header.normalisation == OF_BYTES:
        return _Units("from 0 to 255", *BYTES, too_dark=1)
    if header.run.dataset == AN_ARRAY:
        # Other images in the same units, such as reconstructions, may have values somewhat outside the range.
        lowest, highest = shift - OUTSIDE * scale, shift + (1 + OUTSIDE) * scale
        words = f"from {shift:g} to {shift + scale:g}"
        return _Units(words, lowest, highest, too_dark=0 if shift else scale / BYTES[1])
    # The only images of the benchmark that are not bytes are the bumps. They are standardised, and their highest value
    # is 6 standard deviations above the mean.
    words = f"of the mean {shift:.2g} and the standard deviation {scale:.2g}"
    return _Units(words, shift - DEVIATIONS * scale, shift + DEVIATIONS * scale)


def _numbers(images: Any) -> Num[np.ndarray, "..."]:
    if np.ma.is_masked(images):  # NumPy would take what lies behind the mask
        raise UserError("images: some of their values are masked. Fill them in with images.filled(value).")
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
    with np.errstate(over="ignore"):
        step = np.spacing(np.float32(max(abs(low), abs(high))))
    if not step <= (high - low) / SHADES:  # neither if it is no number
        raise UserError(
            f"value_range: models see images as float32, which has fewer than {SHADES} different values in "
            f"{value_range!r}. Pass (images - low) / (high - low) with value_range=(0, 1)."
        )
    return low, high


def _refuse_dark(array: UInt8[np.ndarray, "N H W C"]) -> None:
    if (brightest := array.max()) <= LARGEST_OF_DARK:
        raise UserError(
            f"images: they are bytes, and none is above {brightest} of 255. If they are meant to be that dark, say "
            f"value_range=(0, 255); if {brightest} is white, value_range=(0, {brightest})."
        )
