# What the main Snakemake shows while its jobs run. Not the ones that executors start for single jobs.
import os

from snakemake.logging import logger

from vrrae_bench.study import costs
from vrrae_bench.study.checks import refuse_unfilled
from vrrae_bench.study.estimates import cost_of
from vrrae_bench.study.invocation import resources_of, slice_options
from vrrae_bench.system.host_devices import refuse_without_devices
from vrrae_bench.system.status import Status, last_words

status = Status()


def estimated_seconds(job):
    """About how long a job takes, by the measurements that `make plan` goes by."""
    dataset = "synthetic" if job.rule.name == "make_synthetic" else job.wildcards_dict.get("dataset")
    return cost_of(job.rule.name).seconds(settings.datasets.get(dataset), settings) or costs.OTHER_SECONDS


def options_of_jobs():
    """What profile and command line say of how jobs are submitted, by name."""
    asked = workflow.resource_settings
    for resources in resources_of(asked.overwrite_resources, asked.default_resources).values():
        yield from resources.items()
    yield "container-image", workflow.remote_execution_settings.container_image
    yield from slice_options(getattr(workflow.executor_settings, "submit_cmd", None), os.environ).items()


# Here and not before, since a plan is to be had without devices and before a profile is filled in.
onstart:
    if not workflow.touch:  # which computes nothing
        refused(refuse_unfilled, options_of_jobs())
    if workflow.local_exec and not workflow.touch:
        shells = {job.resources.get("shell_exec", "") for job in workflow.dag.needrun_jobs()}
        refused(refuse_without_devices, sorted(shells), os.environ)
    jobs = {job.jobid: estimated_seconds(job) for job in workflow.dag.needrun_jobs()}
    status.begin(logger, jobs, workflow.output_settings)
