"""What it means that jobs were killed, of which they can tell nothing themselves."""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from vrrae_bench.system.errors import OUT_OF_MEMORY

# What Python's subprocess says of a program that a signal ended, directly or within a shell; by Linux' numbers.
MEANINGS = {
    r"died with <Signals\.SIGKILL: 9>|returned non-zero exit status 137\b": (
        f"A job was killed. If nobody ended it, {OUT_OF_MEMORY}\n"
    ),
    r"died with <Signals\.SIGBUS: 7>|returned non-zero exit status 135\b": (
        "A job was ended by the signal SIGBUS: a file that it read became shorter meanwhile, or the disk under it "
        "fails or is full. Check the disk, then run again.\n"
    ),
}


def explain_killed(logs: Iterable[str]) -> str:
    """What to tell after a failed run, or nothing.

    Args:
        logs: The log files of Snakemake; one that cannot be read tells nothing.
    """
    logged = ""
    for log in logs:
        with suppress(OSError):
            logged += Path(log).read_text(encoding="utf-8", errors="replace")
    return "".join(meaning for said, meaning in MEANINGS.items() if re.search(said, logged))
