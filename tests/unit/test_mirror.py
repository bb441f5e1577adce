"""Machines without internet: filling a mirror elsewhere, and what is told when files are missing."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from commands import ROOT
from configurations import load_settings

from vrrae_bench.datasets.published import RemoteFile
from vrrae_bench.datasets.sources import celeba, cifar10, mnist
from vrrae_bench.study.files_needed import fill_mirror, missing_files, needed_sources, refuse_if_missing
from vrrae_bench.system.errors import UserError

SETTINGS = load_settings(ROOT / "config.yaml")
OFFLINE = SETTINGS.model_copy(update={"offline": True})
CIFAR10 = cifar10.SOURCE.files[0].name


@pytest.fixture
def published(tmp_path, monkeypatch):
    """MNIST and CIFAR-10 as small files that a folder publishes, in place of the internet."""
    source = tmp_path / "internet"
    source.mkdir()

    def publish(name, content):
        (source / name).write_bytes(content)
        return RemoteFile(name, len(content), f"sha256:{hashlib.sha256(content).hexdigest()}", (str(source),))

    files = tuple(publish(file.name, file.name.encode() * 10) for file in mnist.SOURCE.files)
    monkeypatch.setattr(mnist, "SOURCE", replace(mnist.SOURCE, files=files))
    archive = publish(CIFAR10, b"an archive")
    monkeypatch.setattr(cifar10, "SOURCE", replace(cifar10.SOURCE, files=(archive,)))
    return source


def test_the_full_configuration_needs_three_data_sets_and_the_weights():
    assert needed_sources(SETTINGS) == ["mnist", "cifar10", "celeba", "inception_v3", "inception_2015"]


def test_the_quick_configuration_needs_nothing():
    assert needed_sources(load_settings(ROOT / "config.yaml", ROOT / "workflow/profiles/quick/experiment.yaml")) == []


def test_a_mirror_is_filled_and_its_checksums_can_be_checked_after_a_copy(tmp_path, published):
    mirror = tmp_path / "mirror"
    assert len(fill_mirror(mirror, ["mnist", "cifar10"])) == 5
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=mirror, check=True, capture_output=True)
    for file in published.iterdir():
        file.unlink()
    fill_mirror(mirror, ["mnist", "cifar10"])  # what is there is kept, and asks no source
    fill_mirror(mirror, ["cifar10"])
    assert len((mirror / "SHA256SUMS").read_text().splitlines()) == 5  # and stays listed
    assert missing_files(["mnist", "cifar10"], str(mirror), tmp_path / "downloads", offline=True) == []


def test_a_file_that_no_source_has_leaves_the_others_and_is_told(tmp_path, published):
    (published / CIFAR10).unlink()
    with pytest.raises(UserError, match=r"1 file\(s\) are missing in .*; 4 are there") as caught:
        fill_mirror(tmp_path / "mirror", ["cifar10", "mnist"])
    assert CIFAR10 in str(caught.value)
    assert len((tmp_path / "mirror/SHA256SUMS").read_text().splitlines()) == 4


def test_celeba_is_never_fetched_but_verified_where_its_user_put_it(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"3 file\(s\) are missing") as caught:
        fill_mirror(tmp_path, ["celeba"])
    for part in (f"{tmp_path}/celeba/img_align_celeba.zip", "If you agree to its terms", "it is then verified"):
        assert part in str(caught.value)
    (tmp_path / "celeba").mkdir()
    (tmp_path / "celeba" / celeba.PUBLISHED.partition.name).write_bytes(b"something else")
    with pytest.raises(UserError, match=r"3 file\(s\) are missing") as caught:
        fill_mirror(tmp_path, ["celeba"])
    told = [line for line in str(caught.value).splitlines() if f"{celeba.PUBLISHED.partition.name}: " in line]
    assert len(told) == 1 and "Fetch it again" in told[0] and "no program may fetch it" not in told[0]


def test_every_missing_file_is_told_at_once_and_before_any_job(tmp_path):
    with pytest.raises(UserError) as caught:
        refuse_if_missing("mnist", OFFLINE, tmp_path / "downloads")
    told = str(caught.value)
    assert "10 published file(s) are missing; nothing was started" in told
    names = ("mnist/t10k-labels-idx1-ubyte.gz", "cifar10/cifar-10-python.tar.gz", "celeba/img_align_celeba.zip")
    for name in (*names, "inception_v3/inception_v3_google-0cc3c7bd.pth", "make fetch DEST=FOLDER", "If you agree"):
        assert name in told


def test_with_network_only_what_no_program_may_fetch_can_be_missing(tmp_path):
    refuse_if_missing("mnist", SETTINGS, tmp_path)
    with pytest.raises(UserError, match=r"^3 published file\(s\) are missing; nothing was started") as caught:
        refuse_if_missing("celeba", SETTINGS, tmp_path)
    assert "If you agree to its terms" in str(caught.value) and "offline is set" not in str(caught.value)
    behind_a_url = SETTINGS.model_copy(update={"mirror": "https://mirror.example.org"})
    refuse_if_missing("celeba", behind_a_url, tmp_path)  # it may have them


def test_what_other_data_sets_lack_does_not_stop_one_that_is_complete(tmp_path, published):
    fill_mirror(tmp_path / "mirror", ["mnist"])
    settings = OFFLINE.model_copy(update={"mirror": str(tmp_path / "mirror")})
    refuse_if_missing("mnist", settings, tmp_path / "downloads")


def test_a_file_cut_short_by_a_copy_is_told_with_both_sizes(tmp_path, published):
    fill_mirror(tmp_path / "mirror", ["cifar10"])
    (published / CIFAR10).unlink()
    (tmp_path / "mirror/cifar10" / CIFAR10).write_bytes(b"an arch")
    (told,) = missing_files(["cifar10"], str(tmp_path / "mirror"), tmp_path / "downloads", offline=True)
    assert "has 7 bytes, expected 10" in told


def test_a_mirror_behind_a_url_is_not_asked_offline(tmp_path):
    settings = OFFLINE.model_copy(update={"mirror": "https://mirror.example.org"})
    with pytest.raises(UserError, match="https://mirror.example.org is not asked"):
        refuse_if_missing("cifar10", settings, tmp_path)


def test_the_command_says_what_is_missing_and_fails(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "experiment: {datasets: [celeba]}\nweights: here.pth\ndatasets: {celeba: {inception_2015: false}}\n"
    )
    command = [sys.executable, ROOT / "workflow/scripts/fetch.py", tmp_path / "mirror"]
    command += ["--configfile", tmp_path / "mine.yaml"]
    # Of the settings of the tests themselves, the command would say first that it does not heed them.
    shell = {name: value for name, value in os.environ.items() if name != "JAX_DISABLE_MOST_OPTIMIZATIONS"}
    outcome = subprocess.run(list(map(str, command)), env=shell, capture_output=True, text=True)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("error: 3 file(s) are missing") and "Traceback" not in outcome.stderr
