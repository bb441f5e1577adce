"""Snakemake and the commands of this project, started as on a command line, without importing libraries anew each time.

Most of the time of a short command is spent on imports. So a process that has imported what is asked for most makes a
copy of itself for each command. Commands that have to start in an interpreter of their own, such as those whose
interpreter is what a test looks at, are started by `subprocess`.
"""

import atexit
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path

# What Snakemake imports, and what it and the rules import later. Nothing of this project, since a test may run a copy
# of it that was changed, and nothing that reads the environment while it is imported.
IMPORTED = ["snakemake.cli", "docutils.core", "jinja2", "PIL.Image", "pooch", "pygments", "requests", "tqdm", "yaml"]
STANDARD = [path for path in sys.path if path.startswith((sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")))]

ROOT = Path(__file__).parents[1]

copies = get_context("forkserver")
copies.set_forkserver_preload(IMPORTED)


def python(
    *words: str | Path,
    cwd: str | Path = ".",
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """The outcome of `python` with these words: `-m` and a module, or a file; then the arguments.

    Raises:
        subprocess.TimeoutExpired: It took more than `timeout` seconds, and was killed.
    """
    command = list(map(str, words))
    with tempfile.TemporaryDirectory() as folder:
        told = [Path(folder, name) for name in ("stdout", "stderr")]
        environment = dict(os.environ if env is None else env)
        process = copies.Process(target=_run, args=(command, Path(cwd).resolve(), environment, told))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, timeout or 0)
        stdout, stderr = (path.read_text(errors="replace") for path in told)
        return subprocess.CompletedProcess(command, process.exitcode, stdout, stderr)


def snakemake(
    *words: str | Path, root: Path = ROOT, env: Mapping[str, str] | None = None, **how
) -> subprocess.CompletedProcess[str]:
    """The outcome of `snakemake` with these words; `how` as for `python`.

    Args:
        root: The folder with the Snakefile: that of this project, or of a copy of it.
        env: The environment variables; without them, those of `activated`.
    """
    command = ("-m", "snakemake", "--snakefile", root / "Snakefile", *words)
    return python(*command, env=activated() if env is None else env, **how)


def jobs_of(outcome: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Jobs per rule, from the statistics that Snakemake prints of a dry run."""
    found = re.findall(r"^(\w+) +(\d+)$", outcome.stdout + outcome.stderr, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in found}


def _run(command: list[str], folder: Path, environment: Mapping[str, str], told: list[Path]) -> None:
    """The command, in this process, with its standard output and errors in files."""
    for descriptor, path in enumerate([Path(os.devnull), *told]):
        opened = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.modules["snakemake.workflow"].Workflow._rundir = str(folder)  # Snakemake looks it up while it is imported.
    try:
        if command[0] == "-m":
            sys.path[:], sys.argv[:] = [str(folder), *STANDARD], command[1:]
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        else:
            sys.path[:], sys.argv[:] = [str(Path(command[0]).resolve().parent), *STANDARD], command
            runpy.run_path(command[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()


def activated(**changes: str) -> dict[str, str]:
    """The environment variables of a shell in which the environment of this interpreter is activated, and changes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path} | changes


def copy_of_project(folder: Path) -> Path:
    """The folder, with a copy of all that a run needs of this project."""
    for name in ("workflow", "envs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy2(ROOT / name, folder)
    return folder


def rules() -> dict[str, str]:
    """The text of each rule of the workflow, by its name."""
    texts = (path.read_text() for path in sorted(ROOT.glob("workflow/rules/*.smk")))
    return dict(rule for text in texts for rule in re.findall(r"^rule (\w+):\n((?:    .*\n|\n)+)", text, re.MULTILINE))
