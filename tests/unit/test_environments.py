"""The environments hold the same wheels, and nothing of any one machine."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml
from commands import ROOT

from vrrae_bench.system.dependencies import code_files

LOCK = ROOT / "envs/requirements.txt"
PEERS_LOCK = ROOT / "envs/peers.txt"
# What is added to the environment, and where it needs another version than the lock has.
ADDED = {"browser": set(), "cluster": set(), "kubernetes": {"python-dateutil"}, "cuda": set(), "tpu": set()}
ADDED |= {"coverage": set()}


def locked_versions(lock: Path = LOCK) -> dict[str, str]:
    """Version of each package for Python 3.11, which the conda environments use."""
    versions = {}
    for package in re.split(r"\n(?=\S)", lock.read_text().rstrip()):
        pinned = re.fullmatch(r"([\w.\-]+)==([\w.+]+)( ; [^\n]*)?( \\\n    --hash=sha256:[0-9a-f]{64})+", package)
        assert pinned, f"{lock.name}: not an exact version and hashes: {package}"
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


# Names under which packages are imported, where they differ.
IMPORTED_AS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml", "markdown_it": "markdown-it-py"}
IMPORTED_AS |= {"torch_fidelity": "torch-fidelity"}
IMPORTED_AS |= {"pydantic_core": "pydantic"}  # which needs exactly one version of it


@pytest.mark.parametrize(
    ("stages", "file"),
    [
        (["synthetic", "download"], "download"),
        (["train", "timing", "sample"], "train-cpu"),
        (["extractor", "reference", "bounds", "score", "reference_2015", "score_2015"], "score-cpu"),
        (["table", "figure", "claims", "report"], "report"),
    ],
)
def test_every_stage_finds_what_it_imports_in_its_environment(stages, file):
    by_name = {"figure": "reporting/figures/figure_*.py", "download": "datasets/*.py"}  # imported so
    patterns = [by_name[stage] for stage in stages if stage in by_name]
    found = [path for pattern in patterns for path in (ROOT / "workflow/scripts/vrrae_bench").glob(pattern)]
    code = code_files(*(ROOT / f"workflow/scripts/{stage}.py" for stage in stages), *found)
    trees = [ast.walk(ast.parse(Path(path).read_text())) for path in code]
    nodes = [node for tree in trees for node in tree]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    packages = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"vrrae_bench"}
    dependencies = yaml.safe_load((ROOT / f"envs/{file}.yaml").read_text())["dependencies"]
    installed = {re.split(r"[\[=]", requirement)[0] for requirement in dependencies[-1]["pip"]}
    assert {IMPORTED_AS.get(name, name) for name in packages} <= installed


def test_the_lock_holds_no_release_candidate():
    assert not [version for version in locked_versions().values() if re.search(r"[a-z]", version)]


@pytest.mark.parametrize(
    "lock", [LOCK, PEERS_LOCK, *(ROOT / f"envs/{name}.txt" for name in ADDED)], ids=lambda path: path.stem
)
def test_a_lock_names_no_path_and_no_index(lock):
    assert not re.search(r"https?://|file:|--(?!hash=)|/", lock.read_text())


def test_speed_is_compared_on_the_same_versions_of_what_both_stand_on():
    peers, ours = locked_versions(PEERS_LOCK), locked_versions()
    different = {name: (peers[name], ours[name]) for name in peers.keys() & ours.keys() if peers[name] != ours[name]}
    assert not different


@pytest.mark.parametrize("name", ADDED)
def test_what_is_added_leaves_the_versions_of_the_lock(name):
    added, ours = locked_versions(ROOT / f"envs/{name}.txt"), locked_versions()
    assert {package for package in added.keys() & ours.keys() if added[package] != ours[package]} == ADDED[name]


def test_every_rule_has_an_environment_file():
    used = set()
    for path in ROOT.glob("workflow/rules/*.smk"):
        text = path.read_text()
        used |= set(re.findall(r"envs/([\w\-{}.]+)\.yaml", text))
        for rule in re.split(r"^rule ", text, flags=re.MULTILINE)[1:]:
            assert len(re.findall(r"^    conda:\n        f?\"../../envs/", rule, flags=re.MULTILINE)) == 1, rule
    expanded = {"train-cpu", "train-cuda", "train-tpu", "score-cpu", "score-cuda", "download", "report"}
    assert {path.stem for path in ROOT.glob("envs/*.yaml")} == expanded
    assert {name.split("-")[0] for name in used} == {name.split("-")[0] for name in expanded}


def test_the_image_holds_the_jax_of_the_lock_and_every_file_is_verified():
    recipe = (ROOT / "envs/Containerfile").read_text()
    (locks,) = re.findall(r"RUN for lock in (.*); do", recipe)
    assert all(f"envs/{name}.txt" in recipe for name in locks.split())
    (install,) = re.findall(r"pip install .*", recipe)
    assert "--require-hashes -r /envs/$lock.txt" in install
    assert locked_versions(ROOT / "envs/cuda.txt")["jax"] == locked_versions()["jax"]
