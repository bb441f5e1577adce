"""The features of a data set's training images, and what the scores of every run need of them, computed once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from vrrae_bench.artefacts.arrays import read_arrays
from vrrae_bench.artefacts.extractor_folder import MOMENTS, REFERENCE, REFERENCE_SAMPLE
from vrrae_bench.artefacts.manifest import refuse_other_images
from vrrae_bench.artefacts.records import read_record, refuse_others, write_record
from vrrae_bench.datasets.store import StoredArray
from vrrae_bench.scoring.frechet import Moments
from vrrae_bench.scoring.kernel_distance import within_sums
from vrrae_bench.scoring.limits import MOST_COMPARED
from vrrae_bench.scoring.neighbours import radii
from vrrae_bench.system.files import atomic_path

ARRAY_FILES = (MOMENTS, REFERENCE_SAMPLE)


@dataclass(frozen=True, eq=False)
class Reference:
    """The real images that generated ones are compared with.

    Attributes:
        moments: The moments of the features of all training images.
        sample: Features of some training images, drawn at random without replacement.
        radii: Distance of each image of the sample to its nearest neighbours within it (`neighbours.radii`).
        kernel_sums: Sum of the kernel of each image of the sample with the others (`kernel_distance.within_sums`).
        noise: Whether these features tell noise from test images, and how few images decide them, as
            `bounds.noise_apart` gives it; none if it was not asked.
    """

    moments: Moments
    sample: Float32[np.ndarray, "M D"]
    radii: Float64[np.ndarray, " M"]
    kernel_sums: Float64[np.ndarray, " M"]
    noise: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls, moments: Moments, features: Float32[np.ndarray, "N D"] | StoredArray, generator: np.random.Generator
    ) -> "Reference":
        """The reference with these moments, and a sample of the features behind them, which need not fit into memory.

        Raises:
            UserError: there are too few features for neighbours.
        """
        # Sorted, so that a memory-mapped file is read from front to back.
        rows = np.sort(generator.permutation(len(features))[:MOST_COMPARED])
        sample = np.asarray(features[rows], dtype=np.float32)
        return cls(moments, sample, radii(sample), within_sums(sample))

    @property
    def recorded(self) -> dict[str, Any]:
        """What is recorded beside each score that is computed against this reference."""
        return {} if self.noise is None else {"noise": dict(self.noise)}

    def save(self, record: Path, of: Mapping[str, Any]) -> None:
        """Write the record, and beside it moments and sample.

        Args:
            of: What the features are of: at least the SHA-256 of their `extractor`, and under `data` the digests of the
                arrays of the images; and what they say of `noise`.
        """
        moments, sample = (record.with_name(name) for name in ARRAY_FILES)
        self.save_sample(sample)
        self.moments.save(moments)
        write_record(record, of, ARRAY_FILES)

    def save_sample(self, path: Path | str) -> None:
        """Write all but the moments, which have a file of their own, as .npz."""
        with atomic_path(path) as temporary:
            np.savez(temporary, sample=self.sample, radii=self.radii, kernel_sums=self.kernel_sums)

    @classmethod
    def beside(cls, extractor: Path, network: Mapping[str, Any], arrays: Mapping[str, str]) -> "Reference":
        """The reference of an extractor, from its folder.

        Args:
            extractor: extractor.json.
            network: What its record tells of the network, at least the `sha256`.
            arrays: Digests of the arrays of the data set whose reference is asked for.

        Raises:
            UserError: One of its files is missing or damaged, or it is the reference of another extractor or of other
                images.
        """
        record, files = extractor.with_name(REFERENCE), [extractor.with_name(name) for name in ARRAY_FILES]
        found = read_record(record, *ARRAY_FILES)
        refuse_others(record, "reference", found, {"extractor": network["sha256"]})
        refuse_other_images(record, "reference", found, arrays)
        return replace(cls.load(*files), noise=found.get("noise"))

    @classmethod
    def load(cls, moments: Path, sample: Path) -> "Reference":
        """Read what `Moments.save` and `save_sample` wrote.

        Raises:
            UserError: One of the files is missing or damaged, or holds something else.
        """
        arrays = read_arrays(sample, "sample", "radii", "kernel_sums")
        return cls(Moments.load(moments), arrays["sample"], arrays["radii"], arrays["kernel_sums"])
