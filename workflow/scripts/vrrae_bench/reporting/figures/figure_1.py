"""Figure 1: the architecture of VAE, RRAE and VRRAE.

Every layer, map and shape is that of the models themselves. Of a run, only the specification and the image shape of its
data set are used, so that no trained model is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.reporting.architecture import Architecture, Layer, Shape, architecture
from vrrae_bench.reporting.figures.drawing import Run, plt
from vrrae_bench.reporting.labels import dataset_label, method_label

METHODS = ("vae", "rrae", "vrrae")  # from top to bottom
# Tints of Okabe and Ito's sky blue, orange and green; images are white.
ENCODER, BOTTLENECK, DECODER, IMAGE = "#D5ECF9", "#FCE8C5", "#CDEBDF", "#FFFFFF"
ARROW = {"arrowstyle": "-|>", "color": "black", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8}
FONT = 7.2

# Lengths in inches.
BAR, HEIGHT = 0.37, 2.45  # width and height of an upright box
WIDE, LOW = 1.22, 0.58  # width and height of a lying box
TOP, MIDDLE, BOTTOM = 0.8, 0.0, -0.8  # where lying boxes are, from the middle of a row
GAP, MARGIN = 0.17, 0.12  # between two boxes, and around all
ROW, HEAD = 2.95, 0.4  # from a row to the next, and what is above the first


def draw(runs: Sequence[Run]) -> Figure:
    """A row a method, in the sizes of the first run, on the images of its data set.

    Raises:
        UserError: The data set is not there.
    """
    spec, image_shape = runs[0].spec, runs[0].manifest.image_shape
    specs = [spec.model_copy(update={"method": method, "definition": methods()[method]}) for method in METHODS]
    rows = [(one.method, architecture(one, image_shape)) for one in specs]
    columns = _columns(rows[0][1])
    width, height = columns.right + MARGIN, HEAD + ROW * len(rows)
    figure = plt.figure(figsize=(width, height))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, width), ylim=(0, height))
    axis.axis("off")
    axis.text(MARGIN, height - MARGIN, _sizes(spec), va="top", fontsize=10)
    middles = [height - HEAD - ROW * (number + 0.5) for number in range(len(rows))]
    above = HEIGHT / 2 + 0.12
    for name, left in (("encoder", columns.encoder[0]), ("bottleneck", columns.svd), ("decoder", columns.decoder[0])):
        axis.text(left, middles[0] + above, name, style="italic", fontsize=10)
    for middle, (method, parts) in zip(middles, rows):
        axis.text(MARGIN, middle + above, method_label(method), fontsize=11, weight="bold")
        _draw_row(_Row(axis, middle), columns, parts, image_shape)
    return figure


class _Columns(NamedTuple):
    """Left edges of all boxes, the same in each row, and the right edge of the last."""

    image: float
    encoder: list[float]
    svd: float
    split: float
    posterior: float
    sample: float
    product: float
    decoder: list[float]
    result: float
    right: float


def _columns(parts: Architecture) -> _Columns:
    n_encoder, n_decoder = len(parts.encoder), len(parts.decoder)
    widths = [BAR] * (1 + n_encoder + 1) + [WIDE] * 3 + [BAR] * (1 + n_decoder + 1)
    lefts = [MARGIN + sum(widths[:number]) + GAP * number for number in range(len(widths))]
    image, encoder, rest = lefts[0], lefts[1 : 1 + n_encoder], lefts[1 + n_encoder :]
    return _Columns(image, encoder, *rest[:5], rest[5:-1], rest[-1], rest[-1] + BAR)


class _Box(NamedTuple):
    """A box that is drawn: its left edge, the middle of its height, width and height."""

    left: float
    middle: float
    width: float
    height: float


@dataclass(frozen=True)
class _Row:
    """Where the boxes and arrows of one method are drawn."""

    axis: Axes
    middle: float

    def bar(self, left: float, name: str, shape: Shape, colour: str) -> _Box:
        return self._box(_Box(left, self.middle, BAR, HEIGHT), name, shape, colour, rotation=90)

    def bars(self, lefts: Sequence[float], layers: Sequence[Layer], colour: str) -> list[_Box]:
        return [self.bar(left, layer.name, layer.shape, colour) for left, layer in zip(lefts, layers)]

    def box(self, left: float, place: float, name: str, shape: Shape) -> _Box:
        return self._box(_Box(left, self.middle + place, WIDE, LOW), name, shape, BOTTLENECK, rotation=0)

    def arrow(self, start: _Box, end: _Box) -> None:
        """To the right; up between boxes of one column; down and to the right between lying boxes of two lanes."""
        bend = None
        if start.left == end.left:
            middle = start.left + start.width / 2
            ends = (middle, start.middle + start.height / 2), (middle, end.middle - end.height / 2)
        elif start.height == end.height and start.middle != end.middle:
            ends = (start.left + start.width / 2, start.middle - start.height / 2), (end.left, end.middle)
            bend = "angle,angleA=-90,angleB=180,rad=0"
        else:
            level = min(start, end, key=lambda box: box.height).middle
            ends = (start.left + start.width, level), (end.left, level)
        self.axis.annotate("", ends[1], ends[0], arrowprops=ARROW | ({"connectionstyle": bend} if bend else {}))

    def chain(self, boxes: Sequence[_Box]) -> None:
        for start, end in zip(boxes, boxes[1:]):
            self.arrow(start, end)

    def _box(self, box: _Box, name: str, shape: Shape, colour: str, rotation: float) -> _Box:
        corner = (box.left, box.middle - box.height / 2)
        self.axis.add_patch(
            Rectangle(corner, box.width, box.height, facecolor=colour, edgecolor="black", linewidth=0.6)
        )
        text = f"{name}\n{' × '.join(map(str, shape))}"
        centre = (box.left + box.width / 2, box.middle)
        self.axis.text(*centre, text, ha="center", va="center", rotation=rotation, fontsize=FONT, linespacing=1.3)
        return box


def _draw_row(row: _Row, at: _Columns, parts: Architecture, image_shape: Shape) -> None:
    encoder = [row.bar(at.image, "images", image_shape, IMAGE), *row.bars(at.encoder, parts.encoder, ENCODER)]
    decoder = [
        *row.bars(at.decoder, parts.decoder, DECODER),
        row.bar(at.result, "images", parts.decoder[-1].shape, IMAGE),
    ]
    row.chain(encoder)
    row.chain(decoder)
    code, basis = encoder[-1], None
    if parts.basis:
        svd = row.bar(at.svd, f"truncated SVD of Y, rank {parts.coefficients[0]}", parts.latent, BOTTLENECK)
        code = row.box(at.split, TOP, "coefficients\n" + r"$\alpha = U^T Y$", parts.coefficients)
        basis = row.box(at.split, BOTTOM, "basis $U$", parts.basis)
        row.chain([encoder[-1], svd, code])
        row.arrow(svd, basis)
    if parts.log_variance:
        code = _draw_posterior(row, at, parts, code)
    if basis:
        point = "z" if parts.log_variance else r"\alpha"
        product = row.bar(at.product, f"product $U {point}$", parts.decoder_input, BOTTLENECK)
        row.arrow(basis, product)
        row.arrow(code, product)
        row.arrow(product, decoder[0])
    else:
        row.arrow(code, decoder[0])


def _draw_posterior(row: _Row, at: _Columns, parts: Architecture, code: _Box) -> _Box:
    """Mean, log-variance and noise; returns the box of the sampled points."""
    mean = row.box(at.posterior, TOP, f"mean\n({parts.mean_map})", parts.mean)
    log_variance = row.box(at.posterior, MIDDLE, "log-variance\n(linear)", parts.log_variance)
    noise = row.box(at.sample, MIDDLE, "noise $\\epsilon$ ~ N(0, I),\n× exp(log-variance/2)", parts.mean)
    sample = row.box(at.sample, TOP, "$z$ = mean + noise", parts.mean)
    for start, end in ((code, mean), (code, log_variance), (mean, sample), (log_variance, noise), (noise, sample)):
        row.arrow(start, end)
    return sample


def _sizes(run: RunSpec) -> str:
    return (
        f"{dataset_label(run.dataset)}: latent size L = {run.latent_size}, bottleneck k = {run.bottleneck}, "
        f"batches of {run.batch_size} images"
    )
