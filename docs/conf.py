"""The documentation site: the Markdown of this folder, read by MyST and shown by furo. `make docs` builds it."""

import shutil
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx

project = "VRRAE benchmark"
html_title = project
author = "the vrrae-bench authors"
project_copyright = f"{author}, MIT licence"
language = "en"

extensions = ["myst_parser"]
html_theme = "furo"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
myst_heading_anchors = 3  # links to headings are those that a forge makes


# The folder of the report, which links to the files beside it.
KEPT = "example-report"


def setup(app: Sphinx) -> None:
    app.connect("doctree-resolved", show_files)
    app.connect("build-finished", copy_kept)


def show_files(app: Sphinx, document: nodes.document, name: str) -> None:
    """Let a browser open the files that pages link to, such as the report, instead of saving them."""
    up = "../" * name.count("/")
    for link in list(document.findall(download_reference)):
        if "filename" in link:
            file, _ = app.env.relfn2path(link["reftarget"], name)
            address = file if Path(file).parts[0] == KEPT else f"_downloads/{link['filename']}"
            link.replace_self(nodes.reference("", "", *link.children, refuri=up + address))


def copy_kept(app: Sphinx, failure: Exception | None) -> None:
    """Put the kept results where they lie among the pages, so that the links of the report lead somewhere."""
    if failure is None:
        shutil.copytree(app.srcdir / KEPT, app.outdir / KEPT, dirs_exist_ok=True)
