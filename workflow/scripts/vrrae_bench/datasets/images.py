"""One image file, as the pixels that are stored."""

from pathlib import Path
from struct import error as StructError
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from vrrae_bench.errors import UserError

LARGEST_IMAGE = 50_000_000  # pixels; more is no picture for a benchmark, and might be made to fill the memory
MODES = {1: "L", 3: "RGB"}


def open_image(file: Path | BinaryIO, name: str, channels: int) -> Image.Image:
    """A decoded image, upright as its camera was held, in grey (1 channel) or colour (3).

    Raises:
        UserError: Not to be read, no image, cut short, too large, transparent, or deeper than 8 bits.
    """
    try:
        with Image.open(file) as image:
            if image.width * image.height > LARGEST_IMAGE:
                raise UserError(
                    f"{name}: announces {image.width:,} x {image.height:,} pixels, more than {LARGEST_IMAGE:,} in all; "
                    "it was not decoded. Make it smaller, or remove it."
                )
            _refuse_what_is_lost(image, name)
            return ImageOps.exif_transpose(image).convert(MODES[channels])
    except PermissionError as error:
        raise UserError(f"{name}: cannot be read ({error.strerror}). Mend its permissions.") from None
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(f"{name}: is no image that can be read ({error}). Replace or remove it.") from None
    except (OSError, SyntaxError, ValueError, EOFError, StructError) as error:
        raise UserError(f"{name}: is cut short or damaged ({error}). Replace or remove it.") from None


def pixels(image: Image.Image, image_size: int | None = None) -> UInt8[np.ndarray, "H W C"]:
    """The pixels of an image, resized to a square if asked to: bilinear, antialiased, once and without a crop."""
    if image_size is not None and image.size != (image_size, image_size):
        image = image.resize((image_size, image_size), Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


def _refuse_what_is_lost(image: Image.Image, name: str) -> None:
    """Refuse what 8 bits of grey or colour cannot hold."""
    # Pillow opens colour of 16 bits as colour of 8; what the file holds stands with its decoder.
    if image.mode.startswith(("I", "F")) or any(map(_is_deep, getattr(image, "tile", ()))):
        raise UserError(
            f"{name}: has more than 8 bits per value (mode {image.mode}), and images are stored as uint8. "
            "Convert it to 8 bits, scaled as you want it."
        )
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema()[0] < 255:
        raise UserError(f"{name}: is partly transparent. Put it on a background and save it without transparency.")


def _is_deep(tile: Any) -> bool:
    """Whether a decoder reads 16 bits for each value: its first argument is a mode such as `RGB;16B`.

    Other arguments are numbers; and `BGR;16` has its 16 bits for three values.
    """
    mode = tile.args if isinstance(tile.args, str) else next(iter(tile.args or ()), "")
    return str(mode).endswith((";16B", ";16L", ";16N"))
