# What Snakemake shows while its jobs run. A Snakemake that an executor starts for a single job does not show it.
import os

from snakemake.logging import logger

from vrrae_bench.study import costs
from vrrae_bench.study.estimates import cost_of, dataset_of_job
from vrrae_bench.study.submission import options_of_jobs, refuse_unfilled
from vrrae_bench.system.host_devices import refuse_without_devices
from vrrae_bench.system.status import Status, last_words

status = Status()


def estimated_seconds(job):
    """The estimated duration of a job, from the same measurements as in `make plan`."""
    dataset = dataset_of_job(job.rule.name, job.wildcards_dict)
    return cost_of(job.rule.name).seconds(settings.datasets.get(dataset), settings) or costs.OTHER_SECONDS


def refuse_unfilled_options():
    """Stop if an option that says how jobs are submitted still has a placeholder."""
    options = options_of_jobs(
        workflow.resource_settings, workflow.remote_execution_settings, workflow.executor_settings, os.environ
    )
    refuse_unfilled(options)


# These checks run only when jobs start. A plan must be possible on a machine without devices, and with a profile that
# is not filled in yet.
onstart:
    # With --touch, Snakemake computes nothing.
    if not workflow.touch:
        refused(refuse_unfilled_options)
    if workflow.local_exec and not workflow.touch:
        shells = {job.resources.get("shell_exec", "") for job in workflow.dag.needrun_jobs()}
        refused(refuse_without_devices, sorted(shells), os.environ)
    jobs = {job.jobid: estimated_seconds(job) for job in workflow.dag.needrun_jobs()}
    status.begin(logger, jobs, workflow.output_settings)
