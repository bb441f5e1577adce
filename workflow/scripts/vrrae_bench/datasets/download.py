"""Fetching the published files of a data set from several sources, with checksums, and never half-written.

No source is trusted: no more bytes are taken from it than the published file can have, and it gets no more time than a
slow connection needs for them.
"""

import gzip
import hashlib
import signal
import sys
import time
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pooch
import requests

from vrrae_bench.datasets.published import NO_SECRETS, RemoteFile, holds_secret, is_url
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import atomic_path, sha256

ATTEMPTS = 2  # attempts for each source: one hiccup of a connection is common, and two are an outage
PAUSE_SECONDS = 1
SILENCE_SECONDS = 30  # seconds without a byte, after which a connection counts as broken
# An attempt may take as long as a line of 160 kbit/s needs for the file: 9 minutes for MNIST's training images and
# 2.4 hours for CIFAR-10.
SECONDS_TO_BEGIN = 60
SLOWEST_BYTES_PER_SECOND = 20_000
# If only the content counts, the file may be packed less well. Neither the file nor its content may have more than this
# many times the size of the published file. The content of MNIST's files has five times their size.
OTHERWISE_PACKED = 10
BLOCK = 2**20  # bytes that are read at once


class SourceFailed(Exception):
    """A source could not give a file. The next source may."""


class _TooSlow(Exception):
    """The time for an attempt is over. It is no OSError, which libraries would take for an error of the connection."""


def fetch(
    files: Sequence[RemoteFile], dataset: str, folder: str | Path, *, mirror: str | None, offline: bool
) -> list[Path]:
    """Bring files into a folder, each of them verified. Files that exist and are intact are kept.

    Args:
        dataset: Name of the data set: a mirror holds `<dataset>/<file>`.
        mirror: A folder or URL to ask first, or none.
        offline: Ask no URL at all.

    Raises:
        UserError: No source gave a file with the right checksum, with what was tried and what to do; or the address of
            the mirror may hold a password.
        OSError: The folder cannot be written.
    """
    if mirror and holds_secret(mirror):
        raise UserError(f"The address of the mirror, '{mirror}', may hold a secret.\n{NO_SECRETS}")
    return [_fetch_one(file, dataset, Path(folder) / file.name, mirror, offline) for file in files]


def seconds_allowed(file: RemoteFile) -> float:
    """How long one attempt to download a file may take."""
    return SECONDS_TO_BEGIN + file.size / SLOWEST_BYTES_PER_SECOND


def refusal(path: Path, file: RemoteFile) -> str | None:
    """Why a file is not the published file; none if it is, or if it does not exist."""
    try:
        if path.is_file():
            _verify(path, file)
    except SourceFailed as failure:
        return str(failure)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


def refuse_other_content(path: Path, file: RemoteFile) -> None:
    """Refuse a file, packed by gzip or not, that does not hold what the published one holds.

    Raises:
        UserError: The file cannot be read, or holds something else.
    """
    try:
        digest = _sha256_of_content(path, file) if path.suffix == ".gz" else sha256(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Correct its permissions.") from None
    found = f"sha256:{digest}" if digest else "no sound gzip file of about that size"
    if found != file.content:
        raise UserError(
            f"{path}: does not have the content of the published file {file.name}: expected {file.content}, "
            f"got {found}. Replace it by the published file."
        )


def _fetch_one(file: RemoteFile, dataset: str, target: Path, mirror: str | None, offline: bool) -> Path:
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
        f"{dataset}: {file.name} could not be fetched. Sources tried:\n{told}\n{by_hand}"
        f"  Nothing was kept. Expected: {file.checksum}. Put the published file into a folder as "
        f"FOLDER/{dataset}/{file.name} and run again with: --config mirror=FOLDER"
    )


def _sources(file: RemoteFile, dataset: str, mirror: str | None, offline: bool) -> Iterator[str]:
    if mirror and not (offline and is_url(mirror)):
        yield f"{mirror.rstrip('/')}/{dataset}/{file.name}"
    yield from (f"{folder.rstrip('/')}/{file.name}" for folder in file.folders if not (offline and is_url(folder)))


def _fetch_from(source: str, file: RemoteFile, target: Path) -> str:
    """Bring a file from one source, and return the checksum that it was verified by.

    Raises:
        SourceFailed: The source did not give it.
        OSError: The target cannot be written.
    """
    with atomic_path(target) as temporary:
        if is_url(source):
            _download(source, file, temporary)
        else:
            with open(temporary, "wb") as opened:
                output = _Bounded(opened, file)
                for block in _blocks(Path(source)):
                    output.write(block)
        return _verify(temporary, file)


class _Bounded:
    """A file that is written with no more bytes than the published file can have."""

    def __init__(self, opened: BinaryIO, file: RemoteFile) -> None:
        self.opened, self.expected, self.size = opened, file.size, 0
        self.most = file.size if file.content is None else OTHERWISE_PACKED * file.size

    def write(self, block: bytes) -> None:
        """Write a block.

        Raises:
            SourceFailed: The file would have too many bytes.
        """
        self.size += len(block)
        if self.size > self.most:
            raise SourceFailed(f"wrong file: expected {self.expected:,} bytes, got {self.size:,} and did not read on")
        self.opened.write(block)

    def flush(self) -> None:
        """Do nothing, since closing the file writes what is buffered."""


def _blocks(source: Path) -> Iterator[bytes]:
    """The bytes of a file.

    Raises:
        SourceFailed: The file cannot be read, or is a device or a pipe, which may never end.
    """
    try:
        if source.exists() and not source.is_file():
            raise SourceFailed("is not a file")
        with source.open("rb") as opened:
            while block := opened.read(BLOCK):
                yield block
    except OSError as error:
        raise SourceFailed(f"cannot be read: {error.strerror}") from None


def _refusal(response: requests.Response) -> tuple[str, bool]:
    """What a server answered instead of a file, and whether it may pass."""
    told = "".join(filter(str.isprintable, str(response.reason)))[:80]
    reason = f"answered {response.status_code} {told}"
    if response.status_code == requests.codes.unauthorized:
        reason += " (a user name and a password are taken from ~/.netrc)"
    return reason, response.status_code >= 500


def _download(url: str, file: RemoteFile, target: Path) -> None:
    """Write what a URL answers.

    Raises:
        SourceFailed: The answer cannot be the published file, or does not come in time.
        OSError: The target cannot be written.
    """
    downloader = pooch.HTTPDownloader(timeout=SILENCE_SECONDS, progressbar=sys.stderr.isatty())
    seconds = seconds_allowed(file)
    for attempt in range(1, ATTEMPTS + 1):
        with open(target, "wb") as opened:
            output = _Bounded(opened, file)
            try:
                with _time_limit(seconds):
                    downloader(url, output, None)
                return
            except requests.HTTPError as error:
                assert error.response is not None  # a server's answer is what this error is about
                reason, passing = _refusal(error.response)
            except requests.RequestException as error:
                reason, passing = f"cannot be reached ({type(error).__name__})", True
            except _TooSlow:
                reason = f"too slow: {output.size:,} of {file.size:,} bytes came in {seconds:,.0f} seconds"
                passing = False
        if attempt == ATTEMPTS or not passing:
            raise SourceFailed(f"{reason}, attempt {attempt} of {ATTEMPTS}")
        time.sleep(PAUSE_SECONDS)


@contextmanager
def _time_limit(seconds: float) -> Generator[None]:
    """Raise `_TooSlow` in the block after some time, whatever it waits for. Only the main thread can be stopped so.

    The time limit of a connection restarts with each byte, so a byte now and then would keep it open for ever.
    """

    def stop(*_: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    # Again every few seconds, because Python ignores an exception that is raised while it deletes an object.
    signal.setitimer(signal.ITIMER_REAL, seconds, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _verify(path: Path, file: RemoteFile) -> str:
    """The checksum that shows a file to be the published one: the file's own, or that of its content."""
    difference = _difference(path, file)
    if difference is None:
        return file.checksum
    if file.content and file.content == f"sha256:{_sha256_of_content(path, file)}":
        return f"{file.content} of its content"
    raise SourceFailed(difference)


def _difference(path: Path, file: RemoteFile) -> str | None:
    """How a file differs from the published file; none if it does not."""
    size = path.stat().st_size
    if size != file.size:
        kind = "truncated" if size < file.size else "wrong file"
        return f"{kind}: expected {file.size:,} bytes, got {size:,}"
    algorithm, expected = file.checksum.split(":")
    found = pooch.file_hash(str(path), alg=algorithm)
    return None if found == expected else f"wrong checksum: expected {file.checksum}, got {algorithm}:{found}"


def _sha256_of_content(path: Path, file: RemoteFile) -> str | None:
    """SHA-256 of the content of a gzip file; none if it is no gzip file, or holds more than the published file can."""
    digest, size = hashlib.sha256(), 0
    try:
        with gzip.open(path) as content:
            while block := content.read(BLOCK):
                size += len(block)
                if size > OTHERWISE_PACKED * file.size:
                    return None
                digest.update(block)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None
    return digest.hexdigest()
