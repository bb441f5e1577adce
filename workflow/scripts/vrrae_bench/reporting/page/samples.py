"""The images of a run that the report shows: generated images, and training images above their reconstructions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Num, UInt8
from PIL import Image

from vrrae_bench.reporting.figures.blocks import brightest, mosaic
from vrrae_bench.reporting.page.images import Embedded, embedded

# Number of images in a row, and of rows of generated images.
IMAGES_PER_ROW, GENERATED_ROWS = 6, 2
# Images are shown with at most this many pixels on a side, so that the images of all runs fit into one page.
SIDE = 64


@dataclass(frozen=True)
class Samples:
    """Both pictures of a run, and the number of images of each kind."""

    generated: Embedded
    reconstructed: Embedded
    n_generated: int
    n_reconstructed: int


def samples(shown: Mapping[str, np.ndarray], upwards: bool, most: int) -> Samples:
    """The pictures of a run.

    Args:
        shown: The arrays of `shown_images.npz`, as `artefacts.shown` explains them.
        upwards: Whether the first row of an image is its lowest one.
        most: A picture with more bytes is compressed with losses.
    """
    generated = shown["random"][: IMAGES_PER_ROW * GENERATED_ROWS]
    inputs, reconstructions = (shown["transitions"][:IMAGES_PER_ROW, place] for place in (0, 1))
    both = np.concatenate([_small(images, upwards) for images in (inputs, reconstructions)])
    return Samples(
        embedded(Image.fromarray(_picture(_small(generated, upwards))), most),
        embedded(Image.fromarray(_picture(both, len(inputs))), most),
        len(generated),
        len(inputs),
    )


def _small(images: Num[np.ndarray, "N H W C"], upwards: bool) -> UInt8[np.ndarray, "N h w C"]:
    """Images as bytes with at most `SIDE` pixels on a side. Values beyond the range of stored images are cut."""
    high = brightest(images)
    stored = (np.clip(images, 0, high) * (255 / high)).round().astype(np.uint8)
    stored = stored[:, ::-1] if upwards else stored
    height, width = stored.shape[1:3]
    if max(height, width) <= SIDE:
        return stored
    factor = SIDE / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = [np.asarray(Image.fromarray(_grey(image)).resize(size, Image.Resampling.LANCZOS)) for image in stored]
    return np.stack(small).reshape(len(small), size[1], size[0], -1)


def _picture(images: UInt8[np.ndarray, "N H W C"], columns: int = IMAGES_PER_ROW) -> UInt8[np.ndarray, "..."]:
    return _grey(mosaic(images, columns))


def _grey(image: UInt8[np.ndarray, "H W C"]) -> UInt8[np.ndarray, "..."]:
    """An image of one channel without the axis of channels, as PIL takes it."""
    return image[..., 0] if image.shape[-1] == 1 else image
