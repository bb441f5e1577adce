"""Zip archives from elsewhere, which are looked through before they are used."""

import zlib
from collections.abc import Generator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath, PureWindowsPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from vrrae_bench.system.errors import UserError

HIGHEST_RATIO = 500  # deflate can reach 1032; arrays of flat shapes reach 100 and photographs 2
# Bytes. A bomb of this size fills nothing. Labels in the order of the classes exceed the ratio, and have to pass.
NEVER_A_BOMB = 2**26


@contextmanager
def open_zip(path: Path, largest_member: int) -> Generator[ZipFile]:
    """An archive all of whose members stay inside it and declare at most `largest_member` bytes.

    No member can give more bytes than it declares: zipfile reads no further. Several threads may read at once.

    Raises:
        UserError: There is no such archive, or it is refused, or damage is found while the block reads it.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    try:
        # If ZipFile did not open the file itself, it lets threads share the handle without counting them.
        with file, ZipFile(file) as archive:
            for member in archive.infolist():
                _refuse(path, member, largest_member)
            yield archive
    except (BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError) as error:
        raise UserError(f"{path}: is damaged, cut short, or no zip archive ({error}). Replace it.") from None


def _refuse(path: Path, member: ZipInfo, largest: int) -> None:
    name, size = member.filename, member.file_size
    windows = PureWindowsPath(name)
    if PurePosixPath(name).is_absolute() or windows.anchor or ".." in windows.parts:
        raise UserError(f"{path}: its member '{name}' has a path that leaves the archive's folder. Nothing was read.")
    if size > largest:
        raise UserError(
            f"{path}: its member {name} announces {size:,} bytes, more than the {largest:,} allowed. Nothing was read."
        )
    if size > NEVER_A_BOMB and size > HIGHEST_RATIO * member.compress_size:
        raise UserError(
            f"{path}: its member {name} announces {size:,} bytes, packed into {member.compress_size:,}: no images, "
            "but a zip bomb. Nothing was read."
        )
    if member.flag_bits & 1:
        raise UserError(f"{path}: its member {name} is encrypted. Save it without a password.")
