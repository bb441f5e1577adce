"""The places where the paper contradicts itself, with the numbers."""

from dataclasses import dataclass

from vrrae_bench.reporting.claims.evidence import Variant
from vrrae_bench.study.paper import paper_value
from vrrae_bench.study.settings import PAPER_IMAGES


@dataclass(frozen=True)
class Reading:
    """A number that the paper prints, and where.

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

    @property
    def value(self) -> float:
        """The number, as `paper_values.csv` has it.

        Raises:
            LookupError: The paper prints no such number.
        """
        value, _ = paper_value(self.table, self.dataset, self.method, self.beta, self.metric)
        if value is None:
            raise LookupError(f"the paper prints no such number: {self}")
        return value

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
        "The authors' published code trains with 1e-3. With the printed 1e-4, our only training of AE ended with a far "
        "larger error, and our only training of VRRAE did not (docs/studies.md). Models with either of the two "
        "learning rates may decide the claims about the synthetic bumps.",
        (Reading("Table A.3-3", "table_a3_3", "synthetic", "", "", "learning_rate"),),
    ),
    Contradiction(
        "Synthetic: the size of the latent space, and beta",
        "An earlier script in the authors' repository (main-now-CNN.py) trains VRRAE on 100 images with five seeds. It "
        "has L = 100, beta 5e-3, a learning rate of 1e-3, and a class that seems to schedule the noise "
        "(VRRAE_sigma_Tracker). It is not known which script Table 1 came from. The paper does not print beta for the "
        "synthetic bumps, so it is configured as in the later script.",
        (Reading("Table A.3-1", "table_a3_1", "synthetic", "", "", "latent_size"),),
    ),
    Contradiction(
        "MNIST, VRRAE: interpolation",
        "Two tables print the same quantity with different values.",
        (
            Reading("Tables 2 and A.4-3", "table_2", "mnist", "vrrae", "1e-6", "fid_interpolation"),
            Reading("Table 3", "table_3", "mnist", "vrrae", "1e-6", "fid_interpolation"),
        ),
    ),
    Contradiction(
        "CelebA, VRRAE with beta 0: random images",
        "Two tables print the same quantity with different values. The second value is also the interpolation FID of "
        "its row, so it is probably a slip. With the first value, VRRAE with beta 0 does not beat the best VAE, "
        "although A.3 claims that it does.",
        (
            Reading("Table 3", "table_3", "celeba", "vrrae", "0", "fid_random_mean"),
            Reading("Table A.3-2", "table_a3_2", "celeba", "vrrae", "0", "fid_random_mean"),
            Reading("Table 3", "table_3", "celeba", "vrrae", "0", "fid_interpolation"),
            Reading("Table A.3-2, best VAE", "table_a3_2", "celeba", "vae", "1e-6", "fid_random_mean"),
        ),
    ),
    Contradiction(
        "CelebA, VAE: random images",
        "Two tables print the same quantity with different values.",
        (
            Reading("Tables 2 and A.4-3", "table_2", "celeba", "vae", "1e-6", "fid_random_mean"),
            Reading("Table A.3-2", "table_a3_2", "celeba", "vae", "1e-6", "fid_random_mean"),
        ),
    ),
    Contradiction(
        "Total training times",
        "Each total time is the time of a step, multiplied by 2100, 3900 or 2200. So the totals were computed and not "
        "measured. The printed epochs and batch sizes give 2083, 3906 and 2261 steps.",
        tuple(
            Reading("Table A.4-1", "table_a4_1", dataset, method, "", metric)
            for dataset in PAPER_IMAGES
            for method in ("vae", "vrrae")
            for metric in ("step_seconds", "total_minutes")
        ),
    ),
    Contradiction(
        "MNIST, VRRAE: the best beta",
        "Appendix A.3 says that the best beta was retained, but the sweep has a beta with a better value.",
        (
            Reading("Table 2", "table_2", "mnist", "vrrae", "1e-6", "fid_random_mean"),
            Reading("Table A.3-2", "table_a3_2", "mnist", "vrrae", "1e-3", "fid_random_mean"),
        ),
    ),
    Contradiction(
        "CIFAR-10, VAE: the best beta",
        "Here too, the sweep has a beta with a better value than the beta that was retained.",
        (
            Reading("Table 2", "table_2", "cifar10", "vae", "1e-5", "fid_random_mean"),
            Reading("Table A.3-2", "table_a3_2", "cifar10", "vae", "0", "fid_random_mean"),
        ),
    ),
    Contradiction(
        "CIFAR-10, VRRAE is its row with beta 0",
        "Table 2 prints for VRRAE the three values that it has with beta 0. With beta 0, only the sampling during "
        "training distinguishes VRRAE from RRAE.",
        (
            Reading("Tables 2 and 3", "table_3", "cifar10", "vrrae", "0", "fid_interpolation"),
            Reading("Tables 2, 3 and A.3-2", "table_3", "cifar10", "vrrae", "0", "fid_random_mean"),
            Reading("Tables 2 and 3", "table_3", "cifar10", "vrrae", "0", "reconstruction_error"),
        ),
    ),
    Contradiction(
        "CIFAR-10: the learning rate",
        "In the example report, all four methods end with larger test errors than printed if they are trained with the "
        "printed 1e-4. With 1e-3, all four are less than 0.9 points away from the printed errors (docs/results.md). "
        "Only trainings with the printed learning rate decide the claims.",
        (
            Reading("Table A.3-3", "table_a3_3", "cifar10", "", "", "learning_rate"),
            Reading("Table 2", "table_2", "cifar10", "ae", "", "reconstruction_error"),
            Reading("Table 2", "table_2", "cifar10", "vae", "1e-5", "reconstruction_error"),
            Reading("Table 2", "table_2", "cifar10", "rrae", "", "reconstruction_error"),
            Reading("Tables 2 and 3", "table_3", "cifar10", "vrrae", "0", "reconstruction_error"),
        ),
    ),
    Contradiction(
        "CIFAR-10: a truncation that truncates little",
        "A batch of 64 images has at most 64 modes, and k = 60 of them are kept. So the truncation drops only 4 of 64.",
        (
            Reading("Table A.3-1", "table_a3_1", "cifar10", "", "", "bottleneck"),
            Reading("Table A.3-3", "table_a3_3", "cifar10", "", "", "batch_size"),
        ),
    ),
    Contradiction(
        "MNIST: whether the KL term is needed",
        "Section 5 calls the KL term necessary except on CIFAR-10. On MNIST, however, the FID of random images is "
        "better without it. The FID of interpolated images is better without it too, if the value of Table 2 is right.",
        (
            Reading("Table 3", "table_3", "mnist", "vrrae", "0", "fid_random_mean"),
            Reading("Tables 2 and 3", "table_3", "mnist", "vrrae", "1e-6", "fid_random_mean"),
            Reading("Table 3", "table_3", "mnist", "vrrae", "0", "fid_interpolation"),
            Reading("Table 2", "table_2", "mnist", "vrrae", "1e-6", "fid_interpolation"),
        ),
    ),
    Contradiction(
        "Whether the KL term costs reconstruction",
        "Section 3 describes beta as a compromise between a small KL divergence and a low error. In Table 3, however, "
        "the error is larger without the KL term.",
        tuple(
            Reading("Table 3", "table_3", dataset, "vrrae", beta, "reconstruction_error")
            for dataset in ("mnist", "celeba")
            for beta in ("0", "1e-6")
        ),
    ),
)
