"""The profiles: what stands in them exists, and what a user fills in stands in one place."""

import os
import re

import pytest
import yaml
from commands import ROOT, rules
from configurations import load_settings

from vrrae_bench.study.estimates import ON_THE_LOGIN_NODE
from vrrae_bench.study.submission import PLACEHOLDERS

PROFILES = {path.parent.name: path for path in sorted(ROOT.glob("workflow/profiles/*/config.yaml"))}
CLUSTERS = ("slurm-cpu", "slurm-gpu", "kubernetes-gpu", "tpu-slice")
RULES = rules()


def read(name):
    return yaml.safe_load(PROFILES[name].read_text())


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_documented(name):
    """By its path in the list of profiles, and by its name where the architecture tells what is where."""
    assert f"| `workflow/profiles/{name}`" in (ROOT / "docs/reproduce.md").read_text().replace("`, `", "`\n| `")
    [listed] = re.findall(r"^\| `workflow/profiles/` .*$", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    assert f"`{name}`" in listed


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_rules_and_files_that_exist(name):
    profile = read(name)
    with_threads = {entry.partition("=")[0] for entry in profile.get("set-threads", ())}
    assert {*profile.get("set-resources", {}), *profile.get("groups", {}), *with_threads} <= set(RULES)
    assert set(profile.get("group-components", {})) <= set(profile.get("groups", {}).values())
    files = [
        resources["shell_exec"] for resources in profile.get("set-resources", {}).values() if "shell_exec" in resources
    ]
    files += [value for key, value in profile.items() if key.startswith("cluster-generic") and key.endswith("cmd")]
    for file in files:
        assert os.access(ROOT / file, os.X_OK), file
    settings = load_settings(ROOT / "config.yaml", *(ROOT / file for file in profile["configfile"]))
    for kind in ("gpu", "tpu"):
        if name.endswith(f"-{kind}") or name.startswith(f"{kind}-"):
            assert settings.accelerator == {"gpu": "cuda", "tpu": "tpu"}[kind]


@pytest.mark.parametrize("name", PROFILES)
def test_memory_and_time_are_left_to_the_rules_where_they_grow_with_each_attempt(name):
    """What a profile sets replaces a rule's resource, growth and all."""
    for resources in read(name).get("set-resources", {}).values():
        assert not {"mem_mb", "mem", "runtime"} & set(resources)


@pytest.mark.parametrize("name", [*CLUSTERS, "workstation-gpu", "tpu-vm"])
def test_retries_stand_in_the_profile_and_in_no_rule(name):
    assert read(name)["retries"] == 2
    assert not [rule for rule, body in RULES.items() if "retries:" in body]


@pytest.mark.parametrize("name", [*CLUSTERS, "workstation-gpu", "tpu-vm"])
def test_what_a_user_fills_in_stands_in_one_place(name):
    parts = re.split(r"^# -{20,}.*$|^# --- To fill in.*$", PROFILES[name].read_text(), flags=re.MULTILINE)
    assert len(parts) == 3
    assert not re.search(r"^[^#]*(ACCOUNT|BUCKET|partition|account|REGISTRY)", parts[0] + parts[2], flags=re.MULTILINE)


def texts(value):
    """All texts within the entries of a profile."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def test_every_placeholder_is_refused_until_it_is_filled_in():
    """A placeholder is a word in capitals, alone or as a part of a path or an address."""
    written = [text for name in PROFILES for text in texts(read(name))]
    slices = (ROOT / "workflow/profiles/tpu-slice/tpu.env").read_text()
    written += re.findall(r"^\w+=([^\s#]+)", slices, flags=re.MULTILINE)
    found = {word for text in written for word in re.split("[/:]", text) if re.fullmatch(r"[A-Z][A-Z0-9_.]+", word)}
    assert found == set(PLACEHOLDERS.values())


@pytest.mark.parametrize("name", [*CLUSTERS, "workstation-gpu", "tpu-vm"])
def test_every_job_on_a_device_asks_for_one(name):
    profile = read(name)
    on_device = {"train", "sample", "time_steps"} | (
        {"tune_extractor", "reference", "score", "score_bounds", "score_2015", "reference_2015"}
        if name.endswith("-gpu")
        else set()
    )
    asked = profile.get("set-resources", {})
    if name not in ("slurm-cpu", "tpu-slice"):  # there a job has the whole slice
        assert all({"gpu", "tpu"} & set(asked[rule]) for rule in on_device)
    limits = profile.get("resources", {})
    for kind in {"gpu", "tpu"} & set(limits):
        assert all(isinstance(asked[rule][kind], int) for rule in on_device)


@pytest.mark.parametrize("name", CLUSTERS)
def test_grouped_jobs_run_one_after_the_other_on_what_one_of_them_needs(name):
    """Without a local limit on something that each asks for, a group of ten asks for ten GPUs."""
    profile = read(name)
    assert profile["resources"] == {"evaluations": 1} and profile["set-resource-scopes"] == {"evaluations": "local"}
    for rule in profile["groups"]:
        assert profile["set-resources"][rule]["evaluations"] == 1


def test_the_login_node_gets_downloads_tables_and_nothing_heavy():
    heavy = {
        "train",
        "sample",
        "tune_extractor",
        "reference",
        "score",
        "score_bounds",
        "score_2015",
        "reference_2015",
        "time_steps",
    }
    assert heavy == set(RULES) - set(ON_THE_LOGIN_NODE) and set(ON_THE_LOGIN_NODE) <= set(RULES)
