"""What the tables and figures of the paper are made of. Free of matplotlib, for the rules that only plan."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FigureKind:
    """A figure, drawn by the module of its name in `figures`.

    Attributes:
        file: The file of a run that it reads.
        synthetic: Whether it shows the synthetic bumps, or the image data sets.
        methods: The methods it shows; none means all that are selected.
        datasets: The data sets it shows; none means all that are selected.
        betas: Whether it shows every beta of a method, or only the one of the tables.
        reads_data: Whether it reads the data sets too: their manifests and training images.
    """

    title: str
    file: str
    synthetic: bool
    methods: tuple[str, ...] | None = None
    datasets: tuple[str, ...] | None = None
    betas: bool = False
    reads_data: bool = False


FIGURES = {
    "figure_1": FigureKind(
        "Figure 1: architecture of VAE, RRAE and VRRAE",
        "scores.json",
        False,
        ("vae", "rrae", "vrrae"),
        reads_data=True,
    ),
    "figure_2": FigureKind("Figure 2: latent space of the synthetic bumps", "latents.npz", True, ("vae", "vrrae")),
    "figure_3": FigureKind("Figure 3: randomly generated bumps", "random.npy", True),
    "figure_4": FigureKind(
        "Figure 4: interpolated images of CelebA",
        "interpolation.npy",
        False,
        datasets=("celeba",),
        reads_data=True,
    ),
    "figure_5": FigureKind("Figure 5: randomly generated images", "random.npy", False),
    "figure_6": FigureKind("Figure 6: randomly generated images of CelebA", "random.npy", False, datasets=("celeba",)),
    "figure_a2_1": FigureKind(
        "Figure A.2-1: singular values of the latent space of VRRAE for each beta",
        "scores.json",
        False,
        ("vrrae",),
        datasets=("mnist",),
        betas=True,
    ),
    "figure_a2_2": FigureKind(
        "Figure A.2-2: second mean of VRRAE against the first for each beta",
        "latents.npz",
        False,
        ("vrrae",),
        datasets=("mnist",),
        betas=True,
    ),
    "figure_a5_3": FigureKind(
        "Figure A.5-3: interpolated images of CIFAR-10",
        "interpolation.npy",
        False,
        datasets=("cifar10",),
        reads_data=True,
    ),
    "figure_a5_4": FigureKind(
        "Figure A.5-4: interpolated images of MNIST",
        "interpolation.npy",
        False,
        datasets=("mnist",),
        reads_data=True,
    ),
    "figure_a5_5": FigureKind(
        "Figure A.5-5: interpolated images of CelebA",
        "interpolation.npy",
        False,
        datasets=("celeba",),
        reads_data=True,
    ),
    "figure_a5_6": FigureKind(
        "Figure A.5-6: randomly generated images of CIFAR-10", "random.npy", False, datasets=("cifar10",)
    ),
    "figure_a5_7": FigureKind("Figure A.5-7: randomly generated images of all data sets", "random.npy", False),
}
