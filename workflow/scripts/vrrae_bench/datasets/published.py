"""What is known of a published file, and where it is asked for."""

from dataclasses import dataclass
from pathlib import Path

NO_SECRETS = (
    "A user name, a password or a key in it would stand in logs and on command lines for all users of the machine. "
    "Write the address without `@`, `?` and `#`, and put user name and password into the file ~/.netrc, which nobody "
    "else may read, as: machine HOST login USER password PASSWORD"
)


@dataclass(frozen=True)
class RemoteFile:
    """A published file.

    Attributes:
        name: Its name, on every source.
        size: Its length in bytes.
        checksum: `algorithm:hexadecimal digest`, of the whole file and in full.
        folders: URLs (or local paths) of the folders that publish it, the best first.
        content: Checksum of what a gzip file holds, where it is known: a file in which the same bytes are packed
            otherwise is as good.
        by_hand: What a person can do to get it.
        other_forms: Paths below a mirror, the best first, where people have the same content in another form, such as
            unpacked or as torchvision leaves it. Whoever reads such a file verifies its content.
    """

    name: str
    size: int
    checksum: str
    folders: tuple[str, ...]
    content: str | None = None
    by_hand: str | None = None
    other_forms: tuple[str, ...] = ()


def is_url(source: str) -> bool:
    """Whether a source is asked over the network; all else is a path."""
    return source.strip().lower().startswith(("http:", "https:"))


def holds_secret(address: str) -> bool:
    """Whether an address may hold a user name, a password or a key: it would stand in logs and on command lines."""
    return (is_url(address) or "://" in address) and any(mark in address for mark in "@?#")


def in_mirror(file: RemoteFile, dataset: str, mirror: str | None) -> Path | None:
    """Where a mirror on this machine has the content of a published file in another form only; else none."""
    if mirror is None or is_url(mirror) or Path(mirror, dataset, file.name).is_file():
        return None
    return next((path for path in (Path(mirror, form) for form in file.other_forms) if path.is_file()), None)


def unpacked(source: str, torchvision: str, name: str) -> tuple[str, ...]:
    """Where a file that is published with gzip lies in a mirror after it was unpacked, or where torchvision keeps it.

    Args:
        torchvision: The folder into which torchvision downloads this source.
        name: The name of the file without the suffix `.gz`.
    """
    return f"{source}/{name}", f"{torchvision}/raw/{name}", f"{torchvision}/raw/{name}.gz"
