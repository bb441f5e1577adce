"""Images as the report embeds them."""

import base64
import io
from dataclasses import dataclass

from matplotlib.figure import Figure
from PIL import Image

from vrrae_bench.reporting.figures.drawing import plt

# Beyond this many bytes an image loses what nobody sees, so that the page stays small enough to be sent.
LOSSLESS = 1_000_000


@dataclass(frozen=True)
class Embedded:
    """An image as an address that holds the image itself, and its size in pixels."""

    address: str
    width: int
    height: int


def embedded(image: Image.Image) -> Embedded:
    """An image as WebP, which takes less than PNG does."""
    found = _webp(image, lossless=True)
    if len(found) > LOSSLESS:
        found = min(found, _webp(image, lossless=False), key=len)
    return Embedded("data:image/webp;base64," + base64.b64encode(found).decode(), *image.size)


def drawn(figure: Figure, dots_per_inch: int) -> Embedded:
    """A figure of matplotlib, which is closed then."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=dots_per_inch, format="png")
    plt.close(figure)
    with Image.open(buffer) as image:
        return embedded(image)


def _webp(image: Image.Image, lossless: bool) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGBA" if image.has_transparency_data else "RGB").save(
        buffer, "WEBP", lossless=lossless, quality=90, method=4
    )
    return buffer.getvalue()
