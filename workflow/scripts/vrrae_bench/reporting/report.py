"""The report: tables, figures, training histories and where it all comes from, in one HTML file."""

import base64
import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup
from matplotlib.figure import Figure

from vrrae_bench.artefacts.records import read_record
from vrrae_bench.artefacts.run_folder import spec_of
from vrrae_bench.reporting.claims.record import read_claims
from vrrae_bench.reporting.claims.writing import contradictions, overview, reasons
from vrrae_bench.reporting.figures import histories
from vrrae_bench.reporting.figures.drawing import Run, plt
from vrrae_bench.reporting.kinds import FIGURES
from vrrae_bench.reporting.labels import method_label
from vrrae_bench.reporting.markup import markdown
from vrrae_bench.reporting.records import read_history
from vrrae_bench.system.files import write_text

# What the page tells of each run, from run.json.
TOLD = ("run", "commit", "versions", "platform", "cpus", "device", "wall_seconds", "peak_memory_mib")


def write_report(
    path: Path,
    *,
    template: Path,
    tables: Sequence[Path],
    claims: Path,
    figures: Sequence[Path],
    runs: Sequence[Path],
    banner: str | None,
) -> None:
    """Fill the template; images are embedded, so the page can be sent as it is.

    Args:
        tables: Markdown files, each with a heading, tables and a caption; as that of the claims and the figures, each
            with a record beside it.
        claims: claims.json. The reasons of the verdicts are folded; what comes before and after them stands open.
        figures: PNG files, each with its caption in a text file beside it.
        runs: run.json of every run; its history.csv lies beside it.

    Raises:
        UserError: One of the files is missing or damaged, or is not the file that its record was written with.
    """
    captions = [file.with_suffix(".txt") for file in figures]
    for file in (*tables, *figures, *captions):
        read_record(file.with_suffix(".json"), file.name)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    records = [(file, read_record(file, holds=TOLD)) for file in runs]
    decided = read_claims(claims)
    page = environment.from_string(template.read_text(encoding="utf-8")).render(
        banner=banner,
        tables=[_table(file, banner) for file in tables],
        verdicts=_html("\n\n".join(["# Claims of the paper", *overview(decided)])),
        reasons=_html("\n\n".join(reasons(decided)), linked=True),
        contradictions=_html("\n\n".join(contradictions(decided))),
        figures=[_figure(file) for file in figures],
        histories=_data_uri(_png(histories.draw([_run(file, record) for file, record in records]))),
        runs=[_run_row(file, record) for file, record in records],
        commits=sorted({record["commit"] or "not recorded (no git checkout)" for _, record in records}),
        versions=sorted({_versions(record) for _, record in records}),
        platforms=sorted({f"{record['platform']}, {record['cpus']} CPUs, {record['device']}" for _, record in records}),
    )
    write_text(path, page)


def _html(text: str, banner: str | None = None, linked: bool = False) -> Markup:
    """Markdown as HTML, in which HTML stands as text; if `linked`, a heading of one word, a claim's name, has an id."""
    if banner:
        text = text.replace(f"**{markdown(banner)}**\n", "")  # it stands above the whole page
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = renderer.parse(text)
    for opening, content in pairwise(tokens):
        if linked and opening.type == "heading_open" and " " not in content.content:
            opening.attrSet("id", content.content)
    return Markup(renderer.renderer.render(tokens, renderer.options, {}))


def _table(file: Path, banner: str | None) -> dict[str, str]:
    text = file.read_text(encoding="utf-8")
    return {"name": file.stem, "title": text.partition("\n")[0].removeprefix("# "), "html": _html(text, banner)}


def _figure(file: Path) -> dict[str, str]:
    return {
        "name": file.stem,
        "title": FIGURES[file.stem].title,
        "image": _data_uri(file.read_bytes()),
        "caption": file.with_suffix(".txt").read_text(encoding="utf-8").split("\n\n"),
    }


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=120)
    plt.close(figure)
    return buffer.getvalue()


def _run(file: Path, record: dict[str, Any]) -> Run:
    return Run(spec_of(file, record), file.parent)


def _run_row(file: Path, record: dict[str, Any]) -> dict[str, Any]:
    run = record["run"]
    history = read_history(file.parent, "step", "reconstruction_error")
    return {
        "dataset": run["dataset"],
        "method": method_label(run["method"]),
        "variant": run["variant"],
        "seed": run["seed"],
        "steps": int(history.step.iloc[-1]),
        "error": f"{history.reconstruction_error.iloc[-1]:.2f}",
        "seconds": f"{record['wall_seconds']:.0f}",
        "memory": record["peak_memory_mib"],
    }


def _versions(record: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in record["versions"].items())


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()
