# The checked configuration, and the only helper functions of rules.
import os
import shlex
import sys

from snakemake.exceptions import WorkflowError

# Relative to the working directory: a project that is moved with its results has nothing to do again.
WORKFLOW = os.path.relpath(f"{workflow.basedir}/workflow")
SCRIPTS = f"{WORKFLOW}/scripts"
sys.path.insert(0, os.path.abspath(SCRIPTS))

from vrrae_bench.config import check_settings
from vrrae_bench.dependencies import code_files
from vrrae_bench.errors import UserError
from vrrae_bench.reporting.kinds import FIGURES

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


def own_settings(wildcards):
    """Where a data set of the user's own lies, as JSON, or none."""
    files = dataset_of(wildcards).files
    return files and files.model_dump_json()


def own_files(wildcards):
    """The user's folder or archive: a change of it makes the data set again. If it is missing, the command tells."""
    files = dataset_of(wildcards).files
    return [files.path] if files and os.path.exists(files.path) else []


def selected(*, synthetic):
    """The selected data sets that are bumps, or those that are images."""
    return [
        name for name in settings.experiment.datasets if (settings.datasets[name].source == "synthetic") == synthetic
    ]


def option(name, value):
    """`--name value` for the shell, or nothing if there is no value."""
    return "" if value in (None, False) else f"--{name}" if value is True else f"--{name} {shlex.quote(str(value))}"


def weights_of(wildcards):
    """The published weights of Inception-v3, if training it starts from them."""
    if dataset_of(wildcards).extractor.start != "imagenet":
        return []
    return settings.weights or rules.download_weights.output.weights


def extractor_of(wildcards):
    """The files that FID needs, for a data set that has labels."""
    if dataset_of(wildcards).extractor is None:
        return []
    names = ("extractor.json", "inception.pt", "reference.npz")
    return [f"{RESULTS}/extractor/{wildcards.dataset}/{name}" for name in names]


def scores_of_table(wildcards):
    """Scores of every run that belongs into a table: Table 1 has the synthetic set, Table 2 the images."""
    datasets = selected(synthetic=wildcards.table == "table_1")
    return [f"{RESULTS}/{run.folder}/scores.json" for run in RUNS.values() if run.dataset in datasets]


def files_of_figure(name, file):
    """One file of every run that a figure shows: those of its methods, with the configured learning rate."""
    figure = FIGURES[name]
    return [
        f"{RESULTS}/{settings.run(dataset, method, seed).folder}/{file}"
        for dataset in selected(synthetic=figure.synthetic)
        for method in settings.experiment.methods
        for seed in settings.datasets[dataset].seeds
        if figure.methods is None or method in figure.methods
    ]


def reported_tables():
    """Those tables for which data sets are selected."""
    kinds = {"table_1": True, "table_2": False}
    return [name for name, synthetic in kinds.items() if selected(synthetic=synthetic)]


def reported_figures():
    """Those figures for which data sets and methods are selected."""
    return [name for name in FIGURES if files_of_figure(name, "scores.json")]


# How and where to run is handed to commands as a resource: unlike a parameter, it decides no result, so a change of it
# reruns nothing.
WHERE_TO_FETCH = f"{option('mirror', settings.mirror)} {option('offline', settings.offline)}"

# torch is used on the GPU where there is one; a TPU host scores on its CPU.
TORCH = "cuda" if settings.accelerator == "cuda" else "cpu"
