# The resources of jobs: memory, disk, time, where they compute, and where they fetch files.
from vrrae_bench.study import costs
from vrrae_bench.study.estimates import ON_THE_LOGIN_NODE, minutes_allowed
from vrrae_bench.system.shell_words import option

# The keyword `localrules` would do the same, but it does not take a list.
workflow.localrules(*ON_THE_LOGIN_NODE)

# How and where a command runs is a resource of its rule, and not a parameter, because it decides no result. If a
# resource changes, Snakemake runs nothing again.
WHERE_TO_FETCH = f"{option('mirror', settings.mirror)} {option('offline', settings.offline)}"

# torch uses the GPU if there is one. It does not use TPUs, so a TPU host scores on its CPU.
TORCH = "cuda" if settings.accelerator == "cuda" else "cpu"


def growing(amount):
    """A resource that doubles with each attempt. So a job that has run out of the resource may succeed the next time.

    Rules set such resources, and profiles do not. The value of a profile would replace this function, and would not
    grow.
    """
    return lambda wildcards, attempt: amount(wildcards) * 2 ** (attempt - 1)


def memory(small, large):
    """The memory of a job, in MiB: `large` if `costs.holds_large_images`, else `small`.

    Slurm takes the number `mem_mb` as MiB. Kubernetes takes it as MB, and gives a job 5 percent less, for which there is
    room. A training step of 576 images of 160 x 160 was compiled to a program that needs 7300 MiB, and the data set
    needs memory too.
    """
    return growing(lambda wildcards: large if costs.holds_large_images(dataset_of(wildcards)) else small)


def disk(beside_data):
    """The disk space of a job, in MB.

    Args:
        beside_data: A function of the settings of a data set. It gives the size of what the job reads and writes
            beside the data set, in MB.
    """
    return growing(lambda wildcards: costs.working_mb(dataset_of(wildcards), beside_data(dataset_of(wildcards))))


def time_limit(rule):
    """The time limit of a job of a rule, in minutes."""
    return lambda wildcards, attempt: minutes_allowed(rule, dataset_of(wildcards), settings, attempt)
