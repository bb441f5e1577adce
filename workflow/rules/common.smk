# The checked configuration, and the only helper functions of rules.
import shlex
import sys

from snakemake.exceptions import WorkflowError

SCRIPTS = f"{workflow.basedir}/workflow/scripts"
sys.path.insert(0, SCRIPTS)

from vrrae_bench.config import check_settings
from vrrae_bench.dependencies import code_files
from vrrae_bench.errors import UserError

try:
    settings = check_settings(config)
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = settings.results
RUNS = {run.folder: run for run in settings.runs()}
RUN = f"{RESULTS}/runs/{{dataset}}/{{method}}/{{variant}}/seed={{seed}}"


wildcard_constraints:
    dataset=r"[^/]+",
    method=r"[^/]+",
    variant=r"[^/]+",
    seed=r"\d+",


def code_of(stage, *modules):
    """The command of a stage and all of the package that it imports: a change to any of these reruns it, no other does.

    Modules that the command imports by name have to be named here too.
    """
    return code_files(f"{SCRIPTS}/{stage}.py", *(f"{SCRIPTS}/vrrae_bench/{module}.py" for module in modules))


def run_of(wildcards):
    """Specification of the run that a path names."""
    folder = "runs/{0.dataset}/{0.method}/{0.variant}/seed={0.seed}".format(wildcards)
    if folder not in RUNS:
        raise WorkflowError(f"{folder}: the configuration asks for no such run. It asks for:\n" + "\n".join(RUNS))
    return RUNS[folder]


def dataset_of(wildcards):
    """Settings of the data set that a path names."""
    if wildcards.dataset not in settings.datasets:
        raise WorkflowError(f"unknown data set '{wildcards.dataset}'. Known: {', '.join(settings.datasets)}")
    return settings.datasets[wildcards.dataset]


def files_of_runs(datasets, name):
    """One file of every run on some data sets."""
    return [f"{RESULTS}/{run.folder}/{name}" for run in RUNS.values() if run.dataset in datasets]


def selected(*, synthetic):
    """The selected data sets that are bumps, or those that are images."""
    return [
        name for name in settings.experiment.datasets if (settings.datasets[name].source == "synthetic") == synthetic
    ]


def option(name, value):
    """`--name value` for the shell, or nothing if there is no value."""
    return "" if value in (None, False) else f"--{name}" if value is True else f"--{name} {shlex.quote(str(value))}"


MIRROR = f"{option('mirror', settings.mirror)} {option('offline', settings.offline)}"
# torch is used on the GPU where there is one; a TPU host scores on its CPU.
TORCH = "cuda" if settings.accelerator == "cuda" else "cpu"
