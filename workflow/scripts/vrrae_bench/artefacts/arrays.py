"""Arrays that a stage has left for others."""

from pathlib import Path

import numpy as np
from jaxtyping import Num

from vrrae_bench.artefacts.records import reading


def read_array(path: Path) -> Num[np.ndarray, "..."]:
    """The array of an .npy file, mapped and not yet in memory.

    Raises:
        UserError: The file is missing or damaged.
    """
    with reading(path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


def read_arrays(path: Path, *names: str) -> dict[str, Num[np.ndarray, "..."]]:
    """All arrays of an .npz file, by name.

    Args:
        names: The names of arrays that must be in the file.

    Raises:
        UserError: The file is missing or damaged, or has no such array.
    """
    with reading(path), np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in (*archive.files, *names)}
