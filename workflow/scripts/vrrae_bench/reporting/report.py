"""The report: verdicts, tables, figures, runs and their origin, in one HTML file that needs no other file."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from PIL import Image

from vrrae_bench.artefacts.records import read_record, reading
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.artefacts.run_folder import spec_of
from vrrae_bench.latent.diagnostics import COLLAPSED_SIGNAL_TO_NOISE
from vrrae_bench.reporting.claims.groups import groups
from vrrae_bench.reporting.claims.reported import read_claims
from vrrae_bench.reporting.claims.verdicts import VERDICTS
from vrrae_bench.reporting.claims.writing import CONDITIONS, CORRECTION
from vrrae_bench.reporting.configured import selected_by
from vrrae_bench.reporting.figures import histories
from vrrae_bench.reporting.figures.drawing import Run
from vrrae_bench.reporting.long_tables import read_long_table
from vrrae_bench.reporting.page.images import drawn, embedded
from vrrae_bench.reporting.page.provenance import costs, distinct, duration, written_on
from vrrae_bench.reporting.page.remarks import Notes, paragraphs
from vrrae_bench.reporting.page.runs import MOST_BYTES, links, reported_run, score_name, written
from vrrae_bench.reporting.page.tables import blocks
from vrrae_bench.study.catalogue import FIGURES, TABLES, Entry
from vrrae_bench.study.settings import Study
from vrrae_bench.system.files import write_text

# The keys of run.json that the page tells of each run.
TOLD = ("run", "commit", "versions", "platform", "cpus", "device", "wall_seconds", "peak_memory_mib")
# The table on the first screen is the first of these that exists.
FIRST = ("table_2", "table_1")
# The scores of a run that stand in the table of runs, and their headings.
RUN_SCORES = {"reconstruction_error": "Test error, %", "fid_random": "FID, random", "fid_interpolation": "FID, inter."}
TRAINING_CURVES_DPI = 120
# Most bytes of the images of all runs together, two pictures for each run, so that the page can be sent.
PICTURES_OF_RUNS = 5_000_000


def write_report(
    path: Path,
    *,
    template: Path,
    tables: Sequence[Path],
    claims: Path,
    figures: Sequence[Path],
    runs: Sequence[Path],
    study: Study,
) -> None:
    """Write the report from its template. Images, style and script are embedded, so the page can be sent as it is.

    Args:
        path: The page. Files that lie beside it are linked to from there.
        template: The template of the page. The templates of its parts, its style and its script lie beside it.
        tables: CSV files in the long form; the record beside each holds its caption.
        claims: claims.json.
        figures: PNG files, each with its caption in a text file beside it, and its record.
        runs: run.json of every run, with history.csv beside it, scores.json if the run has been scored, and
            what figures show of it, if that is there.
        study: The configuration that the results are of.

    Raises:
        UserError: One of the files is missing or damaged, or is not the file that its record was written with.
    """
    records = {file: read_record(file, holds=TOLD) for file in runs}
    most = min(MOST_BYTES, PICTURES_OF_RUNS // (2 * len(records) or 1))
    reported = [reported_run(file, record, path, most) for file, record in records.items()]
    decided = read_claims(claims)
    captions = {file: paragraphs(_caption_of_table(file)) for file in tables}
    captions |= {file: paragraphs(_caption_of_figure(file)) for file in figures}
    remarks = {claim.id: paragraphs(claim.remark) for claim in decided.claims}
    notes = Notes.among([*captions.values(), *remarks.values()])
    shown = [_table(file, notes.pieces(captions[file]), path) for file in tables]
    first = next((table for name in FIRST for table in shown if table["name"] == name), None)
    curves = histories.draw([Run(spec_of(file, record), file.parent) for file, record in records.items()])
    page = _template(template).render(
        banner=study.banner,
        settings=decided.settings,
        summary=decided.summary,
        groups=groups(decided.claims),
        remarks={name: notes.pieces(found) for name, found in remarks.items()},
        rules=decided.rules,
        conditions=decided.conditions,
        contradictions=decided.contradictions,
        first=first,
        tables=[table for table in shown if table is not first],
        figures=[_figure(file, notes.pieces(captions[file]), path) for file in figures],
        histories=drawn(curves, TRAINING_CURVES_DPI),
        runs=reported,
        origin=distinct(list(records.values())),
        costs=costs(
            path.parent / "benchmarks",
            [record["wall_seconds"] for record in records.values()],
            selected_by(study),
        ),
        written_on=written_on(),
        notes=list(notes.numbers),
    )
    write_text(path, page)


def _template(path: Path) -> jinja2.Template:
    """The template with the functions that it calls. Whatever is put into it is escaped."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(path.parent),
    )
    called: dict[str, Any] = {"verdicts": VERDICTS, "columns": RUN_SCORES}
    called |= {"condition": CONDITIONS, "correction": CORRECTION}
    called |= {"collapsed_below": f"{COLLAPSED_SIGNAL_TO_NOISE:g}"}
    called["source"] = lambda name: Markup(path.with_name(name).read_text(encoding="utf-8"))
    environment.globals = environment.globals | called
    environment.filters |= {"digest": _digest, "duration": duration, "score_name": score_name, "written": written}
    environment.filters["rate"] = format_beta
    return environment.get_template(path.name)


def _digest(text: str) -> str:
    """A digest by which a browser knows the style and the script of the page, and lets no others through."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _caption_of_table(file: Path) -> str:
    return read_record(file.with_suffix(".json"), holds=["caption"])["caption"]


def _caption_of_figure(file: Path) -> str:
    caption = file.with_suffix(".txt")
    read_record(file.with_suffix(".json"), file.name, caption.name)
    with reading(caption):
        return caption.read_text(encoding="utf-8")


def _table(file: Path, caption: Sequence[Any], page: Path) -> dict[str, Any]:
    files = [file.with_suffix(suffix) for suffix in TABLES[file.stem].suffixes]
    return _described(file.stem, TABLES[file.stem], caption, files, page) | {
        "blocks": blocks(file.stem, read_long_table(file))
    }


def _figure(file: Path, caption: Sequence[Any], page: Path) -> dict[str, Any]:
    files = [file, file.with_suffix(".pdf")]
    with reading(file), Image.open(file) as image:
        return _described(file.stem, FIGURES[file.stem], caption, files, page) | {"image": embedded(image)}


def _described(name: str, entry: Entry, caption: Sequence[Any], files: Sequence[Path], page: Path) -> dict[str, Any]:
    """What the page tells of tables and figures alike. Their short name ends before the first colon of the title."""
    return {
        "name": name,
        "title": entry.title,
        "short": entry.title.partition(":")[0],
        "about": entry.about,
        "caption": caption,
        "files": list(links(files, page)),
    }
