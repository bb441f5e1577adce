"""What stands in the repository: nothing of results but their page, and no command that does not exist."""

import re
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/*.md"), *ROOT.glob(".github/workflows/*.yml")]
CAPTIONS = sorted(ROOT.glob("workflow/report/captions/**/*.j2"))


def git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_of_results_only_their_page_is_committed():
    assert git("ls-files", "results") == ["results/README.md"]
    made = ["results/report.html", "results/quick/report.html", "results/runs/mnist/ae/README.md"]
    assert git("check-ignore", *made, "results/README.md") == made


def test_clean_leaves_the_page_of_results():
    shown = subprocess.run(["make", "--dry-run", "clean"], cwd=ROOT, capture_output=True, text=True).stdout
    assert shown == "rm -rf results/quick\n"


def test_every_make_command_that_a_page_names_is_there():
    (listed,) = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    named = {
        (page.relative_to(ROOT).as_posix(), target)
        for page in PAGES
        for targets in re.findall(r"(?:^    |`|&& |run: )make((?: [a-z\-]+)+)", page.read_text(), flags=re.MULTILINE)
        for target in targets.split()
    }
    assert len({target for _, target in named}) >= 20
    assert {(page, target) for page, target in named if target not in listed.split()} == set()


def test_every_test_that_the_page_on_threats_names_is_there():
    named = set(re.findall(r"test_\w+\.py", (ROOT / "docs/security.md").read_text()))
    assert len(named) > 10
    assert named <= {path.name for path in ROOT.glob("tests/**/test_*.py")}


def test_all_files_of_tests_can_be_collected_together():
    """pytest imports a file by its name alone, and refuses a second one of the same name: `pytest tests`."""
    names = [path.name for path in ROOT.glob("tests/**/test_*.py")]
    assert len(names) > 50 and sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("argument", "skipped"),
    [
        ("tests", {"gpu", "kubernetes", "report", "slurm", "environments"}),
        (".", {"gpu", "kubernetes", "report", "slurm", "environments"}),
        ("tests/slurm", {"gpu", "kubernetes", "report", "environments"}),
        ("tests/gpu/test_x.py::test_one", {"kubernetes", "report", "slurm", "environments"}),
    ],
)
def test_what_needs_a_cluster_or_a_browser_is_skipped_unless_it_is_named(request, argument, skipped):
    plugin = request.config.pluginmanager.get_plugin(str(ROOT / "tests/conftest.py"))
    items = {path.parent.name: Item(path) for path in ROOT.glob("tests/*/test_*.py")}
    asked = SimpleNamespace(args=[argument], invocation_params=SimpleNamespace(dir=ROOT))
    plugin.pytest_collection_modifyitems(asked, items.values())
    reasons = {folder: item.marks[0].kwargs["reason"] for folder, item in items.items() if item.marks}
    assert set(reasons) == skipped
    listed = (ROOT / "Makefile").read_text()
    for folder, reason in reasons.items():
        [target] = re.findall(r"Type: make (\S+)$", reason)
        assert re.search(rf"^{target}: .*\n(?:\t.*\n)*\t.* tests/{folder}\b", listed, flags=re.MULTILINE)


@pytest.mark.parametrize("template", CAPTIONS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_lines_of_captions_are_as_long_as_lines_of_code_may_be(template):
    limit = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["line-length"]
    assert not [line for line in template.read_text().splitlines() if len(line) > limit]


@dataclass
class Item:
    """A test that was found, of which only the file counts."""

    path: Path
    marks: list = field(default_factory=list)

    def add_marker(self, mark):
        self.marks.append(mark)
