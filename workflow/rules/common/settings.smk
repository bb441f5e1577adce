# The checked configuration, and the runs and data sets that it asks for.
import difflib
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# The path is relative to the working directory. So no job has to run again if a project is moved with its results.
WORKFLOW = os.path.relpath(f"{workflow.basedir}/workflow")
SCRIPTS = f"{WORKFLOW}/scripts"
# The package is imported from this folder, even if Python finds another copy of it, which the PYTHONPATH of the shell or
# `pip install .` may have brought. Otherwise, the other copy would decide which runs there are and which code they
# depend on. Afterwards, the folder is the last one in which Python looks for modules, because it also holds the
# commands, and one of them is called `config`.
sys.path.insert(0, os.path.abspath(SCRIPTS))
import vrrae_bench

sys.path.append(sys.path.pop(0))

from vrrae_bench.artefacts.extractor_folder import FURTHER
from vrrae_bench.artefacts.former_names import refuse_former_names
from vrrae_bench.artefacts.records import with_remedies
from vrrae_bench.study.invocation import command_line, dropped_files
from vrrae_bench.study.reading import check_files, check_settings
from vrrae_bench.study.selection import all_runs
from vrrae_bench.study.submission import (
    refuse_no_cores,
    refuse_other_devices,
    refuse_unfilled,
    resources_of,
    storage_options,
)
from vrrae_bench.system.errors import SCREEN, UserError
from vrrae_bench.system.interpreter import use_this_interpreter

# The output and the errors of a job go to its log. File descriptor 9 stays the screen: if the disk is full, an error
# cannot be written to the log. With PYTHONSAFEPATH, a command would not find the package beside it.
shell.prefix(f"set -euo pipefail; exec 9>&2; export {SCREEN}=9; unset PYTHONSAFEPATH; ")

try:
    use_this_interpreter(needed=not workflow.deployment_settings.deployment_method)
    # A job that another Snakemake runs is not checked. The other Snakemake has made these checks before, and the files
    # may be at another place on the machine of the job.
    if workflow.is_main_process:
        check_files([f"{workflow.basedir}/config.yaml", *workflow.overwrite_configfiles])
        for warning in dropped_files(command_line(), workflow.overwrite_configfiles, workflow.rundir):
            logger.warning(warning)
except UserError as error:
    raise WorkflowError(str(error)) from None


configfile: f"{workflow.basedir}/config.yaml"


try:
    settings = check_settings(config)
    if workflow.is_main_process:
        refuse_former_names(Path(settings.results))
    refuse_no_cores(workflow.resource_settings)
    refuse_other_devices(
        settings.accelerator,
        resources_of(workflow.resource_settings.overwrite_resources, workflow.resource_settings.default_resources),
    )
    # A plan needs the storage too, because Snakemake looks there for results. So this is checked before a plan.
    refuse_unfilled(storage_options(workflow.storage_settings, workflow.storage_provider_settings))
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = settings.results
# Whether the results are in object storage. The folder workflow then has to be there too, because each job fetches the
# input files of its rule from there.
OBJECT_STORAGE = workflow.storage_settings.default_storage_provider is not None
if OBJECT_STORAGE and settings.weights:
    raise WorkflowError(
        f"weights: {settings.weights} lies here, where jobs on other machines do not see it. Leave it out: the weights "
        "are then fetched, from the mirror if there is one, and kept in the storage."
    )
RUNS = {run.folder: run for run in all_runs(settings)}


# Parts of paths. Rules use them in input, output, log and benchmark.
pathvars:
    results=RESULTS,
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


# These are not path variables, because Snakemake does not apply constraints to the wildcards in a path variable.
OF_RUN = "{dataset}/{method}/{variant}/seed={seed}"
RUN = f"<results>/runs/{OF_RUN}"
EXTRACTOR_FOLDER = "<results>/extractor/{dataset}{other}"


wildcard_constraints:
    dataset=r"[^/]+",
    method=r"[^/]+",
    variant=r"[^/]+",
    seed=r"\d+",
    # Empty for the extractor of a data set, and for the scores by its features. A further extractor and its scores have
    # a folder that is named after the seed of the extractor.
    other=f"|/{FURTHER}",


def end(message):
    """End Snakemake with a message, from within a function of a rule.

    For any other error, Snakemake would print lines of the code. If the file of the rule exists, Snakemake would even
    take the error to mean that no rule makes the file, and would use the file without a message.
    """
    sys.exit(f"error: {message}")


def refused(check, *arguments):
    """Make a check in a function of a rule, and end Snakemake if it fails.

    A job that another Snakemake runs is not checked, because the other Snakemake has made the check before.
    """
    if not workflow.remote_exec:
        try:
            check(*arguments)
        except UserError as error:
            end(with_remedies(str(error), sorted(map(str, workflow.dag_settings.forcerun))))


def run_of(wildcards):
    """The specification of the run that a path names."""
    folder = "runs/{0.dataset}/{0.method}/{0.variant}/seed={0.seed}".format(wildcards)
    if folder not in RUNS:
        near = difflib.get_close_matches(folder, RUNS, n=3, cutoff=0)
        end(
            f"{folder}: the configuration asks for no such run. The nearest of its {len(RUNS)} runs are "
            f"{', '.join(near)}. `make config` prints the values that decide the runs and their names."
        )
    return RUNS[folder]


def dataset_of(wildcards):
    """The settings of the data set that a path names."""
    return dataset_named(wildcards.dataset)


def dataset_named(name):
    """The settings of the data set with this name."""
    if name not in settings.datasets:
        end(f"{name}: the configuration has no such data set. It has: {', '.join(settings.datasets)}")
    return settings.datasets[name]


def manifest_path(dataset):
    """The path of the manifest of a data set, whether it exists or not."""
    return f"{RESULTS}/data/{dataset}/manifest.json"


def extractor_folder(wildcards):
    """The folder of the extractor that a path names. The features and scores of real images are there too."""
    return f"{RESULTS}/extractor/{wildcards.dataset}{wildcards.get('other', '')}"
