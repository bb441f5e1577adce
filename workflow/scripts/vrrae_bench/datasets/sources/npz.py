"""A user's own arrays in an .npz file, with labels or without."""

from pathlib import Path

from vrrae_bench.datasets.source import Request, Source


def store(folder: Path, request: Request) -> None:
    """Store the images that `request.files` names."""
    from vrrae_bench.datasets.npz import make_npz

    make_npz(folder, request.own_files, least=request.least, labelled=request.labelled)


SOURCE = Source(store, labelled=False)
