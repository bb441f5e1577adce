"""Give runs of a version before 0.2 the names of today: `beta=1e-6,batch=576` becomes `beta=1e-6__batch=576`.

Renames the folders of runs in a folder of results, or in one that `keep.py` has filled, and changes the name in the
records and models that tell it, together with their digests. No number changes, and all times stay as they are. A file
that is damaged is left as it is, and named. If the command is interrupted, start it again.
"""

import vrrae_bench.system.shell_settings

import hashlib
import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from vrrae_bench.artefacts.former_names import FORMER_SEPARATOR, folders_to_rename, renamed
from vrrae_bench.artefacts.records import DIGEST, FILES, details_of, read_record, reading, write_record
from vrrae_bench.artefacts.run_folder import MODEL
from vrrae_bench.models.serialisation import with_digest, without_digest
from vrrae_bench.system.command_line import command_parser, folder_path
from vrrae_bench.system.errors import UserError, run_command
from vrrae_bench.system.files import atomic_path, read_json, write_json


def main() -> None:
    parser = command_parser(__doc__)
    parser.add_argument("results", type=folder_path, help="folder of results")
    results = parser.parse_args().results
    if not (results / "runs").is_dir():
        raise UserError(f"{results}: holds no folder `runs`. Name a folder of results.")
    folders = folders_to_rename(results)
    for damaged in rename_runs(results, folders):
        print(f"Left as it is: {damaged}")
    print(f"{results}: {len(folders)} folder(s) of runs renamed")
    if folders and any(results.glob(f"runs/*/*/*/*/{MODEL}")):
        print(
            "If the code has changed since, Snakemake makes these results again. To keep them, type your snakemake\n"
            "command once with --touch at its end."
        )


def rename_runs(results: Path, folders: list[Path]) -> list[str]:
    """Rename folders of runs, and their names in all files that tell them.

    Returns:
        Files that are damaged, by their names of today, with the reason.

    Raises:
        UserError: A run lies there under both names.
    """
    for folder in folders:
        if (there := folder.with_name(renamed(folder.name))).exists():
            raise UserError(
                f"{folder} and {there}: are the same runs. Delete the one that is not wanted, and try again."
            )
    damaged = [
        told.replace(folder.name, renamed(folder.name))
        for folder in folders
        for run in sorted(folder.glob("seed=*/"))
        for told in _rename_in_files(run)
    ]
    _rename_in_report(results, folders)
    beside = [
        folder for kind in ("logs", "benchmarks") for folder in results.glob(f"{kind}/*/*/*/*{FORMER_SEPARATOR}*/")
    ]
    # Runs last, since a folder with a former name is what is still to be done.
    for folder in [*beside, *folders]:
        if not (there := folder.with_name(renamed(folder.name))).exists():
            folder.rename(there)
    return damaged


def _rename_in_files(run: Path) -> Iterator[str]:
    """Change the name in all files of a run, and tell of the damaged ones.

    The model is written last, because its old digest has to be replaced in the records first.
    """
    model, content, digests = run / MODEL, b"", {}
    if model.exists():
        before = model.read_bytes()
        try:
            content = _renamed_model(before)
            digests = {_digest(before): _digest(content)}
        except (ValueError, LookupError, TypeError) as error:
            yield f"{model}: is not a model file, or is damaged ({error})"
    for path in sorted(run.rglob("*.json")):
        try:
            _rename_in_record(path, digests)
        except UserError as error:
            yield str(error)
    if content:
        with _rewritten(model) as temporary:
            temporary.write_bytes(content)


def _rename_in_record(path: Path, digests: dict[str, str]) -> None:
    """Change the name in a record, and the digest of the model wherever it tells one.

    Raises:
        UserError: The record is damaged.
    """
    record = read_record(path)
    has_digest = DIGEST in details_of(read_json(path))
    details = details_of(record)
    with reading(path):
        if "run" in details:
            details["run"]["variant"] = renamed(details["run"]["variant"])
    for entries, key in ((details.get(FILES, {}), MODEL), (details, "model_sha256")):
        if key in entries:
            entries[key] = digests.get(entries[key], entries[key])
    with _rewritten(path) as temporary:
        # Records of earlier versions have no digest of themselves, and get none that nobody has compared.
        (write_record if has_digest else write_json)(temporary, record)


def _renamed_model(content: bytes) -> bytes:
    """The content of a model file with the name of today.

    Raises:
        ValueError, LookupError, TypeError: It is no such content, or is damaged.
    """
    model = without_digest(content)
    header, end, numbers = model.partition(b"\n")
    variant = json.loads(header)["run"]["variant"]
    new = header.replace(json.dumps(variant).encode(), json.dumps(renamed(variant)).encode()) + end + numbers
    return new if model == content else with_digest(new)


def _rename_in_report(results: Path, folders: list[Path]) -> None:
    """Change the addresses of runs in the report."""
    report = results / "report.html"
    if folders and report.exists():
        page = report.read_bytes()
        for folder in folders:
            place = folder.relative_to(results)
            former, today = (quote(one.as_posix()).encode() for one in (place, place.with_name(renamed(place.name))))
            page = page.replace(former, today)
        with _rewritten(report) as temporary:
            temporary.write_bytes(page)


@contextmanager
def _rewritten(path: Path) -> Generator[Path]:
    """A file that takes the place of another at the end, with the time of the other, by which Snakemake goes."""
    before = path.stat()
    with atomic_path(path) as temporary:
        yield temporary
        os.utime(temporary, ns=(before.st_atime_ns, before.st_mtime_ns))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    run_command(main)
