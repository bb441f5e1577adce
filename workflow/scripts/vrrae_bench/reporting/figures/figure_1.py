"""Figure 1: the architecture of VAE, RRAE and VRRAE, which differ in nothing but their bottlenecks.

All layers, maps and shapes are read from the models. Only the specification of a run and the image shape of its data
set are used, so that no trained model is needed.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.reporting.architecture import Architecture, Layer, Shape, architecture
from vrrae_bench.reporting.figures.drawing import Run, plt
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.study.catalogue import FIGURES

METHODS = FIGURES["figure_1"].shows.methods or ()  # from top to bottom
# Tints of Okabe and Ito's sky blue, orange and green; images and the grounds of the bottlenecks are white.
ENCODER, BOTTLENECK, DECODER, WHITE = "#D5ECF9", "#FCE8C5", "#CDEBDF", "#FFFFFF"
ARROW = {"arrowstyle": "-|>", "color": "black", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 10}
DOWN_THEN_RIGHT, RIGHT_THEN_UP = "angle,angleA=-90,angleB=180,rad=0", "angle,angleA=0,angleB=90,rad=0"

# Points: text of layers and of bottlenecks, headings, and the names of methods.
LAYER_FONT, FONT, HEADING, NAME = 8, 10, 11, 12
# Inches: the boxes of layers, and the places between them.
LAYER_WIDTH, LAYER_HEIGHT, LAYER_GAP = 1.32, 0.66, 0.17
# Inches: the columns of a bottleneck, from the latent matrix to what the decoder reads, and what is between them.
WIDTHS, GAP = (1.12, 1.12, 1.3, 1.35, 0.95), 0.22
# Inches: the boxes of a bottleneck, what is between two lanes of them, and what a panel has above its first lane.
HEIGHT, LANE, TITLE = 0.5, 0.66, 0.34
# Inches: the margin of the figure, the width of the lines beside the panels, and the space above the panels, which has
# room for the mark of a run, and below them.
MARGIN, BUS, HEAD, FOOT = 0.12, 0.36, 0.55, 0.32
LETTERS = 19  # of a line of a layer's name

# The name of a layer, and the shape of its output, or its shape for each method if these differ.
_Layer = tuple[str, Shape | dict[str, Shape]]


def draw(runs: Sequence[Run]) -> Figure:
    """Encoder and decoder, and between them the bottleneck of each method, in the sizes of the first run.

    Raises:
        UserError: The data set does not exist.
    """
    spec, image_shape = runs[0].spec, runs[0].manifest.image_shape
    specs = [spec.model_copy(update={"method": method, "definition": methods()[method]}) for method in METHODS]
    parts = {one.method: architecture(one, image_shape) for one in specs}
    encoder = [("images", image_shape), *_shared({method: one.encoder for method, one in parts.items()})]
    decoder = [*_shared({method: one.decoder for method, one in parts.items()}), ("images", image_shape)]
    lanes = [_lanes(one) for one in parts.values()]
    panels = sum(TITLE + LANE * n for n in lanes) + MARGIN * (len(lanes) - 1)
    body = max(panels, max(len(encoder), len(decoder)) * (LAYER_HEIGHT + LAYER_GAP) - LAYER_GAP)
    panel_width = sum(WIDTHS) + GAP * (len(WIDTHS) - 1) + 2 * MARGIN
    width, height = 2 * (MARGIN + LAYER_WIDTH + BUS) + panel_width, HEAD + body + FOOT
    figure = plt.figure(figsize=(width, height))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, width), ylim=(0, height))
    axis.axis("off")
    drawing = _Drawing(axis)
    top, bottom, left = height - HEAD, FOOT, MARGIN + LAYER_WIDTH + BUS
    axis.text(width / 2, FOOT / 2, _sizes(spec), ha="center", va="center", fontsize=FONT)
    for place, name in ((MARGIN, "encoder"), (left, "bottleneck"), (left + panel_width + BUS, "decoder")):
        axis.text(place, top + 0.06, name, style="italic", fontsize=HEADING)
    last = drawing.layers(MARGIN, encoder, ENCODER, top, bottom)[-1]
    # Upwards, so that what comes from the encoder, at the lowest place, goes on at the same height.
    first = drawing.layers(left + panel_width + BUS, decoder, DECODER, top, bottom, upwards=True)[0]
    spread = (body - panels) / (len(lanes) - 1)
    for (method, one), n in zip(parts.items(), lanes, strict=True):
        panel = _Box(left, top - (TITLE + LANE * n) / 2, panel_width, TITLE + LANE * n)
        drawing.frame(panel, WHITE)
        axis.text(panel.left + MARGIN, panel.top - 0.08, method_label(method), va="top", fontsize=NAME, weight="bold")
        start, end = _draw_bottleneck(_Panel(drawing, panel, n), one)
        drawing.through(last.right, panel.left - BUS / 2, last.middle, start.middle, start.left)
        drawing.through(end.right, panel.right + BUS / 2, end.middle, first.middle, first.left)
        top -= panel.height + MARGIN + spread
    return figure


def _shared(of_methods: Mapping[str, Sequence[Layer]]) -> list[_Layer]:
    """Layers that all methods have. If their shapes differ, the shapes of each method are told."""
    found = []
    for layers in zip(*of_methods.values(), strict=True):
        shapes = dict(zip(map(method_label, of_methods), (layer.shape for layer in layers)))
        found.append((layers[0].name, layers[0].shape if len(set(shapes.values())) == 1 else shapes))
    return found


def _lanes(parts: Architecture) -> int:
    """Boxes of a bottleneck that lie below one another."""
    return 1 + bool(parts.log_variance) + bool(parts.basis)


class _Box(NamedTuple):
    """A box in the drawing: its left edge, the middle of its height, its width and its height."""

    left: float
    middle: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def top(self) -> float:
        return self.middle + self.height / 2

    @property
    def bottom(self) -> float:
        return self.middle - self.height / 2

    @property
    def centre(self) -> float:
        return self.left + self.width / 2


@dataclass(frozen=True)
class _Drawing:
    """Boxes and arrows, in inches from the lower left corner."""

    axis: Axes

    def frame(self, box: _Box, colour: str) -> None:
        corner = (box.left, box.bottom)
        self.axis.add_patch(
            Rectangle(corner, box.width, box.height, facecolor=colour, edgecolor="black", linewidth=0.7)
        )

    def box(self, box: _Box, text: str, colour: str, fontsize: float = FONT) -> _Box:
        self.frame(box, colour)
        self.axis.text(box.centre, box.middle, text, ha="center", va="center", fontsize=fontsize, linespacing=1.25)
        return box

    def layers(
        self, left: float, layers: Sequence[_Layer], colour: str, top: float, bottom: float, *, upwards: bool = False
    ) -> list[_Box]:
        """A column of layers, evenly spaced over the height, from top to bottom or upwards; arrows lead through them.

        Returns:
            The boxes, in the order of the layers.
        """
        pitch = (top - bottom - LAYER_HEIGHT) / (len(layers) - 1)
        boxes = []
        for n, (name, shape) in enumerate(layers):
            place = len(layers) - 1 - n if upwards else n  # from the top
            told = "\n".join([*textwrap.wrap(name, LETTERS), *_shape_lines(shape)])
            box = _Box(left, top - LAYER_HEIGHT / 2 - pitch * place, LAYER_WIDTH, LAYER_HEIGHT)
            boxes.append(self.box(box, told, WHITE if name == "images" else colour, LAYER_FONT))
        for start, end in pairwise(boxes):
            if upwards:
                self.line((start.centre, start.top), (end.centre, end.bottom))
            else:
                self.line((start.centre, start.bottom), (end.centre, end.top))
        return boxes

    def arrow(self, start: _Box, end: _Box) -> None:
        """Draw an arrow to the right, at the height of the lower of the two boxes."""
        level = min(start, end, key=lambda box: box.height).middle
        self.line((start.right, level), (end.left, level))

    def line(self, start: tuple[float, float], end: tuple[float, float], bend: str | None = None) -> None:
        self.axis.annotate("", end, start, arrowprops=ARROW | ({"connectionstyle": bend} if bend else {}))

    def through(self, left: float, bus: float, start: float, end: float, right: float) -> None:
        """Draw a line right to a vertical line, along it to another height, and right again to an arrowhead."""
        self.axis.plot([left, bus, bus], [start, start, end], color="black", linewidth=ARROW["linewidth"])
        self.line((bus, end), (right, end))


def _shape_lines(shape: Shape | Mapping[str, Shape]) -> list[str]:
    """Lines that tell a shape, or the shapes of several methods, with equal shapes together."""
    if not isinstance(shape, Mapping):
        return [_text(shape)]
    names: dict[Shape, list[str]] = {}
    for name, one in shape.items():
        names.setdefault(one, []).append(name)
    return [f"{_text(one)} ({', '.join(of)})" for one, of in names.items()]


def _text(shape: Shape) -> str:
    return " × ".join(map(str, shape))


@dataclass(frozen=True)
class _Panel:
    """The columns and lanes of a bottleneck, in which its parts are drawn. Column and lane 0 are at the upper left."""

    drawing: _Drawing
    frame: _Box
    n_lanes: int

    def at(self, column: int, lane: int, name: str, shape: Shape) -> _Box:
        """Draw a part in one lane of a column."""
        return self._part(column, self.middle(lane), HEIGHT, name, shape)

    def over_all(self, column: int, name: str, shape: Shape) -> _Box:
        """Draw a part over all lanes of a column."""
        top, bottom = self.middle(0), self.middle(self.n_lanes - 1)
        return self._part(column, (top + bottom) / 2, top - bottom + HEIGHT, name, shape)

    def middle(self, lane: int) -> float:
        """The height of the middle of a lane."""
        return self.frame.top - TITLE - LANE * (lane + 0.5) + 0.04

    def _part(self, column: int, middle: float, height: float, name: str, shape: Shape) -> _Box:
        left = self.frame.left + MARGIN + sum(WIDTHS[:column]) + GAP * column
        return self.drawing.box(_Box(left, middle, WIDTHS[column], height), f"{name}\n{_text(shape)}", BOTTLENECK)


def _draw_bottleneck(panel: _Panel, parts: Architecture) -> tuple[_Box, _Box]:
    """Draw the parts of a bottleneck, and return the first and the last of them."""
    if not (parts.basis and parts.coefficients):
        latent = panel.over_all(0, "$Y$", parts.latent)
        return latent, _draw_sample(panel, parts, latent)
    svd = panel.over_all(0, f"truncated SVD\nof $Y$, rank {parts.coefficients[0]}", parts.latent)
    coefficients = panel.at(1, 0, r"$\alpha = U^T Y$", parts.coefficients)
    basis = panel.at(1, panel.n_lanes - 1, "basis $U$", parts.basis)
    sample = _draw_sample(panel, parts, coefficients)
    product = panel.over_all(4, r"$U z$" if parts.log_variance else r"$U \alpha$", parts.decoder_input)
    for start, end in ((svd, coefficients), (svd, basis), (sample, product), (basis, product)):
        panel.drawing.arrow(start, end)
    return svd, product


def _draw_sample(panel: _Panel, parts: Architecture, code: _Box) -> _Box:
    """Draw mean, log-variance and the sample from them behind the input of their maps, and return the sample.

    A method without a log-variance draws no sample. Its code is returned.
    """
    if parts.log_variance is None:
        return code
    drawing = panel.drawing
    mean = panel.at(2, 0, rf"$\mu$: {parts.mean_map}", parts.mean)
    log_variance = panel.at(2, 1, r"$\log\,\sigma^2$: linear", parts.log_variance)
    sample = panel.at(3, 0, r"$z = \mu + \sigma\,\epsilon$", parts.mean)
    noise = (sample.centre + 0.1, panel.middle(1))
    drawing.axis.text(*noise, r"$\epsilon \sim N(0, I)$", ha="left", va="center", fontsize=FONT)
    drawing.arrow(code, mean)
    if parts.coefficients:
        drawing.line((code.centre, code.bottom), (log_variance.left, log_variance.middle), DOWN_THEN_RIGHT)
    else:
        drawing.arrow(code, log_variance)
    drawing.arrow(mean, sample)
    drawing.line((log_variance.right, log_variance.middle), (sample.centre, sample.bottom), RIGHT_THEN_UP)
    return sample


def _sizes(run: RunSpec) -> str:
    return (
        f"{dataset_label(run.dataset)}: latent size L = {run.latent_size}, bottleneck k = {run.bottleneck}, "
        f"batches of {run.batch_size} images"
    )
