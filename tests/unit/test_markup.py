"""What somebody writes into the configuration stands in reports as it is written, and does nothing there."""

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from commands import ROOT
from markdown_it import MarkdownIt
from PIL import Image

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.reporting.claims.claims import CLAIMS
from vrrae_bench.reporting.claims.deciding import decide, reported_claims
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.reporting.claims.writing import write_claims
from vrrae_bench.reporting.figures.drawing import plt
from vrrae_bench.reporting.long_tables import typed
from vrrae_bench.reporting.markup import latex, markdown, markdown_cell
from vrrae_bench.reporting.report import write_report
from vrrae_bench.reporting.tables import write_table
from vrrae_bench.study.reading import BASE, check_settings, read_file
from vrrae_bench.system.errors import UserError

BENIGN = "Some words."
HOSTILE = [
    '<script>alert("x")</script>',
    "<img src=x onerror=alert(1)>",
    "</section></body><!--",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "[click](javascript:alert(1)) ![seen](http://127.0.0.1/pixel.png) <http://127.0.0.1>",
    "**strong** _emphasis_ `code` ~~gone~~ | a | b |",
    "# heading",
    "- item",
    "12. item",
    "> quotation",
    "\\ {braces} {{ 7 * 7 }} {% if %} $x^2$ #1 50 % a_b ~ \\input{secret}",
]


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.text = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        self.elements.append((f"/{tag}", ()))

    def handle_comment(self, data):
        self.elements.append(("comment", data))

    def handle_data(self, data):
        self.text += data


def page_with(text, folder, run_spec):
    """A report in which `text` stands wherever a text comes from outside: configuration, captions, records of runs."""
    folder.mkdir()
    row = {"dataset": text, "method": "ae", "quantity": "epochs", "mean": 1.0, "note": text}
    write_table(folder, "table_a3_3", typed(pd.DataFrame([row])), f"Paragraph.\n\n{text}", text)
    study = check_settings(read_file(BASE)).study
    evidence = load_evidence([], [], study)
    write_claims(folder / "claims.csv", reported_claims(decide(CLAIMS[:3], evidence, text), evidence), text)
    Image.new("RGB", (2, 2)).save(folder / "figure_5.png")
    (folder / "figure_5.txt").write_text(text)
    write_record(folder / "figure_5.json", {}, ["figure_5.png", "figure_5.txt"])
    record = {"run": run_spec("vae").model_dump() | {"dataset": text, "variant": text}, "commit": text}
    record |= {"versions": {text: text}, "platform": text, "cpus": 2, "device": text, "wall_seconds": 1.0}
    (folder / "run.json").write_text(json.dumps(record | {"peak_memory_mib": text}))
    (folder / "history.csv").write_text("step,reconstruction_error\n1,50.0\n")
    write_report(
        folder / "report.html",
        template=ROOT / "workflow/report/report.html.j2",
        tables=[folder / "table_a3_3.csv"],
        claims=folder / "claims.json",
        figures=[folder / "figure_5.png"],
        runs=[folder / "run.json"],
        study=study.model_copy(update={"banner": text}),
    )
    return Page((folder / "report.html").read_text())


def test_a_report_has_the_same_elements_whatever_the_texts_say(tmp_path, run_spec, monkeypatch):
    """Every tag and attribute of the whole page, parsed as a browser does."""
    # Mathematics in a name would be an error of matplotlib, and no name may hold any.
    monkeypatch.setattr("vrrae_bench.reporting.figures.histories.draw", lambda runs: plt.figure())
    benign = page_with(BENIGN, tmp_path / "benign", run_spec)
    assert [tag for tag, _ in benign.elements].count("script") == 1
    text = " ".join(HOSTILE)
    page = page_with(text, tmp_path / "hostile", run_spec)
    assert page.elements == benign.elements
    # Banner, table, captions of table and figure, claims, run and provenance.
    assert page.text.count(text) == benign.text.count(BENIGN) >= 10


def test_no_cell_of_the_claims_begins_with_what_a_user_wrote(tmp_path):
    """A spreadsheet takes a cell that begins with one of these signs for a formula."""
    evidence = load_evidence([], [], check_settings(read_file(BASE)).study)
    for number, text in enumerate(['=HYPERLINK("http://a.b";"c")', "+1", "-1", "@SUM(1)", "\t=1"]):
        record = reported_claims(decide(CLAIMS[:3], evidence, text), evidence)
        write_claims(path := tmp_path / f"claims_{number}.csv", record, text)
        claims = pd.read_csv(path)
        assert len(claims) == 3 and claims.evidence.str.contains(text.strip(), regex=False).all()
        assert not claims.map(lambda cell: cell[0] in "=+-@\t").any(axis=None)


@pytest.mark.parametrize(
    "text", [*HOSTILE, "a * b * c", "_a_ and a_b_c and __d__", "x **y** z", "1) one", "+ plus", "= a"]
)
def test_a_text_in_markdown_is_that_text(text):
    for rendered in (
        MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown(text)),
        MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(f"**x**\n\n{markdown(text)}\n"),
    ):
        page = Page(rendered.removeprefix("<p><strong>x</strong></p>\n"))
        assert page.elements == [("p", ()), ("/p", ())] and page.text.strip() == text
    table = Page(MarkdownIt("gfm-like", {"linkify": False}).render(f"| a |\n|---|\n| {markdown_cell(text)} |\n"))
    assert [tag for tag, _ in table.elements].count("td") == 1 and f"\n{text}\n" in table.text


def test_a_text_in_latex_has_no_live_character():
    for text in HOSTILE:
        written = latex(text)
        for command in (r"\\text(backslash|asciicircum|asciitilde|bar|less|greater)\{\}", r"\\[&%$#_{}]", r"\$\\pm\$"):
            written = re.sub(command, "", written)
        assert not set(written) & set("\\&%$#_{}^~|<>"), text


def test_line_breaks_of_a_sentence_are_spaces_and_what_controls_a_terminal_is_refused():
    values = read_file(BASE)
    for text in ("one\ntwo", "one\r\ntwo", "one\r two", "one\u2028two", " one two\n"):
        settings = check_settings(values | {"banner": text, "reduced": text})
        assert settings.banner == settings.reduced == "one two"
    for text in ("a\x1b[2J", "a\x00b", "a\u202eb"):
        with pytest.raises(UserError, match="banner: .*\n.*It has a control character"):
            check_settings(values | {"banner": text})
