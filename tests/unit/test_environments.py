"""The environments hold the same wheels, and nothing of any one machine."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "envs/requirements.txt"


def locked_versions() -> dict[str, str]:
    """Version of each package for Python 3.11, which the conda environments use."""
    versions = {}
    for line in LOCK.read_text().splitlines():
        pinned = re.fullmatch(r"([\w.\-]+)==([\w.+]+)( ; .*)?", line)
        assert pinned, f"{LOCK.name}: no exact version in: {line}"
        if not (pinned[3] and "python_full_version >=" in pinned[3]):
            versions[pinned[1]] = pinned[2]
    return versions


@pytest.mark.parametrize("file", sorted(ROOT.glob("envs/*.yaml")), ids=lambda path: path.stem)
def test_conda_environments_hold_the_versions_of_the_lock(file):
    (pip,) = (entry["pip"] for entry in yaml.safe_load(file.read_text())["dependencies"] if isinstance(entry, dict))
    versions = locked_versions()
    for requirement in pip:
        name, version = re.fullmatch(r"([\w.\-]+)(?:\[\w+\])?==([\w.+]+)", requirement).groups()
        assert versions[name] == version, f"{file.name}: {name} is {versions[name]} in envs/requirements.txt"


def test_the_lock_names_no_path_and_no_index():
    assert not re.search(r"https?://|file:|--|/", LOCK.read_text())


def test_every_rule_has_an_environment_file():
    used = set()
    for rules in ROOT.glob("workflow/rules/*.smk"):
        used |= set(re.findall(r"envs/([\w\-{}.]+)\.yaml", rules.read_text()))
    expanded = {"train-cpu", "train-cuda", "train-tpu", "score-cpu", "score-cuda", "download", "report"}
    assert {path.stem for path in ROOT.glob("envs/*.yaml")} == expanded
    assert {name.split("-")[0] for name in used} == {name.split("-")[0] for name in expanded}
