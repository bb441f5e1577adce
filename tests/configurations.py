"""Configurations from files, as the commands of the project read them from their options."""

from pathlib import Path

from vrrae_bench.study.layers import merge
from vrrae_bench.study.reading import check_settings, read_file
from vrrae_bench.study.settings import Settings


def load_settings(base: str | Path, *files: str | Path) -> Settings:
    """The checked configuration of a file, and of files that are laid over it, the later over the earlier.

    Raises:
        UserError: A file cannot be read, or the configuration has problems; all of them are told at once.
    """
    over = merge(*(read_file(Path(file)) for file in files))
    return check_settings(merge(read_file(Path(base)), over), " + ".join(map(str, (base, *files))))
