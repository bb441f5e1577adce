"""How `make` sets up an environment, and that nothing else ever builds or clears one.

A copy of the Makefile with a lock of one small package that is made here; no index is asked.
"""

import ast
import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from commands import ROOT, activated

ASKING = [
    "config",
    "targets",
    "plan",
    "fetch DEST=elsewhere",
    "keep DEST=elsewhere",
    "schema",
    "speed-features",
    "speed-precision",
]
INDEX_OPTIONS = ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONSTRAINT")


def write_wheel(folder: Path, name: str, version: str, needs: str | None = None) -> str:
    """A package without content, as pip takes it, and what it needs; its line in a lock."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    files = {f"{name}.py": f"VERSION = '{version}'\n"}
    info = f"{name}-{version}.dist-info"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    digests = {key: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for key, text in files.items()}
    lines = [f"{key},sha256={digests[key].decode().rstrip('=')},{len(text)}\n" for key, text in files.items()]
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"])
    with zipfile.ZipFile(path, "w") as wheel:
        for key, text in files.items():
            wheel.writestr(key, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Project:
    """A folder with the Makefile, and commands that only say that they were started."""

    def __init__(self, root: Path, wheels: Path):
        self.root, self.environment, self.wheels = root, root / ".venv", wheels
        (root / "envs").mkdir(parents=True)
        shutil.copy(ROOT / "Makefile", root)
        shutil.copy(ROOT / "envs/environment.py", root / "envs")
        for name in ("config", "targets", "plan", "fetch", "keep"):
            command = root / f"workflow/scripts/{name}.py"
            command.parent.mkdir(parents=True, exist_ok=True)
            command.write_text("import sys, vrrae_stub; print('ASKED', sys.argv[1:], vrrae_stub.VERSION)\n")
        self.lock = root / "envs/requirements.txt"

    def make(self, *words: str, python: str | Path = sys.executable) -> subprocess.CompletedProcess[str]:
        command = ["make", *words, f"PYTHON={python}"]
        return subprocess.run(command, cwd=self.root, env=self.variables(), capture_output=True, text=True)

    def variables(self) -> dict[str, str]:
        """Those of the shell, with the uv of this environment, and a folder of wheels as all that pip and uv know."""
        kept = {key: value for key, value in os.environ.items() if key not in INDEX_OPTIONS}
        wheels = {"PIP_INDEX_URL": self.wheels.as_uri(), "PIP_FIND_LINKS": str(self.wheels)}
        wheels |= {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(self.wheels), "UV_NO_CACHE": "1", "UV_NO_CONFIG": "1"}
        return kept | wheels | {"PIP_CONFIG_FILE": os.devnull, "PATH": activated()["PATH"]}

    def mark(self) -> Path:
        """A file in the environment that is gone as soon as the environment is cleared."""
        (self.environment / "mark").touch()
        return self.environment / "mark"


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Lines of a lock for versions of a package, and the folder of their wheels."""
    folder = tmp_path_factory.mktemp("wheels")
    return {version: write_wheel(folder, "vrrae_stub", version) for version in ("1.0", "2.0")} | {"folder": folder}


@pytest.fixture
def empty(tmp_path, lines):
    """A project without an environment."""
    project = Project(tmp_path / "project", lines["folder"])
    project.lock.write_text(lines["1.0"])
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory, lines):
    """A project that is set up once, since that takes seconds."""
    project = Project(tmp_path_factory.mktemp("built") / "project", lines["folder"])
    project.lock.write_text(lines["1.0"])
    outcome = project.make("environment")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return project


@pytest.fixture
def project(built, lines):
    """A project whose environment is as its lock has it, with version 1.0 of its package."""
    built.lock.write_text(lines["1.0"])
    assert built.make("environment").returncode == 0
    return built


@pytest.mark.parametrize("command", ASKING)
def test_a_command_that_asks_builds_nothing_and_says_what_to_type(empty, command):
    outcome = empty.make(*command.split())
    assert outcome.returncode and not empty.environment.exists()
    assert "is not there yet" in outcome.stderr and "Type: make environment" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_file_of_another_hash_is_not_installed(project, lines):
    published = lines["1.0"].split("sha256:")[1].strip()
    plugin = write_wheel(lines["folder"], "vrrae_plugin", "1.0")
    wrong = plugin.split("sha256:")[0] + f"sha256:{published}\n"
    for lock, told in ((wrong, published), ("vrrae_plugin==1.0\n", "require")):
        (project.root / "envs/cluster.txt").write_text(lock)
        outcome = project.make("cluster")
        assert outcome.returncode and told in outcome.stderr and "this command failed" in outcome.stderr
        assert not list(project.environment.glob("lib/python*/site-packages/vrrae_plugin.py"))


@pytest.mark.slow  # two more environments, of six seconds each; pip installs one each time
def test_uv_installs_the_same_and_verifies_the_hashes_too(empty, lines):
    outcome = empty.make("environment", "INSTALLER=uv")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert empty.make("config").stdout == "ASKED [] 1.0\n"
    mark = empty.mark()
    empty.lock.write_text(lines["1.0"].split("sha256:")[0].replace("1.0", "2.0") + f"sha256:{'0' * 64}\n")
    outcome = empty.make("environment", "INSTALLER=uv")
    assert outcome.returncode and "Hash mismatch" in outcome.stderr and "is back as it was" in outcome.stderr
    assert mark.exists()
    outcome = empty.make("environment", "INSTALLER=uv", "PATH=/usr/bin:/bin")
    assert outcome.returncode and "uv is not on the PATH. Nothing was changed" in outcome.stderr and mark.exists()


def test_plug_ins_are_added_once_and_only_to_an_environment_of_the_lock(project, lines):
    (project.root / "envs/cluster.txt").write_text(lines["1.0"] + write_wheel(lines["folder"], "vrrae_plugin", "1.0"))
    assert "Installing 2 packages" in project.make("cluster").stdout
    assert "is as envs/cluster.txt has it" in project.make("cluster").stdout
    project.lock.write_text(lines["2.0"])
    assert "Type: make environment" in project.make("cluster").stderr


def test_nothing_is_changed_through_a_link(project, lines, tmp_path):
    other = Project(tmp_path / "other", lines["folder"])
    other.lock.write_text(lines["1.0"])
    other.environment.symlink_to(project.environment)
    mark = project.mark()
    assert other.make("config").stdout == "ASKED [] 1.0\n"  # it may be used
    (other.root / "envs/cluster.txt").write_text(lines["2.0"])
    assert "is a link" in other.make("cluster").stderr
    other.lock.write_text(lines["2.0"])
    for command in ("config", "environment"):
        outcome = other.make(command)
        assert outcome.returncode and mark.exists(), command
    assert f"rm {other.environment}" in outcome.stderr
    assert project.make("config").stdout == "ASKED [] 1.0\n"


def test_a_folder_that_is_no_environment_is_not_cleared(empty):
    empty.environment.mkdir()
    mark = empty.mark()
    outcome = empty.make("environment")
    assert outcome.returncode and "something other than an environment" in outcome.stderr and mark.exists()


def test_an_environment_without_a_record_is_known_by_what_is_installed(project, lines):
    """As earlier versions of this project made it."""
    shutil.rmtree(project.environment / "locks")
    mark = project.mark()
    assert project.make("config").stdout == "ASKED [] 1.0\n"
    assert not (project.environment / "locks").exists()  # asking writes nothing
    assert project.make("environment").returncode == 0 and mark.exists()
    shutil.rmtree(project.environment / "locks")
    project.lock.write_text(lines["2.0"])
    outcome = project.make("config")
    assert outcome.returncode and "Type: make environment" in outcome.stderr and mark.exists()


def test_a_copied_environment_is_not_used_since_its_programs_start_the_other(project, lines, tmp_path):
    copy = Project(tmp_path / "copy", lines["folder"])
    copy.lock.write_text(lines["1.0"])
    shutil.copytree(project.environment, copy.environment, symlinks=True)
    outcome = copy.make("config")
    assert outcome.returncode and f"was made in {project.environment}" in outcome.stderr


def test_the_cpu_build_of_pytorch_comes_from_the_index_that_is_named(project, lines, tmp_path):
    """With stand-ins for torch and its index: no real one was asked."""
    index, lock = tmp_path / "index", project.root / "envs/torch.txt"
    for name in ("torch", "torchvision"):
        (index / name).mkdir(parents=True)
        write_wheel(index / name, name, "9.0+cpu")
        wheel = f"{name}-9.0+cpu-py3-none-any.whl"
        (index / name / "index.html").write_text(f'<a href="{wheel.replace("+", "%2B")}">{wheel}</a>')
    names = ("nvidia-x", "torch", "torchvision", "triton")
    user = write_wheel(lines["folder"], "torch_user", "1.0", needs="torch>=2")  # as torchmetrics does
    lock.write_text(lines["1.0"] + user + "".join(f"{name}==9.0 \\\n    --hash=sha256:{'0' * 64}\n" for name in names))
    shown = project.make("--dry-run", "environment", f"TORCH_INDEX={index.as_uri()}").stdout
    options = shown[shown.index("--torch-index") :].replace('"', "").split()
    command = [sys.executable, "envs/environment.py", "add", ".venv", "envs/torch.txt"]
    outcomes = [
        subprocess.run([*command, *more], cwd=project.root, env=project.variables(), capture_output=True, text=True)
        for more in (options, options, [])
    ]
    assert not any(outcome.returncode for outcome in outcomes), outcomes
    assert "Installing" in outcomes[0].stdout
    assert all("is as envs/torch.txt has it" in outcome.stdout for outcome in outcomes[1:])
    packages = {path.name for path in project.environment.glob("lib/python*/site-packages/*.dist-info")}
    assert {"torch-9.0+cpu.dist-info", "torchvision-9.0+cpu.dist-info", "torch_user-1.0.dist-info"} < packages
    assert not [name for name in packages if name.startswith(("nvidia", "triton"))]


def test_an_old_python_can_read_the_script_and_say_that_it_is_too_old():
    ast.parse((ROOT / "envs/environment.py").read_text(), feature_version=(3, 6))


def test_the_content_of_the_lock_decides_and_its_time_does_not(project, lines):
    mark = project.mark()
    os.utime(project.lock, (4e9, 4e9))
    project.lock.write_text("# other words, and another hash for the same version\n" + lines["1.0"][:-5] + "0000\n")
    outcome = project.make("keep", "DEST=a folder's name")
    assert outcome.stdout == "ASKED ['results', \"a folder's name\"] 1.0\n", outcome.stderr
    assert "is as envs/requirements.txt has it" in project.make("environment").stdout and mark.exists()

    project.lock.write_text(lines["2.0"])
    os.utime(project.lock, (1e9, 1e9))
    for command in ("config", "test", "quickstart"):
        outcome = project.make(command)
        assert outcome.returncode and "vrrae_stub==2.0" in outcome.stderr, command
        assert "Type: make environment" in outcome.stderr and mark.exists()

    # What the message says to type, though not while the environment is in use.
    locks = project.root / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").touch()
    outcome = project.make("environment")
    assert outcome.returncode and mark.exists() and f"rm -r {locks}" in outcome.stderr
    shutil.rmtree(locks)
    variables = os.environ | {"PATH": f"{project.environment}/bin:{os.environ['PATH']}"}
    programs = [f"{project.environment}/bin/python"]
    if Path("/proc/self/maps").exists():
        programs += [".venv/bin/python", "python"]
    for program in programs:
        waits = {"cwd": project.root, "env": variables, "stdin": subprocess.PIPE}
        with subprocess.Popen(["sh", "-c", f"exec {program} -c 'input()'"], **waits) as running:
            while (Path("/proc") / str(running.pid) / "exe").resolve().name.endswith("sh"):
                pass  # until the shell has become Python
            outcome = project.make("environment")
            running.communicate(b"\n")
        assert outcome.returncode and mark.exists() and f"{running.pid}: " in outcome.stderr, program


@pytest.mark.slow  # two more environments, of six seconds each
def test_another_lock_replaces_the_environment_and_one_that_fails_does_not_cost_it(project, lines):
    mark = project.mark()
    project.lock.write_text(lines["2.0"] + f"not_to_be_had==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    outcome = project.make("environment")
    assert outcome.returncode and "is back as it was" in outcome.stderr and mark.exists()
    project.lock.write_text(lines["1.0"])
    assert project.make("config").stdout == "ASKED [] 1.0\n"
    # By the very Python that is to be replaced, as where the environment is activated.
    project.lock.write_text(lines["2.0"])
    outcome = project.make("environment", python=project.environment / "bin/python")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert not mark.exists() and project.make("config").stdout == "ASKED [] 2.0\n"
    assert not list(project.root.glob(".venv.*"))


def test_a_long_installation_shows_that_it_lives(tmp_path, capsys, monkeypatch):
    """pip is silent while it unpacks; its input still reaches it."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / "envs/environment.py")
    environment = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(environment)
    monkeypatch.setattr(environment, "SIGN_OF_LIFE", 0.05)
    (tmp_path / "unpacked").write_bytes(bytes(10))
    command = ["sh", "-c", f"read word; sleep 0.5; echo $word > {tmp_path}/written"]
    environment.run(command, tmp_path, "given\n")
    assert (tmp_path / "written").read_text() == "given\n"
    assert re.search(rf"^… 0 s, 0.0 GB in {tmp_path}$", capsys.readouterr().out, re.MULTILINE)
    with pytest.raises(SystemExit, match="this command failed"):
        environment.run(["false"], tmp_path)
