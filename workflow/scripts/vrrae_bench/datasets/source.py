"""What is known of a source of images before any of them is there.

Free of heavy imports, since every configuration is read with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.settings import FileSettings

MB = 1e6


@dataclass(frozen=True)
class DatasetSize:
    """How many images a data set has, and their shape.

    Attributes:
        side: Height and width in pixels.
    """

    n_train: int
    n_test: int
    side: int
    channels: int
    bytes_per_value: int = 1

    @property
    def stored_mb(self) -> float:
        """Size of the stored data set, in MB."""
        return (self.n_train + self.n_test) * self.side**2 * self.channels * self.bytes_per_value / MB


@dataclass(frozen=True)
class Request:
    """What a configuration asks of a data set, and where its files may be had.

    Attributes:
        downloads: Folder that keeps published files.
        mirror: Folder or URL that is asked for published files first.
        offline: Whether no URL is asked.
        test_images: Use only the first so many test images of a published data set; none: all.
        files: Where a data set of the user's own lies; none for the others.
        least: By key of the configuration, how many training images its value asks of the user's own data set.
        labelled: Whether arrays of the user's own must come with labels.
        threads: How many images may be decoded at once.
    """

    downloads: Path
    mirror: str | None = None
    offline: bool = False
    test_images: int | None = None
    files: FileSettings | None = None
    least: Mapping[str, int] = field(default_factory=dict)
    labelled: bool = False
    threads: int = 1

    @property
    def own_files(self) -> FileSettings:
        """Where a data set of the user's own lies, for a source that stores such ones.

        Raises:
            ValueError: The request names no files, a mistake in the program.
        """
        if self.files is None:
            raise ValueError("a data set of the user's own was asked for without its files")
        return self.files


@dataclass(frozen=True)
class Source:
    """A published data set, or a way to read the user's own images.

    Attributes:
        store: Stores the data set in a folder; it raises `UserError` for a file that cannot be had or is not what it
            should be. It imports what it needs when it is called.
        label: The name as tables and figures print it; none for images of the user's own.
        images: How many images there are, and their shape; none if only the user's own files tell.
        files: The published files.
        labelled: Whether the images always have labels.
    """

    store: Callable[[Path, Request], None]
    label: str | None = None
    images: DatasetSize | None = None
    files: tuple[RemoteFile, ...] = ()
    labelled: bool = True

    @property
    def own(self) -> bool:
        """Whether the images are the user's own."""
        return self.images is None

    @property
    def download_mb(self) -> float:
        """Size of the published files, in MB."""
        return sum(file.size for file in self.files) / MB
