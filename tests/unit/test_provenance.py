"""Where a result says that it comes from."""

import subprocess

import pytest

from vrrae_bench.system import provenance


def git(folder, *arguments):
    name = ("-c", "user.name=a", "-c", "user.email=a@b")
    return subprocess.run(["git", "-C", folder, *name, *arguments], capture_output=True, check=True, text=True).stdout


def repository(folder) -> str:
    """Make a repository with a commit, which is returned."""
    folder.mkdir(exist_ok=True)
    git(folder, "init")
    (folder / "code.py").write_text(f"{folder.name}\n")
    git(folder, "add", "code.py")
    git(folder, "commit", "-m", "first")
    return git(folder, "rev-parse", "HEAD").strip()


def test_a_result_names_the_commit_of_the_code_and_whether_it_was_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "_REPOSITORY", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.commit() is None
    expected = repository(tmp_path)
    assert provenance.commit() == expected
    (tmp_path / "code.py").write_text("2\n")
    assert provenance.commit() == f"{expected}-dirty"


@pytest.mark.parametrize(
    "other", [{"processor": "another"}, {"device": "cuda: H200"}, {"versions": {}}, {"shell_settings": {"X": "1"}}]
)
def test_what_changes_a_result_is_a_part_of_the_identity_of_a_checkpoint(other):
    """A checkpoint of another processor is not continued, because the rest of the training would round differently."""
    origin = provenance.provenance("cpu")
    assert origin["processor"] and provenance.machine_identity(origin) == provenance.machine_identity(dict(origin))
    assert provenance.machine_identity(origin | other) != provenance.machine_identity(origin)
    assert provenance.machine_identity(origin | {"commit": "another"}) == provenance.machine_identity(origin)
    on_a_gpu = origin | {"device": "cuda: H200"}
    assert provenance.machine_identity(on_a_gpu | {"processor": "b"}) == provenance.machine_identity(on_a_gpu)


@pytest.mark.parametrize("names", [("GIT_DIR",), ("GIT_DIR", "GIT_WORK_TREE"), ("GIT_DIR", "GIT_INDEX_FILE")])
def test_a_repository_that_the_shell_names_is_not_taken_for_that_of_the_code(tmp_path, monkeypatch, names):
    """As in a hook of git, or in a shell that works on dotfiles."""
    expected, other = repository(tmp_path / "code"), repository(tmp_path / "other")
    assert expected != other
    values = {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}
    for name in names:
        monkeypatch.setenv(name, str(tmp_path / "other" / values[name]))
    monkeypatch.setattr(provenance, "_REPOSITORY", tmp_path / "code")
    assert provenance.commit() == expected
