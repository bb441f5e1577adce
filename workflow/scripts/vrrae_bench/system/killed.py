"""Explanations for jobs that were killed, and so could not write a message themselves."""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from vrrae_bench.system.errors import OUT_OF_MEMORY

# What Python's subprocess says if a signal has ended a program, or a program within a shell. The numbers are those of
# Linux.
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
    """An explanation for the end of a failed run; an empty text if no job was killed.

    Args:
        logs: The log files of Snakemake. A file that cannot be read is passed over.
    """
    logged = ""
    for log in logs:
        with suppress(OSError):
            logged += Path(log).read_text(encoding="utf-8", errors="replace")
    return "".join(meaning for said, meaning in MEANINGS.items() if re.search(said, logged))
