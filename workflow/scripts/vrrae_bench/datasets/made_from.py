"""What a stored data set was made from, as it stands in made_from.json beside its manifest.

It is no part of the manifest, on which trainings depend: the same arrays may be made from files of another folder.
"""

from pathlib import Path
from typing import Any

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.specification import Specification
from vrrae_bench.datasets.settings import BumpSettings, FileSettings
from vrrae_bench.datasets.store import MANIFEST

MADE_FROM = "made_from.json"


class MadeFrom(Specification):
    """The source of a data set and, of its settings, those that the source has.

    Attributes:
        test_images: Only the first so many test images of a published data set are used; none: all.
        files: Where the user's own images lie and how they are read.
        fingerprint: Of the user's own files, as `datasets.fingerprint` makes it.
        bumps: How the bumps are drawn.
    """

    source: str
    test_images: int | None = None
    files: FileSettings | None = None
    fingerprint: str | None = None
    bumps: BumpSettings | None = None

    @property
    def decides(self) -> dict[str, Any]:
        """What of it decides the images, by the names that a message gives them: all but where files lie."""
        found: dict[str, Any] = {"source": self.source, "test_images": self.test_images}
        for name, settings in (("files", self.files), ("bumps", self.bumps)):
            if settings is not None:
                found |= {f"{name}.{key}": value for key, value in settings.model_dump(exclude={"path"}).items()}
        if self.fingerprint is not None:
            found["names, sizes and times of the files (digest)"] = self.fingerprint[:8]
        return found


def write_made_from(folder: Path, made_from: MadeFrom) -> None:
    """Write down what the data set in a folder, whose manifest is there, was made from."""
    write_record(folder / MADE_FROM, {"made_from": made_from.model_dump()}, [MANIFEST])
