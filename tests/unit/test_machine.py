"""What users see when the machine fails them: a full disk, a log that cannot be written, no memory, a killed job."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
from commands import ROOT, snakemake

from vrrae_bench.system.errors import SCREEN, in_words
from vrrae_bench.system.files import atomic_path, write_json
from vrrae_bench.system.killed import explain_killed

SCRIPTS = ROOT / "workflow/scripts"
# As on a full disk: no file may become larger than this. Python ignores the signal that comes with it.
LIMIT = 100_000
WRITERS = {
    "numpy": "import numpy; numpy.save(temporary.open('wb'), numpy.zeros(10**6))",
    "archive": "import numpy; numpy.savez(temporary, a=numpy.zeros(10**6))",
    "text": "temporary.write_text('x' * 10**6)",
    "table": "import pandas; pandas.DataFrame({'a': range(10**5)}).to_csv(temporary)",
    "torch": "import torch; torch.save(torch.zeros(10**6), temporary.open('wb'))",
    "figure": "from matplotlib.figure import Figure; Figure().savefig(temporary, format='raw', dpi=300)",
}


def code_of(script) -> str:
    """A program that does this as the commands of this project do."""
    return f"from vrrae_bench.system.errors import run_command\ndef main():\n    {script}\nrun_command(main)\n"


def run(script, folder, **options) -> subprocess.CompletedProcess:
    """A command of this project with this `main`."""
    code = f"import resource\n{code_of(script)}"
    how = {"cwd": folder, "env": os.environ | {"PYTHONPATH": str(SCRIPTS)}, "text": True, "stderr": subprocess.PIPE}
    return subprocess.run([sys.executable, "-c", code], **how | options)


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_a_disk_that_takes_no_more_is_told_with_the_file_and_leaves_nothing(writer, tmp_path):
    """Whoever writes: numpy tells of bytes, torch of positions, and neither of the disk."""
    (tmp_path / "old.npz").write_text("old")
    limited = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))"
    script = f"from vrrae_bench.system.files import atomic_path\n    {limited}\n"
    script += "    with atomic_path('old.npz') as temporary:"
    outcome = run(f"{script}\n        {writer}", tmp_path)
    assert outcome.returncode == 1
    assert outcome.stderr == (
        "error: old.npz: a file may not become so large here (ulimit -f). Raise that limit, or use another disk, then "
        "run again: what is finished is kept.\n"
    )
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_full_disk_is_told(tmp_path):
    """That of /dev/full; /dev itself stays as it is."""
    outcome = run("open('/dev/full', 'w').write('x' * 10**6)", tmp_path)
    assert outcome.returncode == 1 and "the disk is full. Make room there" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    "script",
    [
        "from vrrae_bench.system.errors import UserError; raise UserError('scores.json: is missing')",
        "print('loss 1.0')",
        "print('loss 1.0', flush=True)",
        "1 / 0",
    ],
)
def test_what_a_full_log_cannot_take_is_on_the_screen(script, tmp_path):
    """As the workflow starts commands: output and errors go to the log, and descriptor 9 stays the screen."""
    command = f'exec 9>&2; export {SCREEN}=9; {sys.executable} -c "$SCRIPT" > /dev/full 2>&1'
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "SCRIPT": code_of(script)}
    outcome = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)
    assert outcome.returncode != 0
    expected = {"raise": "error: scores.json: is missing", "1 / 0": "ZeroDivisionError"}
    told = next((words for part, words in expected.items() if part in script), "error: the log: the disk is full")
    assert told in outcome.stderr


def test_a_log_that_can_be_written_has_the_message_alone(tmp_path):
    """Else it would be seen twice where failed logs are shown."""
    command = f'exec 9>&2; export {SCREEN}=9; {sys.executable} -c "$SCRIPT" > log 2>&1'
    script = "from vrrae_bench.system.errors import UserError; raise UserError('wrong')"
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS), "SCRIPT": code_of(script)}
    outcome = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (outcome.returncode, outcome.stderr, (tmp_path / "log").read_text()) == (1, "", "error: wrong\n")


def test_a_folder_that_may_not_be_written_is_told():
    error = PermissionError(errno.EACCES, os.strerror(errno.EACCES), "results/runs")
    assert in_words(error).startswith("results/runs: you may not read or write this. Let its owner change that")


@pytest.mark.parametrize("allocate", ["numpy.ones(10**12)", "[0] * 10**12"])
def test_memory_that_the_machine_does_not_have_is_told(allocate, tmp_path):
    outcome = run(f"import numpy; resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33)); {allocate}", tmp_path)
    assert outcome.returncode == 1 and "Traceback" not in outcome.stderr
    assert outcome.stderr.startswith("error: memory ran out. Run fewer jobs at a time (a smaller --cores, or")


def test_memory_that_jax_or_torch_do_not_get_is_told():
    for words in (
        "RESOURCE_EXHAUSTED: Out of memory allocating 400000000000 bytes.",
        "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to",
        "CUDA out of memory. Tried to allocate 20.00 MiB.",
    ):
        assert in_words(RuntimeError(words)).startswith("memory ran out.")
        wrapped = RuntimeError("Error at leaf with path ('encoder',)")
        wrapped.__cause__ = RuntimeError(words)
        assert in_words(wrapped).startswith("memory ran out.")
    assert in_words(RuntimeError("shapes do not fit")) is None


def test_a_source_of_bytes_that_fails_is_not_taken_for_a_full_disk(tmp_path):
    with pytest.raises(OSError, match="connection") as caught, atomic_path(tmp_path / "file") as temporary:
        temporary.write_text("half")
        raise OSError("connection lost")
    assert caught.value.errno is None and not list(tmp_path.iterdir())


def test_what_fits_is_written_as_before(tmp_path):
    write_json(tmp_path / "scores.json", {"fid": 1.5})
    with atomic_path(tmp_path / "random.npy") as temporary:
        np.save(temporary, np.arange(3))
    np.testing.assert_array_equal(np.load(tmp_path / "random.npy"), [0, 1, 2])


SNAKEFILE = """
import sys
sys.path.insert(0, {scripts!r})
from types import SimpleNamespace
RESULTS, settings = "results", SimpleNamespace(datasets={{}})
refused = lambda check, *arguments: check(*arguments)
include: {rules!r} + "/status.smk"
include: {rules!r} + "/ending.smk"
rule model:
    output: "model"
    log: "model.log"
    message: "Make a model"
    shell: {command!r}
"""


def failed_run(command, folder):
    """What Snakemake says of a job that fails, by the hooks of the workflow."""
    names = {"scripts": str(SCRIPTS), "rules": str(ROOT / "workflow/rules"), "command": command}
    (folder / "Snakefile").write_text(SNAKEFILE.format(**names))
    outcome = snakemake("--cores", "1", "model", root=folder, cwd=folder)
    assert outcome.returncode == 1
    return outcome


def test_a_failed_run_ends_with_the_cause_the_log_and_what_to_do(tmp_path):
    command = "(echo reading; echo 'error: own.npz: holds no images. Name another file.'; exit 1) > model.log"
    assert failed_run(command, tmp_path).stderr.splitlines()[-5:] == [
        "Failed: Make a model",
        "  error: own.npz: holds no images. Name another file.",
        f"  log: {tmp_path}/model.log",
        "",
        "Remove the cause, then type the same command again. What is finished is kept.",
    ]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("python -c 'import os; os.kill(os.getpid(), 9)'", "A job was killed. If nobody ended it, memory ran out."),
        ("bash -c 'kill -9 $$'; true", "A job was killed. If nobody ended it, memory ran out."),
        ("bash -c 'kill -7 $$'", "ended by the signal SIGBUS"),
        ("false", None),
    ],
)
def test_snakemake_says_of_a_killed_job_that_memory_ran_out(command, told, tmp_path):
    outcome = failed_run(command, tmp_path)
    assert told is None or told in outcome.stderr
    assert ("If nobody ended it" in outcome.stderr) == bool(told and "killed" in told)


def test_a_log_that_is_not_there_tells_nothing(tmp_path):
    """As on a disk on which Snakemake cannot write its own."""
    assert explain_killed([str(tmp_path / "missing.log")]) == ""
