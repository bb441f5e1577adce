"""Decoding many images straight into arrays on disk: in parallel, in little memory, resumable after a kill.

Threads, because decoding and resizing happen outside Python's lock; unlike processes they cannot outlive a kill.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from vrrae_bench.datasets.problems import Problems
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import read_json, write_json

CHUNK = 256  # images that are written at once
SECONDS_BETWEEN_LINES = 30  # of progress, where nobody looks at a screen


def convert_images(
    folder: Path,
    splits: Mapping[str, Sequence[Any]],
    read: Callable[[Any], UInt8[np.ndarray, "H W C"]],
    image_shape: tuple[int, int, int],
    *,
    origin: Mapping[str, Any],
    threads: int,
    check: Callable[[Mapping[str, UInt8[np.ndarray, "N H W C"]]], None] = lambda images: None,
) -> None:
    """Write `<split>.npy` for each split: the image that `read` makes of each of its entries, in order.

    What is done lies in `<split>.partial.npy` until everything is; a killed conversion goes on from there.

    Args:
        origin: All that decides the pixels, as JSON knows it: a conversion of another origin starts anew.
        threads: Images decoded at once; decides no pixel.
        check: Looks through the images of all splits, mapped from the disk, before they pass for finished.

    Raises:
        UserError: Images are refused by `read` or `check`, or the disk is too small.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = [_Unfinished(folder, split, (len(splits[split]), *image_shape), origin) for split in splits]
    problems = Problems()
    for array in unfinished:
        _fill(array, splits[array.split], read, threads, problems)
    problems.refuse()
    check({array.split: np.load(array.path, mmap_mode="r") for array in unfinished})
    for array in unfinished:
        array.finish()


@dataclass(frozen=True)
class _Unfinished:
    """The array of a split while it is filled, and beside it how many images are in it."""

    folder: Path
    split: str
    shape: tuple[int, int, int, int]
    origin: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return self.folder / f"{self.split}.partial.npy"

    @property
    def record(self) -> Path:
        return self.folder / f"{self.split}.partial.json"

    def done(self) -> int:
        """Images on disk already; those of another origin do not count."""
        if not (self.path.is_file() and self.record.is_file()):
            return 0
        try:
            found = read_json(self.record)
            n = found.pop("done")
            whole = np.load(self.path, mmap_mode="r").shape == self.shape
        except (ValueError, LookupError, TypeError, AttributeError, EOFError):  # damaged: all is done again
            return 0
        return n if whole and found == self._description() else 0

    def set_done(self, n: int) -> None:
        write_json(self.record, self._description() | {"done": n})

    def allocate(self) -> None:
        """Make room, and refuse a disk that has none."""
        # Before the array: a record must never count images of an array that is not there.
        self.record.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        needed, free = int(np.prod(self.shape)), shutil.disk_usage(self.folder).free
        if needed > free:
            raise UserError(f"{self.folder}: {needed:,} bytes are needed and {free:,} free. Make room and run again.")
        np.lib.format.open_memmap(self.path, mode="w+", dtype=np.uint8, shape=self.shape)

    def write(self, start: int, images: UInt8[np.ndarray, "N H W C"]) -> None:
        """Write images from the `start`-th on; on return they are on the disk, so that the record may count them.

        Not through a memory map: with it, a full disk ends the process without a word.
        """
        begin = np.load(self.path, mmap_mode="r").offset
        try:
            with self.path.open("r+b") as file:
                file.seek(begin + start * int(np.prod(self.shape[1:])))
                file.write(np.ascontiguousarray(images).data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({error.strerror}). Run again: it goes on.") from None

    def finish(self) -> None:
        self.record.unlink()
        self.path.replace(self.folder / f"{self.split}.npy")

    def _description(self) -> dict[str, Any]:
        return {"origin": dict(self.origin), "shape": list(self.shape)}


def _fill(
    array: _Unfinished,
    entries: Sequence[Any],
    read: Callable[[Any], UInt8[np.ndarray, "H W C"]],
    threads: int,
    problems: Problems,
) -> None:
    """Convert the images of a split; after the first that is refused, only look for others."""
    done = array.done()
    if done == 0:
        array.allocate()

    def convert(start: int) -> int:
        chosen, images = entries[start : start + CHUNK], []
        for entry in chosen:
            with problems.kept():
                images.append(read(entry))
        if not problems:
            array.write(start, np.stack(images))
        return len(chosen)

    interval = 0.1 if sys.stderr.isatty() else SECONDS_BETWEEN_LINES
    progress = tqdm(desc=array.split, total=len(entries), initial=done, unit=" images", mininterval=interval)
    with progress, ThreadPoolExecutor(threads) as pool:
        # In order, so that one number says what is done. What is finished ahead of an earlier chunk is redone.
        for n_converted in pool.map(convert, range(done, len(entries), CHUNK)):
            done += n_converted
            if not problems:
                array.set_done(done)
            progress.update(n_converted)
