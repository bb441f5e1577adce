"""Decoding many images straight into arrays on disk: in parallel, in little memory, resumable after a kill.

It uses threads, because decoding and resizing happen outside of Python's lock. Unlike processes, threads cannot outlive
a kill.
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
SECONDS_BETWEEN_LINES = 30  # between two lines of progress, if the output is no screen


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

    Finished images lie in `<split>.partial.npy` until all are finished. A killed conversion goes on from there.

    Args:
        origin: All values that decide the pixels, which JSON can hold. A conversion with another origin starts anew.
        threads: Number of images that are decoded at once. It changes no pixel.
        check: A function that looks through the images of all splits, mapped from the disk, before they count as
            finished.

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
    def progress(self) -> Path:
        return self.folder / f"{self.split}.partial.json"

    def done(self) -> int:
        """The number of images that are on the disk. Images of another origin do not count."""
        if not (self.path.is_file() and self.progress.is_file()):
            return 0
        try:
            found = read_json(self.progress)
            n = found.pop("done")
            whole = np.load(self.path, mmap_mode="r").shape == self.shape
        except (ValueError, LookupError, TypeError, AttributeError, EOFError):  # damaged: convert all images again
            return 0
        return n if whole and found == self._description() else 0

    def set_done(self, n: int) -> None:
        write_json(self.progress, self._description() | {"done": n})

    def allocate(self) -> None:
        """Allocate the array on the disk, and refuse a disk without room for it."""
        # Before the array is created: a record must never count images of an array that does not exist.
        self.progress.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        needed, free = int(np.prod(self.shape)), shutil.disk_usage(self.folder).free
        if needed > free:
            raise UserError(f"{self.folder}: {needed:,} bytes are needed and {free:,} free. Make room and run again.")
        np.lib.format.open_memmap(self.path, mode="w+", dtype=np.uint8, shape=self.shape)

    def write(self, start: int, images: UInt8[np.ndarray, "N H W C"]) -> None:
        """Write images from the `start`-th on. On return they are on the disk, so that the record may count them.

        They are not written through a memory map, because a full disk would then end the process without a message.
        """
        begin = np.load(self.path, mmap_mode="r").offset
        try:
            with self.path.open("r+b") as file:
                file.seek(begin + start * int(np.prod(self.shape[1:])))
                file.write(np.ascontiguousarray(images).data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            told = f"{self.path}: cannot be written ({error.strerror}). Run again: it continues where it was."
            raise UserError(told) from None

    def finish(self) -> None:
        self.progress.unlink()
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
    """Convert the images of a split. After the first refused image, only look for further ones."""
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
        # In order, so that one number says what is done. A chunk that is finished before an earlier chunk is done
        # again.
        for n_converted in pool.map(convert, range(done, len(entries), CHUNK)):
            done += n_converted
            if not problems:
                array.set_done(done)
            progress.update(n_converted)
