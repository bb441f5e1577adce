"""CelebA: the official aligned faces, resized to 160 x 160, with their 40 attributes as labels.

Its terms allow research that is not commercial and forbid passing it on, so no program fetches it: whoever agrees to
them gets the three files from its page.
"""

from dataclasses import dataclass
from pathlib import Path

from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.source import DatasetSize, Request, Source

BY_HAND = (
    "If you agree to its terms, get img_align_celeba.zip (folder Img), list_attr_celeba.txt (Anno) and "
    "list_eval_partition.txt (Eval) from the Google Drive that mmlab.ie.cuhk.edu.hk/projects/CelebA.html links to."
)


@dataclass(frozen=True)
class Release:
    """The published files, and what is known of them.

    Attributes:
        n_images: How many images each number of the partition has: training, validation, test.
        original_size: Width and height of an image in the archive.
        image_size: Side of the stored images.
    """

    images: RemoteFile
    attributes: RemoteFile
    partition: RemoteFile
    n_images: tuple[int, int, int] = (162_770, 19_867, 19_962)
    n_attributes: int = 40
    original_size: tuple[int, int] = (178, 218)
    image_size: int = 160

    @property
    def files(self) -> tuple[RemoteFile, RemoteFile, RemoteFile]:
        """All published files."""
        return self.images, self.attributes, self.partition


# Sizes and SHA-256 as TensorFlow Datasets lists them; torchvision lists MD5 of the same files.
PUBLISHED = Release(
    images=RemoteFile(
        "img_align_celeba.zip",
        1_443_490_838,
        "sha256:46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74",
        (),
        by_hand=BY_HAND,
    ),
    attributes=RemoteFile(
        "list_attr_celeba.txt",
        26_721_026,
        "sha256:f0e5da289d5ccf75ffe8811132694922b60f2af59256ed362afa03fefba324d0",
        (),
        by_hand=BY_HAND,
    ),
    partition=RemoteFile(
        "list_eval_partition.txt",
        2_836_386,
        "sha256:fc955bcb3ef8fbdf7d5640d9a8693a8431b5f2ee291a5c1449a1549e7e073fe7",
        (),
        by_hand=BY_HAND,
    ),
)


def store(folder: Path, request: Request) -> None:
    """Fetch and store CelebA; a killed run goes on where it stopped."""
    from vrrae_bench.datasets.celeba_files import store_release

    store_release(folder, request, PUBLISHED)


SOURCE = Source(
    store,
    label="CelebA",
    images=DatasetSize(
        n_train=PUBLISHED.n_images[0], n_test=PUBLISHED.n_images[2], side=PUBLISHED.image_size, channels=3
    ),
    files=PUBLISHED.files,
)
