"""The documentation site: the Markdown of this folder, read by MyST and shown by furo. `make docs` builds it."""

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
html_copy_source = False
myst_heading_anchors = 3  # links to headings are those that a forge makes


def setup(app: Sphinx) -> None:
    app.connect("doctree-resolved", show_files)


def show_files(app: Sphinx, document: nodes.document, name: str) -> None:
    """Let a browser open the files that pages link to, such as the report, instead of saving them."""
    for link in list(document.findall(download_reference)):
        if "filename" in link:
            address = "../" * name.count("/") + f"_downloads/{link['filename']}"
            link.replace_self(nodes.reference("", "", *link.children, refuri=address))
