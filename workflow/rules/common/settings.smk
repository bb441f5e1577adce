# The checked configuration, and the runs and data sets that it asks for.
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# Relative to the working directory: a project that is moved with its results has nothing to do again.
WORKFLOW = os.path.relpath(f"{workflow.basedir}/workflow")
SCRIPTS = f"{WORKFLOW}/scripts"
# Last, since commands lie there too, one of which is called `config`.
sys.path.append(os.path.abspath(SCRIPTS))

from vrrae_bench.artefacts.former_names import refuse_former_names
from vrrae_bench.study.checks import refuse_other_devices, refuse_unfilled
from vrrae_bench.study.invocation import (
    command_line,
    dropped_files,
    resources_of,
    storage_options,
    use_this_interpreter,
)
from vrrae_bench.study.reading import check_settings, read_file
from vrrae_bench.study.selection import all_runs
from vrrae_bench.system.errors import SCREEN, UserError

# Output and errors of a job go to its log; 9 stays the screen, for the error that no log can take on a full disk.
shell.prefix(f"set -euo pipefail; exec 9>&2; export {SCREEN}=9; ")

try:
    use_this_interpreter(needed=not workflow.deployment_settings.deployment_method)
    # Before Snakemake reads config.yaml, since it would not say where in the file a mistake is. Not for a job that another
    # Snakemake runs: there the files may be elsewhere, and all was told before.
    if workflow.is_main_process:
        for file in (f"{workflow.basedir}/config.yaml", *workflow.overwrite_configfiles):
            read_file(Path(file))
        for warning in dropped_files(command_line(), workflow.overwrite_configfiles, workflow.rundir):
            logger.warning(warning)
except UserError as error:
    raise WorkflowError(str(error)) from None


configfile: f"{workflow.basedir}/config.yaml"


try:
    settings = check_settings(config)
    asked = workflow.resource_settings
    for name, number in {"--cores": asked.cores, "--jobs": asked.nodes, "--local-cores": asked.local_cores}.items():
        if number is not None and number < 1:
            raise UserError(
                f"{name} {number}: no job could ever start, and Snakemake would wait for ever. Give 1 or more."
            )
    if workflow.is_main_process:
        refuse_former_names(Path(settings.results))
    refuse_other_devices(settings.accelerator, resources_of(asked.overwrite_resources, asked.default_resources))
    # Already here, since even a plan asks the storage what is there.
    refuse_unfilled(storage_options(workflow.storage_settings, workflow.storage_provider_settings))
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = settings.results
# Results lie in a bucket, and so has to lie the folder workflow: each job fetches from there what its rule names.
OBJECT_STORAGE = workflow.storage_settings.default_storage_provider is not None
if OBJECT_STORAGE and settings.weights:
    raise WorkflowError(
        f"weights: {settings.weights} lies here, where jobs on other machines do not see it. Leave it out: the weights are "
        "then fetched, from the mirror if there is one, and kept in the storage."
    )
RUNS = {run.folder: run for run in all_runs(settings)}


# Parts of paths, as rules write them in input, output, log and benchmark.
pathvars:
    results=RESULTS,
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


# Not path variables too, since Snakemake does not apply constraints to the wildcards in those.
OF_RUN = "{dataset}/{method}/{variant}/seed={seed}"
RUN = f"<results>/runs/{OF_RUN}"


wildcard_constraints:
    dataset=r"[^/]+",
    method=r"[^/]+",
    variant=r"[^/]+",
    seed=r"\d+",
    # An extractor is that of the data set, or one with another seed; so are scores by its features.
    other=r"|/extractor_seed=\d+",


def end(message):
    """End Snakemake with a message, from within a function of a rule.

    Any other error would be told with the lines of the code, and for a file that exists, Snakemake would take it to mean
    that no rule makes the file, and would use the file without a word.
    """
    sys.exit(f"error: {message}")


def refused(check, *arguments):
    """A check in a function of a rule, before a run begins. A job that another Snakemake runs has passed it before."""
    if not workflow.remote_exec:
        try:
            check(*arguments)
        except UserError as error:
            end(error)


def run_of(wildcards):
    """Specification of the run that a path names."""
    folder = "runs/{0.dataset}/{0.method}/{0.variant}/seed={0.seed}".format(wildcards)
    if folder not in RUNS:
        end(f"{folder}: the configuration asks for no such run. It asks for:\n" + "\n".join(RUNS))
    return RUNS[folder]


def dataset_of(wildcards):
    """Settings of the data set that a path names."""
    return dataset_named(wildcards.dataset)


def dataset_named(name):
    """Settings of the data set of this name, which a path may have."""
    if name not in settings.datasets:
        end(f"{name}: the configuration has no such data set. It has: {', '.join(settings.datasets)}")
    return settings.datasets[name]
