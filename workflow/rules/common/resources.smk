# What jobs are given: memory, disk, time, and where to compute and to fetch.
from vrrae_bench.study import costs
from vrrae_bench.study.estimates import ON_THE_LOGIN_NODE, minutes_allowed
from vrrae_bench.system.shell_words import option

# As the keyword `localrules` does, which takes no list.
workflow.localrules(*ON_THE_LOGIN_NODE)

# How and where to run is handed to commands as a resource: unlike a parameter, it decides no result, so a change of it
# reruns nothing.
WHERE_TO_FETCH = f"{option('mirror', settings.mirror)} {option('offline', settings.offline)}"

# torch is used on the GPU where there is one; a TPU host scores on its CPU.
TORCH = "cuda" if settings.accelerator == "cuda" else "cpu"


def growing(amount):
    """A resource that doubles with each attempt: a job that ran out of it may succeed with more.

    This stands in the rules, because what a profile sets replaces it, growth and all.
    """
    return lambda wildcards, attempt: amount(wildcards) * 2 ** (attempt - 1)


def memory(small, large):
    """MiB that a job takes: `large` with images as large as CelebA's or of unknown size, else `small`.

    Of a training: the step of 576 images of 160 x 160 was compiled to 7300 MiB, and the data come on top.
    """
    return growing(lambda wildcards: large if costs.holds_large_images(dataset_of(wildcards)) else small)


def disk(output):
    """MB of disk for a job of a rule that writes as much as `output` says for a data set."""
    return growing(lambda wildcards: costs.working_mb(dataset_of(wildcards), output(dataset_of(wildcards))))


def time_limit(rule):
    """Minutes that a job of a rule may take."""
    return lambda wildcards, attempt: minutes_allowed(rule, dataset_of(wildcards), settings, attempt)
