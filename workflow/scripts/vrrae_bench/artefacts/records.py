"""The record that each stage writes beside its files, and how whoever reads them finds that they are still the same.

A record is a JSON file. It holds a digest of itself and, under `files`, the digest of each file that was written with
it. Both stand in its `details`, if it has any, since everything outside them is a number. `read_record` compares them.
Records of earlier versions have no digests; what they say of themselves can be compared all the same.
"""

import hashlib
import json
import os
import shlex
import zlib
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import read_json, sha256, write_json

FILES, DIGEST = "files", "record_sha256"


def write_record(path: str | os.PathLike[str], record: Mapping[str, Any], files: Iterable[str] = ()) -> None:
    """Write a record, atomically.

    Args:
        files: Names of the files beside it that were written with it.
    """
    path = Path(path)
    whole = json.loads(json.dumps(record))
    digests = {name: sha256(path.with_name(name)) for name in files}
    if digests:
        details_of(whole)[FILES] = digests
    details_of(whole)[DIGEST] = content_digest(whole)
    write_json(path, whole)


@contextmanager
def reading(path: str | os.PathLike[str]) -> Generator[None]:
    """Tell of whatever comes of a file that is damaged, or is another one than is meant, with its name and the remedy.

    Raises:
        UserError: The file cannot be read, or does not hold what the block looks for in it.
    """
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # numpy's, of a file that is cut short
            raise _damaged(path, error) from None
        raise UserError(f"{path}: cannot be read ({error.strerror}). {remedy(path)}") from None
    except (ValueError, LookupError, TypeError, AttributeError, EOFError, BadZipFile, zlib.error) as error:
        raise _damaged(path, error) from None


def _damaged(path: str | os.PathLike[str], error: Exception) -> UserError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return UserError(f"{path}: is damaged, or is no such file of this version ({reason}). {remedy(path)}")


def read_record(path: str | os.PathLike[str], *files: str, holds: Iterable[str] = ()) -> dict[str, Any]:
    """A record as it was handed to `write_record`, and under `files` the digests of the files beside it.

    Args:
        files: Names of the files beside it that are about to be read. Each is compared with its digest, once for each
            process.
        holds: What is about to be read of the record itself.

    Raises:
        UserError: The record or one of these files is missing, damaged or another one.
    """
    path = Path(path)
    try:
        record = read_json(path)
        claimed = details_of(record).pop(DIGEST, None)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). {remedy(path)}") from None
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(f"{path}: is damaged: it is no JSON object ({error}). {remedy(path)}") from None
    if claimed is not None and claimed != content_digest(record):
        raise UserError(
            f"{path}: is damaged or was changed: its content has not the digest that it names. {remedy(path)}"
        )
    if missing := [key for key in holds if key not in record]:
        raise _damaged(path, ValueError(f"it does not tell of {', '.join(missing)}"))
    digests = details_of(record).get(FILES, {})
    for name in files:
        if name in digests:
            check_file(path.with_name(name), digests[name], path.name, remedy(path))
    return record


def changed_files(path: Path, record: Mapping[str, Any]) -> list[str]:
    """Names of files beside a record that were not written before it and are other ones by their digest.

    Cheap, since no file is read that is older than its record.
    """
    digests, written = details_of(dict(record)).get(FILES, {}), path.stat().st_mtime_ns
    later = [name for name in digests if (file := path.with_name(name)).exists() and file.stat().st_mtime_ns >= written]
    return [name for name in later if sha256(path.with_name(name)) != digests[name]]


def check_file(path: Path, digest: str, record: str, remedy: str) -> None:
    """Compare a file with the digest that its record has of it; the same file is read once in a process.

    Raises:
        UserError: It is missing or has another digest. Ends with the remedy.
    """
    try:
        state = path.stat()
        found = _sha256_of(path, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). {remedy}") from None
    if found != digest:
        raise UserError(
            f"{path}: is damaged, or is not the file that {record} beside it was written with: its SHA-256 begins "
            f"{found[:8]}, not {digest[:8]}. {remedy}"
        )


def remedy(*paths: str | os.PathLike[str]) -> str:
    """How to have results made again. To delete them is not enough: Snakemake asks for no file between others."""
    names = " ".join(shlex.quote(str(path)) for path in paths)
    return f"To make it again, add this to the end of your snakemake command: --forcerun {names}"


def differences(found: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """In what a result differs from what is asked for.

    >>> differences({"seed": 1, "epochs": 2}, {"seed": 0, "epochs": 2})
    ['seed is 1 and not 0']
    """
    return [f"{key} is {found.get(key)} and not {value}" for key, value in asked.items() if found.get(key) != value]


def refuse_others(
    path: str | os.PathLike[str], what: str, found: Mapping[str, Any], asked: Mapping[str, Any], *again: Path
) -> None:
    """Refuse a result that belongs to something else than what is asked for.

    Args:
        what: The result, for the message.
        again: The files to make again, if not the result itself.

    Raises:
        UserError: What differs.
    """
    if different := differences(found, asked):
        raise UserError(
            f"{path}: is not the {what} that is asked for: {'; '.join(different)}. {remedy(*(again or [path]))}"
        )


@cache
def _sha256_of(path: Path, size: int, modified: int, changed: int) -> str:
    """The digest of a file as it is at some time; that of a change of it is one that no program sets."""
    return sha256(path)


def details_of(record: dict[str, Any]) -> dict[str, Any]:
    """Where a record tells of itself: in its `details`, or in itself if it has none."""
    details = record.get("details")
    return details if isinstance(details, dict) else record


def content_digest(record: Mapping[str, Any]) -> str:
    """Of what a record holds, however it is laid out; its own digest is not in it."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
