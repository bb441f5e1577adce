"""A mirror: the published files that a configuration needs, in one folder, for machines without internet."""

from collections.abc import Sequence
from pathlib import Path

from vrrae_bench.datasets import weights
from vrrae_bench.datasets.download import fetch, refusal
from vrrae_bench.datasets.published import RemoteFile, in_mirror, is_url
from vrrae_bench.datasets.settings import FileSettings
from vrrae_bench.datasets.sources import SOURCES, source_of
from vrrae_bench.study.selection import needed_weights
from vrrae_bench.study.settings import Settings
from vrrae_bench.system.errors import UserError, numbered
from vrrae_bench.system.files import sha256, write_text

CHECKSUMS = "SHA256SUMS"
HOW_TO_FILL = (
    "To fill a mirror, on a machine with internet: make fetch DEST=FOLDER. Copy FOLDER here, and run again with: "
    "--config mirror=FOLDER offline=true"
)


def published_files(source: str) -> tuple[RemoteFile, ...]:
    """The published files of a data set or of weights; none if the images are made here or are the user's own."""
    if source in weights.WEIGHTS:
        return (weights.WEIGHTS[source],)
    return source_of(source).files if source in SOURCES else ()


def needed_sources(settings: Settings) -> list[str]:
    """The sources whose published files a configuration needs. Each source has a folder in a mirror."""
    sources = [settings.datasets[name].source for name in settings.experiment.datasets]
    sources += [name for name in needed_weights(settings) if name != weights.IMAGENET or settings.weights is None]
    return [source for source in dict.fromkeys(sources) if published_files(source)]


def fill_mirror(folder: Path, sources: Sequence[str]) -> list[Path]:
    """Bring the published files of some sources into `folder`, as `<source>/<file>`, each verified.

    Files that are there and intact are kept. The file SHA256SUMS is written beside them, so that a copy can be checked
    with `sha256sum --check`.

    Raises:
        UserError: Some files could not be fetched. The message names each of them with a remedy. All others are there.
    """
    present, problems = [], []
    for source in sources:
        for file in published_files(source):
            try:
                present += fetch([file], source, folder / source, mirror=None, offline=False)
            except UserError as error:
                problems.append(str(error) if file.folders else _by_hand(file, folder / source / file.name))
    if present:
        _list_checksums(folder, present)
    if problems:
        head = f"{len(problems)} file(s) are missing in {folder}; {len(present)} are there."
        raise UserError(f"{head}\n{numbered(problems)}")
    return present


def _list_checksums(folder: Path, present: Sequence[Path]) -> None:
    """Write SHA256SUMS with these files, and with the files that it listed before and that still exist."""
    listed = folder / CHECKSUMS
    before = listed.read_text().splitlines() if listed.exists() else []
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in before) if (folder / name).is_file()}
    sums |= {path.relative_to(folder).as_posix(): sha256(path) for path in present}
    write_text(listed, "".join(f"{digest}  {name}\n" for name, digest in sums.items()))


def _by_hand(file: RemoteFile, target: Path) -> str:
    """The message about a file that only a person may fetch, and that is missing or wrong."""
    refused = refusal(target, file)
    if refused:
        return f"{target}: {refused}. Fetch it again, put it there, and run this again."
    how = f"  {file.by_hand}\n  Put it there, and run this again: it is then verified."
    return f"{target}: no program may fetch it.\n{how}"


def missing_files(sources: Sequence[str], mirror: str | None, downloads: Path, *, offline: bool) -> list[str]:
    """The published files that a run could not get, each with the places where it was looked for.

    Args:
        mirror: The configured mirror, or none.
        downloads: Folder with the files that were fetched before, as `<source>/<file>`.
        offline: Whether no URL is asked. If URLs are asked, only a file that no program may fetch can be missing.
    """
    missing = []
    for source in sources:
        for file in published_files(source):
            folders = [*([mirror] if mirror else []), *file.folders]
            if (not offline and any(map(is_url, folders))) or in_mirror(file, source, mirror):
                continue
            paths = [downloads / source, *([Path(mirror) / source] if mirror and not is_url(mirror) else [])]
            paths += [Path(folder) for folder in file.folders if not is_url(folder)]
            found = [path / file.name for path in paths if (path / file.name).is_file()]
            if not found:
                missing.append(f"{source}/{file.name}: not in {', '.join(map(str, paths))}")
            elif all(path.stat().st_size != file.size for path in found) and not file.content:
                size = found[0].stat().st_size
                missing.append(f"{source}/{file.name}: {found[0]} has {size:,} bytes, expected {file.size:,}")
    return missing


def refuse_if_gone(dataset: str, files: FileSettings) -> None:
    """Refuse a data set of the user's own whose files are not there, even if it has been stored.

    Raises:
        UserError: Which file or folder is missing.
    """
    if not Path(files.path).exists():
        raise UserError(
            f"{files.path}: there is no such file or folder. Set datasets.{dataset}.files.path to where the images "
            "are, or put them back."
        )


def refuse_if_missing(source: str, settings: Settings, downloads: Path) -> None:
    """Stop before any job if the files of `source` cannot be had, and name all files that the configuration lacks.

    Raises:
        UserError: A file of `source` cannot be had. The message names every missing file.
    """
    if not missing_files([source], settings.mirror, downloads, offline=settings.offline):
        return
    sources = list(dict.fromkeys([source, *needed_sources(settings)]))
    missing = missing_files(sources, settings.mirror, downloads, offline=settings.offline)
    head = f"{len(missing)} published file(s) are missing; nothing was started."
    lacking = dict.fromkeys(line.partition("/")[0] for line in missing)
    by_hand = dict.fromkeys(
        f"{source_of(source).label}: {file.by_hand}"
        for source in lacking
        for file in published_files(source)
        if file.by_hand and not file.folders  # no program may fetch it
    )
    notes = [*by_hand, HOW_TO_FILL]
    if settings.offline:
        head = f"offline is set, and {head}"
        notes = [f"{settings.mirror} is not asked.", *notes] if settings.mirror and is_url(settings.mirror) else notes
    raise UserError("\n".join([head, numbered(missing), *notes]))
