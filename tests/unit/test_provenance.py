"""Where a result says that it comes from."""

import subprocess

from vrrae_bench.system import provenance


def test_a_result_names_the_commit_of_the_code_and_whether_it_was_changed(tmp_path, monkeypatch):
    def git(*arguments):
        name = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(
            ["git", "-C", tmp_path, *name, *arguments], capture_output=True, check=True, text=True
        ).stdout

    monkeypatch.setattr(provenance, "_REPOSITORY", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.commit() is None
    git("init")
    (tmp_path / "code.py").write_text("1\n")
    git("add", "code.py")
    git("commit", "-m", "first")
    expected = git("rev-parse", "HEAD").strip()
    assert provenance.commit() == expected
    (tmp_path / "code.py").write_text("2\n")
    assert provenance.commit() == f"{expected}-dirty"
