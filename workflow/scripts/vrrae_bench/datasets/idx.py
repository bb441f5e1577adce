"""The IDX format of MNIST and Fashion-MNIST: a big-endian header, then bytes; packed by gzip where the name says so."""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from vrrae_bench.system.errors import UserError

UNSIGNED_BYTE = 0x08


def read_idx(path: str | Path, dimensions: int) -> UInt8[np.ndarray, "..."]:
    """The array of an IDX file of unsigned bytes: 3 `dimensions` for images, 1 for labels.

    Raises:
        UserError: Not gzip, cut short, or a header other than the expected one.
    """
    try:
        with gzip.open(path) if Path(path).suffix == ".gz" else open(path, "rb") as file:
            content = file.read()
    except (EOFError, zlib.error):
        raise UserError(f"{path}: the file is cut short or damaged. {_REMEDY}") from None
    except gzip.BadGzipFile as error:
        raise UserError(f"{path}: is not a gzip file ({error}). {_REMEDY}") from None

    header = 4 + 4 * dimensions
    magic = (UNSIGNED_BYTE << 8) | dimensions
    found = int.from_bytes(content[:4], "big")
    if len(content) < header or found != magic:
        raise UserError(f"{path}: wrong magic number 0x{found:08x}, expected 0x{magic:08x}. {_REMEDY}")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    expected = int(np.prod(shape, dtype=np.uint64))
    if len(content) - header != expected:
        raise UserError(
            f"{path}: truncated: holds {len(content) - header:,} bytes of data, "
            f"its header {' x '.join(map(str, shape))} announces {expected:,}. {_REMEDY}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


_REMEDY = "Delete it and run again; if it comes from a mirror, replace it there."
