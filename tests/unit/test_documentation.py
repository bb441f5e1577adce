"""The README and the pages of docs/: what they say of commands, costs, folders and messages is so."""

import re
import subprocess
from collections import defaultdict

import pytest
from commands import ROOT, python
from configurations import load_settings
from package_layers import LAYERS

from vrrae_bench.study.reading import BASE

README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "docs/example-report/README.md", *sorted(ROOT.glob("docs/*.md"))]
# The commands of the README that its table of errands has, and the page that has each of them too.
ELSEWHERE = {
    "snakemake --profile workflow/profiles/laptop table_2": "reproduce",
    "snakemake --profile workflow/profiles/workstation-gpu table_2": "one-gpu",
    "snakemake --profile workflow/profiles/slurm-gpu table_2": "clusters",
    "snakemake --cores all table_2 --configfile birds.yaml": "own-data",
    "snakemake --cores all table_2 --configfile my-method.yaml": "own-method",
    "snakemake --cores all": "reproduce",
}


def anchors_of(page):
    """The places of a page that a link can name, as a forge and the site make them of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short():
    assert len(README) <= 7000


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_page_links_to_is_there(page):
    links = [link for link in re.findall(r"\]\(([^)]+)\)", page.read_text()) if "://" not in link]
    for link in links:
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_a_picture_has_the_same_text_on_all_pages():
    """A forge shows each page by itself, so that none can take the text from another page."""
    texts = defaultdict(list)
    for page in PAGES:
        for text, link in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text()):
            texts[(page.parent / link).resolve()].append(" ".join(text.split()))
    outcome = texts[ROOT / "docs/example-report/figures/figure_outcome.png"]
    assert len(outcome) > 1 and all(len(set(found)) == 1 and found[0] for found in texts.values())


@pytest.mark.parametrize("page", PAGES[2:], ids=lambda path: path.stem)
def test_a_page_stands_in_the_contents_of_the_site(page):
    contents = re.findall(r"```\{toctree\}\n(.*?)```", (ROOT / "docs/index.md").read_text(), re.DOTALL)
    assert page.stem == "index" or re.search(rf"^{page.stem}$", "".join(contents), re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PAGES if "```yaml" in page.read_text()], ids=lambda path: path.stem)
def test_the_configurations_of_a_page_are_accepted(page, tmp_path):
    over = tmp_path / "mine.yaml"
    for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        # The page on own methods adds the method itself, in a step before.
        over.write_text(text.replace(", sphere_ae", ""))
        assert load_settings(BASE, over).experiment.datasets


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_the_quick_start_of_the_readme_works_in_a_clone(tmp_path):
    """From the clone on; what `make quickstart` starts is run by tests/workflow."""
    section = README.split("## Quick start\n")[1].split("\n## ")[0]
    lines = re.findall(r"^    (.*)$", section, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["git", "cd", "make"]
    script = "\n".join(lines).replace("ADDRESS", str(ROOT)).replace("make", "make --dry-run")
    shown = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "snakemake --profile workflow/profiles/quick" in shown.stdout


def test_the_errands_of_the_readme_are_the_commands_of_the_pages():
    assert set(re.findall(r"`(snakemake[^`]*)`", README)) == set(ELSEWHERE)
    for command, page in ELSEWHERE.items():
        assert re.search(rf"^    {command}\b", (ROOT / f"docs/{page}.md").read_text(), re.MULTILINE), command


@pytest.mark.parametrize(
    ("told", "options"),
    [
        (r"laptop table_2` \| ([\d.]+) hours", ("table_2", "--profile", "workflow/profiles/laptop")),
        pytest.param(r"`snakemake --cores all` \| (\d+) hours on two cores", (), marks=pytest.mark.slow),
    ],
)
def test_the_hours_of_the_readme_are_those_of_the_plan(told, options, tmp_path):
    plan = python(ROOT / "workflow/scripts/plan.py", *options, "--config", f"results={tmp_path}", cwd=ROOT)
    assert plan.returncode == 0, plan.stderr
    [total] = re.findall(r"^ +total .*? ([\d.,]+) +[\d.,]+$", plan.stdout, re.MULTILINE)
    [hours] = re.findall(told, README)
    # The README has the measured time, if there is one, and the estimate is rougher than that.
    assert float(hours) == pytest.approx(float(total.replace(",", "")), rel=0.1)


def test_the_page_on_architecture_has_the_folders_in_their_layers():
    page = (ROOT / "docs/architecture.md").read_text()
    told = [(int(layer), folder) for layer, folder in re.findall(r"^\| (\d) \| `(\w+)` \| .+ \|$", page, re.MULTILINE)]
    assert sorted(told) == sorted((layer, folder) for layer, folders in enumerate(LAYERS) for folder in folders)


def test_the_messages_on_the_page_of_troubles_are_those_of_the_code():
    """Piece by piece, since names and numbers stand between them. Those of Snakemake are its own."""
    sources = [*ROOT.glob("workflow/**/*.py"), *ROOT.glob("workflow/**/*.smk"), ROOT / "envs/environment.py"]
    code = re.sub(r"\"\s*\n\s*f?\"", "", "".join(path.read_text() for path in sources))
    page = (ROOT / "docs/troubleshooting.md").read_text().split("## Messages of Snakemake")[0]
    messages = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| ") and "`" in line]
    pieces = [piece for message in messages for piece in re.findall(r"`([^`]+)`", message)]
    assert len(pieces) > 40
    assert not [piece for piece in pieces if piece not in code]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_table_of_a_page_has_a_head_and_rows(page):
    """A line of dashes that is part of a paragraph, or that no row follows, is shown as text."""
    lines = page.read_text().splitlines()
    assert not [line for line in lines if re.search(r"\| \|:?---", line)]
    for number, line in enumerate(lines):
        if re.fullmatch(r"\|[ :|-]*-[ :|-]*\|", line):
            assert lines[number - 1].startswith("|") and lines[number + 1].startswith("|"), f"{page.name}:{number + 1}"
