"""What the tables and figures of the paper are made of. Free of matplotlib, for the rules that only plan."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureKind:
    """A figure, drawn by the module of its name in `figures`.

    Attributes:
        file: The file of a run that it reads.
        synthetic: Whether it shows the synthetic bumps, or the image data sets.
        methods: The methods it shows; none means all that are selected.
    """

    title: str
    file: str
    synthetic: bool
    methods: tuple[str, ...] | None = None


FIGURES = {
    "figure_2": FigureKind("Figure 2: latent space of the synthetic bumps", "latents.npz", True, ("vae", "vrrae")),
    "figure_3": FigureKind("Figure 3: randomly generated bumps", "random.npy", True),
    "figure_5": FigureKind("Figure 5: randomly generated images", "random.npy", False),
}
