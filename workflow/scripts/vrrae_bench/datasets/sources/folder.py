"""A user's own image files: in a folder per class, or in any folder with a CSV file that lists them."""

from pathlib import Path

from vrrae_bench.datasets.source import Request, Source


def store(folder: Path, request: Request) -> None:
    """Store the images that `request.files` names."""
    from vrrae_bench.datasets.folder import make_folder

    make_folder(folder, request.own_files, least=request.least, threads=request.threads)


SOURCE = Source(store)
