"""What is known of a published file."""

from dataclasses import dataclass
from urllib.parse import urlparse


@dataclass(frozen=True)
class RemoteFile:
    """A published file.

    Attributes:
        name: Its name, on every source.
        size: Its length in bytes, where it is published.
        checksum: `algorithm:hexadecimal digest`, or as much of the beginning of the digest as is published.
        folders: URLs (or local paths) of the folders that publish it, the best first.
        content: Checksum of what a gzip file holds, where it is known: a file in which the same bytes are packed
            otherwise is as good.
        by_hand: What a person can do to get it.
    """

    name: str
    size: int | None
    checksum: str
    folders: tuple[str, ...]
    content: str | None = None
    by_hand: str | None = None


def is_url(source: str) -> bool:
    """Whether a source is asked over the network; all else is a path."""
    return urlparse(source).scheme in ("http", "https")
