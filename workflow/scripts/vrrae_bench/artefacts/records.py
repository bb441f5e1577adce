"""The record that each stage writes beside its files. Whoever reads a file compares it with the record.

A record is a JSON file. It holds a digest of itself and, under `files`, the digest of each file that was written with
it. Both stand in its `details`, if it has any, because everything outside of these is a number. `read_record` compares
them. Records of earlier versions have no digests, but what they say of their run can be compared.
"""

import hashlib
import json
import os
import re
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
    """Turn any error of a file that is damaged, or is another file than is meant, into one with its name and a remedy.

    Raises:
        UserError: The file cannot be read, or does not hold what the block looks for.
    """
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # numpy raises it for a file that is cut short
            raise _damaged(path, error) from None
        raise UserError(f"{path}: cannot be read ({error.strerror}). {remedy(path)}") from None
    except (ValueError, LookupError, TypeError, AttributeError, EOFError, BadZipFile, zlib.error) as error:
        raise _damaged(path, error) from None


def _damaged(path: str | os.PathLike[str], error: Exception) -> UserError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return UserError(f"{path}: is damaged, or was not written by this version ({reason}). {remedy(path)}")


def read_record(path: str | os.PathLike[str], *files: str, holds: Iterable[str] = ()) -> dict[str, Any]:
    """A record as it was handed to `write_record`, with the digests of the files beside it under `files`.

    Args:
        files: Names of the files beside it that are about to be read. Each is compared with its digest, once for each
            process.
        holds: Keys that are about to be read from the record itself.

    Raises:
        UserError: The record or one of these files is missing, is damaged or is another file.
    """
    path = Path(path)
    with reading(path):
        record = read_json(path)
    if not isinstance(record, dict):
        raise _damaged(path, TypeError(f"it is a {type(record).__name__} and not a JSON object"))
    claimed = details_of(record).pop(DIGEST, None)
    if claimed is not None and claimed != content_digest(record):
        raise UserError(
            f"{path}: is damaged or was changed: its content does not have the digest that it names. {remedy(path)}"
        )
    if missing := [key for key in holds if key not in record]:
        raise _damaged(path, ValueError(f"it lacks {', '.join(missing)}"))
    digests = details_of(record).get(FILES, {})
    for name in files:
        if name in digests:
            check_file(path.with_name(name), digests[name], path.name, remedy(path))
    return record


def changed_files(path: Path, record: Mapping[str, Any]) -> list[str]:
    """Names of files beside a record that have another digest than the record tells.

    Only files that are newer than the record are read, so this takes little time.
    """
    digests, written = details_of(dict(record)).get(FILES, {}), path.stat().st_mtime_ns
    later = [name for name in digests if (file := path.with_name(name)).exists() and file.stat().st_mtime_ns >= written]
    return [name for name in later if sha256(path.with_name(name)) != digests[name]]


def check_file(path: Path, digest: str, record: str, remedy: str) -> None:
    """Compare a file with its digest in the record. A file is read once in a process.

    Raises:
        UserError: The file is missing or has another digest. The message ends with a remedy.
    """
    try:
        state = path.stat()
        found = _sha256_of(path, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). {remedy}") from None
    if found != digest:
        raise UserError(
            f"{path}: is damaged, or is not the file for which {record} beside it was written: its SHA-256 begins "
            f"{found[:8]}, not {digest[:8]}. {remedy}"
        )


# Nothing may follow the names in their line, because `with_remedies` adds others to them.
_REMEDY = "To make it again, add this to the end of your snakemake command: --forcerun "


def remedy(*paths: str | os.PathLike[str]) -> str:
    """How to make results again. Deleting them is not enough, because Snakemake does not miss intermediate files."""
    return f"{_REMEDY}{shlex.join(map(str, paths))}"


def with_remedies(message: str, forced: Iterable[str]) -> str:
    """A message whose remedy also names what the option --forcerun of the command names already.

    A later --forcerun replaces an earlier, so a remedy that names less would undo the remedy of an earlier message.

    >>> with_remedies(remedy("b.json"), ["a.json"]) == remedy("a.json", "b.json")
    True
    """

    def with_forced(named: re.Match[str]) -> str:
        return shlex.join(dict.fromkeys([*forced, *shlex.split(named[0])]))

    return re.sub(f"(?<={re.escape(_REMEDY)}).+$", with_forced, message, flags=re.MULTILINE)


def differences(found: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """The differences between a result and what is asked for.

    >>> differences({"seed": 1, "epochs": 2}, {"seed": 0, "epochs": 2})
    ['seed is 1 and not 0']
    """
    return [f"{key} is {found.get(key)} and not {value}" for key, value in asked.items() if found.get(key) != value]


def refuse_others(
    path: str | os.PathLike[str], what: str, found: Mapping[str, Any], asked: Mapping[str, Any], *again: Path
) -> None:
    """Refuse a result that is not of what is asked for.

    Args:
        what: The result, for the message.
        again: The files to make again, if not the result itself.

    Raises:
        UserError: It differs. The message says in what.
    """
    if different := differences(found, asked):
        raise UserError(
            f"{path}: is not the {what} that is asked for: {'; '.join(different)}. {remedy(*(again or [path]))}"
        )


@cache
def _sha256_of(path: Path, size: int, modified: int, changed: int) -> str:
    """The digest of a file, kept by its size and times. No program can set the time of the last change."""
    return sha256(path)


def details_of(record: dict[str, Any]) -> dict[str, Any]:
    """The part of a record that tells of the record itself: its `details`, or the whole record if it has none."""
    details = record.get("details")
    return details if isinstance(details, dict) else record


def content_digest(record: Mapping[str, Any]) -> str:
    """The digest of the content of a record, whatever its layout, without the digest that the record holds."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
