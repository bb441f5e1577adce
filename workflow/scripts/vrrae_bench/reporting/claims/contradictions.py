"""The places where the paper contradicts itself, with the numbers."""

from dataclasses import dataclass

from vrrae_bench.reporting.claims.evidence import Variant


@dataclass(frozen=True)
class Reading:
    """A number that the paper prints.

    Attributes:
        place: The tables that print it.
        table: One of these tables, as `paper_values.csv` names it.
        beta: The beta that the number is printed for, as text; none for a number that does not depend on beta.
    """

    place: str
    table: str
    dataset: str
    method: str
    beta: str
    metric: str
    value: float

    @property
    def variant(self) -> Variant:
        """The method whose number it is."""
        return Variant(self.method, self.beta or None)


@dataclass(frozen=True)
class Contradiction:
    """Numbers or sentences of the paper that cannot all be right."""

    what: str
    explanation: str
    readings: tuple[Reading, ...]


CONTRADICTIONS = (
    Contradiction(
        "Synthetic: the learning rate",
        "The authors' published code trains with 1e-3. With the printed 1e-4, the error is still falling fast when the "
        "2000 steps end. So either of the two learning rates decides the claims about the synthetic bumps.",
        (Reading("Table A.3-3", "table_a3_3", "synthetic", "", "", "learning_rate", 1e-4),),
    ),
    Contradiction(
        "Synthetic: the size of the latent space, and beta",
        "An earlier script in the authors' repository (main-now-CNN.py) trains VRRAE on 100 images with five seeds. It "
        "has L = 100, beta 5e-3, a learning rate of 1e-3, and a class that seems to schedule the noise "
        "(VRRAE_sigma_Tracker). It is not known which script Table 1 came from. The paper does not print beta for the "
        "synthetic bumps, so it is configured as in the later script.",
        (Reading("Table A.3-1", "table_a3_1", "synthetic", "", "", "latent_size", 200),),
    ),
    Contradiction(
        "MNIST, VRRAE: interpolation",
        "Two tables print the same quantity with different values.",
        (
            Reading("Tables 2 and A.4-3", "table_2", "mnist", "vrrae", "1e-6", "fid_interpolation", 5.89),
            Reading("Table 3", "table_3", "mnist", "vrrae", "1e-6", "fid_interpolation", 4.89),
        ),
    ),
    Contradiction(
        "CelebA, VRRAE with beta 0: random images",
        "Two tables print the same quantity with different values. The second value is also the interpolation FID of "
        "its row, so it is probably a slip. With the first value, VRRAE with beta 0 does not beat the best VAE, "
        "although A.3 claims that it does.",
        (
            Reading("Table 3", "table_3", "celeba", "vrrae", "0", "fid_random_mean", 14.23),
            Reading("Table A.3-2", "table_a3_2", "celeba", "vrrae", "0", "fid_random_mean", 7.68),
            Reading("Table 3", "table_3", "celeba", "vrrae", "0", "fid_interpolation", 7.68),
            Reading("Table A.3-2, best VAE", "table_a3_2", "celeba", "vae", "1e-6", "fid_random_mean", 9.65),
        ),
    ),
    Contradiction(
        "CelebA, VAE: random images",
        "Two tables print the same quantity with different values.",
        (
            Reading("Tables 2 and A.4-3", "table_2", "celeba", "vae", "1e-6", "fid_random_mean", 9.66),
            Reading("Table A.3-2", "table_a3_2", "celeba", "vae", "1e-6", "fid_random_mean", 9.65),
        ),
    ),
    Contradiction(
        "Total training times",
        "Each total time is the time of a step, multiplied by 2100, 3900 or 2200. So the totals were computed and not "
        "measured. The printed epochs and batch sizes give 2083, 3906 and 2261 steps.",
        tuple(
            Reading("Table A.4-1", "table_a4_1", dataset, method, "", metric, value)
            for dataset, method, seconds, minutes in (
                ("mnist", "vae", 2.64, 92.4),
                ("mnist", "vrrae", 2.79, 97.7),
                ("cifar10", "vae", 0.315, 20.47),
                ("cifar10", "vrrae", 0.319, 20.74),
                ("celeba", "vae", 3.18, 116.6),
                ("celeba", "vrrae", 3.39, 124.3),
            )
            for metric, value in (("step_seconds", seconds), ("total_minutes", minutes))
        ),
    ),
    Contradiction(
        "MNIST, VRRAE: the best beta",
        "Appendix A.3 says that the best beta was retained, but the sweep has a beta with a better value.",
        (
            Reading("Table 2", "table_2", "mnist", "vrrae", "1e-6", "fid_random_mean", 38.77),
            Reading("Table A.3-2", "table_a3_2", "mnist", "vrrae", "1e-3", "fid_random_mean", 34.37),
        ),
    ),
    Contradiction(
        "CIFAR-10, VAE: the best beta",
        "Here too, the sweep has a beta with a better value than the beta that was retained.",
        (
            Reading("Table 2", "table_2", "cifar10", "vae", "1e-5", "fid_random_mean", 135.77),
            Reading("Table A.3-2", "table_a3_2", "cifar10", "vae", "0", "fid_random_mean", 135.55),
        ),
    ),
    Contradiction(
        "CIFAR-10, VRRAE is its row with beta 0",
        "Table 2 prints for VRRAE the three values that it has with beta 0. With beta 0, only the sampling during "
        "training distinguishes VRRAE from RRAE.",
        (
            Reading("Tables 2 and 3", "table_3", "cifar10", "vrrae", "0", "fid_interpolation", 129.68),
            Reading("Tables 2, 3 and A.3-2", "table_3", "cifar10", "vrrae", "0", "fid_random_mean", 129.89),
            Reading("Tables 2 and 3", "table_3", "cifar10", "vrrae", "0", "reconstruction_error", 17.04),
        ),
    ),
    Contradiction(
        "CIFAR-10: the learning rate",
        "In the example report, all four methods end with larger test errors than printed if they are trained with the "
        "printed 1e-4. With 1e-3, all four are less than 0.9 points away from the printed errors (docs/results.md). "
        "Only trainings with the printed learning rate decide the claims.",
        (
            Reading("Table A.3-3", "table_a3_3", "cifar10", "", "", "learning_rate", 1e-4),
            Reading("Table 2", "table_2", "cifar10", "ae", "", "reconstruction_error", 18.39),
            Reading("Table 2", "table_2", "cifar10", "vae", "1e-5", "reconstruction_error", 17.86),
            Reading("Table 2", "table_2", "cifar10", "rrae", "", "reconstruction_error", 17.99),
            Reading("Tables 2 and 3", "table_3", "cifar10", "vrrae", "0", "reconstruction_error", 17.04),
        ),
    ),
    Contradiction(
        "CIFAR-10: a truncation that truncates little",
        "A batch of 64 images has at most 64 modes, and k = 60 of them are kept. So the truncation drops only 4 of 64.",
        (
            Reading("Table A.3-1", "table_a3_1", "cifar10", "", "", "bottleneck", 60),
            Reading("Table A.3-3", "table_a3_3", "cifar10", "", "", "batch_size", 64),
        ),
    ),
    Contradiction(
        "MNIST: whether the KL term is needed",
        "Section 5 calls the KL term necessary except on CIFAR-10. On MNIST, however, the FID of random images is "
        "better without it. The FID of interpolated images is better without it too, if the value of Table 2 is right.",
        (
            Reading("Table 3", "table_3", "mnist", "vrrae", "0", "fid_random_mean", 38.47),
            Reading("Tables 2 and 3", "table_3", "mnist", "vrrae", "1e-6", "fid_random_mean", 38.77),
            Reading("Table 3", "table_3", "mnist", "vrrae", "0", "fid_interpolation", 5.37),
            Reading("Table 2", "table_2", "mnist", "vrrae", "1e-6", "fid_interpolation", 5.89),
        ),
    ),
    Contradiction(
        "Whether the KL term costs reconstruction",
        "Section 3 describes beta as a compromise between a small KL divergence and a low error. In Table 3, however, "
        "the error is larger without the KL term.",
        tuple(
            Reading("Table 3", "table_3", dataset, "vrrae", beta, "reconstruction_error", value)
            for dataset, beta, value in (
                ("mnist", "0", 26.17),
                ("mnist", "1e-6", 26.0),
                ("celeba", "0", 15.21),
                ("celeba", "1e-6", 15.03),
            )
        ),
    ),
)
