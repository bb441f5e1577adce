"""Fetching the published files of a data set: several sources, checksums, nothing half-written."""

import gzip
import hashlib
import shutil
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pooch
import requests

from vrrae_bench.datasets.published import RemoteFile, is_url
from vrrae_bench.errors import UserError
from vrrae_bench.files import atomic_path, sha256

ATTEMPTS = 2  # of each source: one hiccup of a connection is common, two are an outage
PAUSE_SECONDS = 1
TIMEOUT_SECONDS = 30


class SourceFailed(Exception):
    """One source could not give a file; the next one may."""


def fetch(
    files: Sequence[RemoteFile], dataset: str, folder: str | Path, *, mirror: str | None, offline: bool
) -> list[Path]:
    """Bring files into a folder, each verified; those that are there already and intact are kept.

    Args:
        dataset: Name of the data set: a mirror holds `<dataset>/<file>`.
        mirror: A folder or URL to ask first, or none.
        offline: Ask no URL at all.

    Raises:
        UserError: No source gave a file with the right checksum; says what was tried and what to do.
    """
    return [_fetch_one(file, dataset, Path(folder), mirror, offline) for file in files]


def refusal(path: Path, file: RemoteFile) -> str | None:
    """Why a file is not the published one; nothing if it is, or is not there."""
    try:
        if path.is_file():
            _verify(path, file)
    except SourceFailed as failure:
        return str(failure)
    return None


def refuse_other_content(path: Path, file: RemoteFile) -> None:
    """Refuse a file, packed by gzip or not, that does not hold what the published one holds.

    Raises:
        UserError: It cannot be read, or holds something else.
    """
    try:
        found = f"sha256:{_sha256_of_content(path) if path.suffix == '.gz' else sha256(path)}"
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Mend its permissions.") from None
    if found != file.content:
        raise UserError(
            f"{path}: does not hold what the published file {file.name} holds: expected {file.content}, got {found}. "
            "Replace it by the published file."
        )


def _fetch_one(file: RemoteFile, dataset: str, folder: Path, mirror: str | None, offline: bool) -> Path:
    target = folder / file.name
    if target.is_file() and not refusal(target, file):
        return target
    failures = []
    for source in _sources(file, dataset, mirror, offline):
        try:
            verified = _fetch_from(source, file, target)
            print(f"{dataset}: {file.name} from {source}, {verified} verified", flush=True)
            return target
        except SourceFailed as failure:
            failures.append(f"  {source}\n    {failure}")
    reason = "offline is set" if file.folders else "no program may fetch it"
    told = "\n".join(failures) or f"  none: {reason}, and there is no mirror"
    by_hand = f"  {file.by_hand}\n" if file.by_hand else ""
    raise UserError(
        f"{dataset}: {file.name} could not be had. Sources tried:\n{told}\n{by_hand}"
        f"  Nothing was kept. Expected: {file.checksum}. Put the published file into a folder as "
        f"FOLDER/{dataset}/{file.name} and run again with: --config mirror=FOLDER"
    )


def _sources(file: RemoteFile, dataset: str, mirror: str | None, offline: bool) -> Iterator[str]:
    if mirror and not (offline and is_url(mirror)):
        yield f"{mirror.rstrip('/')}/{dataset}/{file.name}"
    yield from (f"{folder.rstrip('/')}/{file.name}" for folder in file.folders if not (offline and is_url(folder)))


def _fetch_from(source: str, file: RemoteFile, target: Path) -> str:
    """Bring a file from one source; returns the checksum that it has been verified by."""
    with atomic_path(target) as temporary:
        if is_url(source):
            _download(source, temporary)
        else:
            _copy(Path(source), temporary)
        return _verify(temporary, file)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise SourceFailed(f"cannot be read: {error.strerror}") from None


def _download(url: str, target: Path) -> None:
    downloader = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS, progressbar=sys.stderr.isatty())
    for attempt in range(1, ATTEMPTS + 1):
        try:
            downloader(url, str(target), None)
            return
        except requests.HTTPError as error:
            reason = f"answered {error.response.status_code} {error.response.reason}"
            passing = error.response.status_code >= 500
        except requests.RequestException as error:
            reason, passing = f"cannot be reached ({type(error).__name__})", True
        except OSError as error:
            reason, passing = f"cannot be written to {target.parent}: {error.strerror}", False
        if attempt == ATTEMPTS or not passing:
            raise SourceFailed(f"{reason}, attempt {attempt} of {ATTEMPTS}")
        time.sleep(PAUSE_SECONDS)


def _verify(path: Path, file: RemoteFile) -> str:
    """The checksum that shows a file to be the published one: its own, or that of what it holds."""
    difference = _difference(path, file)
    if difference is None:
        return file.checksum
    if file.content and file.content == f"sha256:{_sha256_of_content(path)}":
        return f"{file.content} of its content"
    raise SourceFailed(difference)


def _difference(path: Path, file: RemoteFile) -> str | None:
    """How a file differs from the published one, or none."""
    size = path.stat().st_size
    if size != file.size:
        kind = "truncated" if size < file.size else "wrong file"
        return f"{kind}: expected {file.size:,} bytes, got {size:,}"
    algorithm, expected = file.checksum.split(":")
    found = pooch.file_hash(str(path), alg=algorithm)
    return None if found == expected else f"wrong checksum: expected {file.checksum}, got {algorithm}:{found}"


def _sha256_of_content(path: Path) -> str | None:
    """SHA-256 of what a gzip file holds, or none if it is no such file."""
    try:
        with gzip.open(path) as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except (OSError, EOFError, zlib.error):
        return None
