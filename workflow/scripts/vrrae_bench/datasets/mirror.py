"""A mirror: the published files that a configuration needs, in one folder, for machines without internet."""

from collections.abc import Sequence
from pathlib import Path

from vrrae_bench.config import Settings
from vrrae_bench.datasets import celeba, cifar10, mnist, weights
from vrrae_bench.datasets.download import RemoteFile, fetch, refusal
from vrrae_bench.errors import UserError
from vrrae_bench.files import sha256, write_text

CHECKSUMS = "SHA256SUMS"
HOW_TO_FILL = (
    "On a machine with internet: make fetch DEST=FOLDER. Copy FOLDER here, and run again with: "
    "--config mirror=FOLDER offline=true"
)


def published_files(source: str) -> tuple[RemoteFile, ...]:
    """The published files behind a data set or the weights; none for what is made here or is the user's own."""
    match source:
        case "mnist" | "fashion_mnist":
            return mnist.FILES[source]
        case "cifar10":
            return (cifar10.FILE,)
        case "celeba":
            return (celeba.PUBLISHED.images, celeba.PUBLISHED.attributes, celeba.PUBLISHED.partition)
    return (weights.WEIGHTS[source],) if source in weights.WEIGHTS else ()


def needed_sources(settings: Settings) -> list[str]:
    """What a configuration needs of published files: folders of a mirror."""
    chosen = [settings.datasets[name] for name in settings.experiment.datasets]
    sources = [dataset.source for dataset in chosen]
    starts = {dataset.extractor.start for dataset in chosen if dataset.extractor}
    if settings.weights is None and "imagenet" in starts:
        sources.append(weights.IMAGENET)
    if any(dataset.inception_2015 for dataset in chosen):
        sources.append(weights.INCEPTION_2015)
    return [source for source in dict.fromkeys(sources) if published_files(source)]


def fill_mirror(folder: Path, sources: Sequence[str]) -> list[Path]:
    """Bring the published files of some sources into `folder`, as `<source>/<file>`, each verified.

    Files that are there and intact are kept. Beside them stands SHA256SUMS, for `sha256sum --check` after a copy.

    Raises:
        UserError: Some could not be had; all others are there, and each that is missing is told with what to do.
    """
    present, problems = [], []
    for source in sources:
        for file in published_files(source):
            try:
                present += fetch([file], source, folder / source, mirror=None, offline=False)
            except UserError as error:
                problems.append(str(error) if file.folders else _by_hand(file, folder / source / file.name))
    if present:
        lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in present]
        write_text(folder / CHECKSUMS, "".join(lines))
    if problems:
        listing = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(problems, 1))
        raise UserError(f"{len(problems)} file(s) are missing in {folder}; {len(present)} are there.\n{listing}")
    return present


def _by_hand(file: RemoteFile, target: Path) -> str:
    """What is wrong with a file that only a person may fetch."""
    refused = refusal(target, file)
    if refused:
        return f"{target}: {refused}. Fetch it again, put it there, and run this again."
    how = f"  {file.by_hand}\n  Put it there, and run this again: it is then verified."
    return f"{target}: no program may fetch it.\n{how}"


def missing_offline(sources: Sequence[str], mirror: str | None, downloads: Path) -> list[str]:
    """Published files that a run without network could not have, each with where it was looked for.

    Args:
        mirror: The configured mirror; a URL counts for nothing here.
        downloads: Folder that keeps what was fetched before, as `<source>/<file>`.
    """
    missing = []
    for source in sources:
        for file in published_files(source):
            folders = [downloads / source, *([Path(mirror) / source] if mirror and "://" not in mirror else [])]
            folders += [Path(folder) for folder in file.folders if "://" not in folder]
            found = [folder / file.name for folder in folders if (folder / file.name).is_file()]
            if not found:
                missing.append(f"{source}/{file.name}: not in {', '.join(map(str, folders))}")
            elif file.size and all(path.stat().st_size != file.size for path in found) and not file.content:
                size = found[0].stat().st_size
                missing.append(f"{source}/{file.name}: {found[0]} has {size:,} bytes, expected {file.size:,}")
    return missing


def refuse_if_missing_offline(source: str, settings: Settings, downloads: Path) -> None:
    """Stop before any job if `source` can not be had without network; tell all that the configuration lacks.

    Raises:
        UserError: With every missing file.
    """
    if not missing_offline([source], settings.mirror, downloads):
        return
    missing = missing_offline(list(dict.fromkeys([source, *needed_sources(settings)])), settings.mirror, downloads)
    listing = "\n".join(f"  {number}. {file}" for number, file in enumerate(missing, 1))
    notes = [] if not settings.mirror or "://" not in settings.mirror else [f"{settings.mirror} is not asked."]
    notes += [f"CelebA: {celeba.BY_HAND}"] if any(file.startswith("celeba/") for file in missing) else []
    told = "".join(f"\n{note}" for note in [*notes, HOW_TO_FILL])
    head = f"offline is set, and {len(missing)} published file(s) are missing; nothing was started."
    raise UserError(f"{head}\n{listing}{told}")
