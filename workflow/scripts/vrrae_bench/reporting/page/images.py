"""Images as the report embeds them."""

import base64
import io
from dataclasses import dataclass

from matplotlib.figure import Figure
from PIL import Image

from vrrae_bench.reporting.figures.drawing import plt

# An image with more bytes is compressed with losses that nobody sees, so that the page stays small enough to be sent.
LOSSLESS = 1_000_000
QUALITIES = (90, 70, 50)
# Without losses, WebP's quality is how long it looks for a smaller file.
EFFORT = 90


@dataclass(frozen=True)
class Embedded:
    """An image as an address that holds the image itself, and its size in pixels."""

    address: str
    width: int
    height: int


def embedded(image: Image.Image, most: int = LOSSLESS) -> Embedded:
    """An image as WebP, which takes fewer bytes than PNG.

    Args:
        most: An image with more bytes is compressed with losses, which are as small as suffice.
    """
    found = _webp(image)
    for quality in QUALITIES:
        if len(found) <= most:
            break
        found = min(found, _webp(image, quality), key=len)
    return Embedded("data:image/webp;base64," + base64.b64encode(found).decode(), *image.size)


def drawn(figure: Figure, dots_per_inch: int) -> Embedded:
    """A figure of matplotlib, which is closed afterwards."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=dots_per_inch, format="png")
    plt.close(figure)
    with Image.open(buffer) as image:
        return embedded(image)


def _webp(image: Image.Image, quality: int | None = None) -> bytes:
    """The bytes of a WebP file, without losses if no quality is given."""
    buffer = io.BytesIO()
    image.convert("RGBA" if image.has_transparency_data else "RGB").save(
        buffer, "WEBP", lossless=quality is None, quality=quality or EFFORT, method=4
    )
    return buffer.getvalue()
