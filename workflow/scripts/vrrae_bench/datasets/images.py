"""One image file, as the pixels that are stored."""

from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import Base
from PIL.TiffImagePlugin import BITSPERSAMPLE, SAMPLEFORMAT, TiffImageFile

from vrrae_bench.system.errors import UserError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
LARGEST_IMAGE = 50_000_000  # pixels; a larger image may have been made to fill the memory
MODES = {1: "L", 3: "RGB"}
UNSIGNED = 1  # a SampleFormat of TIFF


def open_image(file: Path | BinaryIO, name: str, channels: int) -> Image.Image:
    """A decoded image, upright as its camera was held, in grey (1 channel) or colour (3).

    It is the first picture of an animation, and of a photograph with a preview beside it.

    Raises:
        UserError: The file cannot be read, has none of `FORMATS`, is cut short, is too large, is transparent, is deeper
            than 8 bits, has signed values, or has several pages.
    """
    try:
        # Pillow knows more formats. An image in one of them, PostScript, is a program, which Pillow would have run.
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > LARGEST_IMAGE:
                raise UserError(
                    f"{name}: announces {image.width:,} x {image.height:,} pixels, more than {LARGEST_IMAGE:,} in all; "
                    "it was not decoded. Make it smaller, or remove it."
                )
            _refuse_pages(image, name)
            _refuse_depth(image, name)
            upright = _decode(image)
            _refuse_transparency(upright, name)
            return upright.convert(MODES[channels])
    except UserError:
        raise
    except PermissionError as error:
        raise UserError(f"{name}: cannot be read ({error.strerror}). Correct its permissions.") from None
    except UnidentifiedImageError:
        raise UserError(
            f"{name}: is no image that can be read; {', '.join(FORMATS)} can. Convert, replace or remove it."
        ) from None
    except Image.DecompressionBombError as error:
        raise UserError(f"{name}: is no image that can be read ({error}). Replace or remove it.") from None
    except Exception as error:  # decoders raise errors of all kinds when they meet damage
        if isinstance(error, OSError) and error.errno is not None:
            raise UserError(f"{name}: cannot be read ({error.strerror}). Check the file and its disk.") from None
        told = str(error) or type(error).__name__
        raise UserError(f"{name}: is cut short or damaged ({told}). Replace or remove it.") from None


def pixels(image: Image.Image, image_size: int | None = None) -> UInt8[np.ndarray, "H W C"]:
    """The pixels of an image, resized to a square if asked to: bilinear, antialiased, once and without a crop."""
    if image_size is not None and image.size != (image_size, image_size):
        image = image.resize((image_size, image_size), Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


def is_square(file: Path) -> bool:
    """Whether an image that can be read is as wide as it is high. Only the beginning of the file is read."""
    with Image.open(file, formats=FORMATS) as image:
        return image.width == image.height


def _decode(image: Image.Image) -> Image.Image:
    """The pixels, upright. Only the orientation of the metadata is used, so that odd entries beside it do no harm."""
    is_tiff = image.format == "TIFF"
    if not is_tiff:
        # First, since what describes a PNG may stand behind its pixels; a TIFF would turn them with all its entries.
        image.load()
    with suppress(Exception):  # a description that cannot be read says nothing, and what could be read of it is kept
        image.getexif()
    exif = image.getexif()
    for entry in set(exif) - {Base.Orientation}:
        del exif[entry]
    try:
        exif.get(Base.Orientation)
    except Exception:
        del exif[Base.Orientation]
    # Otherwise Pillow writes the metadata anew without the orientation, which fails for entries of odd types.
    for key in ("exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"):
        image.info.pop(key, None)
    return ImageOps.exif_transpose(image)


def _refuse_pages(image: Image.Image, name: str) -> None:
    """Refuse a TIFF with several pages. They are separate images, unlike the pictures of an animation."""
    n_pages = getattr(image, "n_frames", 1)  # formats with one image alone do not count it
    if image.format == "TIFF" and n_pages > 1:
        raise UserError(
            f"{name}: has {n_pages} pages, of which one would be stored. Save each page as a file of its own."
        )


def _refuse_depth(image: Image.Image, name: str) -> None:
    # Pillow opens colours of 16 bits as colours of 8 bits. The arguments of its decoder tell what the file holds, but
    # for the planes of a TIFF, which it would read byte by byte. A TIFF itself says how many bits its values have.
    bits = image.tag_v2.get(BITSPERSAMPLE, ()) if isinstance(image, TiffImageFile) else ()
    if image.mode.startswith(("I", "F")) or any(map(_is_deep, getattr(image, "tile", ()))) or max(bits, default=0) > 8:
        raise UserError(
            f"{name}: has more than 8 bits per value (mode {image.mode}), and images are stored as uint8. "
            "Convert it to 8 bits, scaled as you want it."
        )
    if isinstance(image, TiffImageFile) and set(image.tag_v2.get(SAMPLEFORMAT, ())) - {UNSIGNED}:
        raise UserError(f"{name}: its values are not unsigned integers. Convert it to values from 0 to 255.")


def _refuse_transparency(image: Image.Image, name: str) -> None:
    if image.has_transparency_data and np.asarray(image.convert("RGBA"))[..., 3].min() < 255:
        raise UserError(f"{name}: is partly transparent. Put it on a background and save it without transparency.")


def _is_deep(tile: Any) -> bool:
    """Whether a decoder reads 16 bits for each value: its first argument is a mode such as `RGB;16B`.

    Other arguments are numbers; and `BGR;16` has its 16 bits for three values.
    """
    mode = tile.args if isinstance(tile.args, str) else next(iter(tile.args or ()), "")
    return str(mode).endswith((";16B", ";16L", ";16N"))
