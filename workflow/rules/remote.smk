# Jobs that another Snakemake runs, on a cluster. It is handed the wildcards of its job as `name=value,…`, and 9.27 splits
# them at every comma, also at those within `beta=1e-6,batch=576` (github.com/snakemake/snakemake/issues/2366). Here what
# was split is joined again. A Snakemake that does not split is left as it is.
from functools import wraps

from snakemake.dag import DAG


def joined(wildcards, names):
    """Wildcards in which a name that no path has belongs to the value before it."""
    whole = {}
    for name, value in wildcards.items():
        if name in names:
            last, whole[name] = name, value
        else:
            whole[last] += f",{name}={value}"
    return whole


def joining(new_job):
    """`DAG.new_job`, with whole wildcards where they are all that tells the job: as it was handed over, without a file."""

    @wraps(new_job)
    def new_whole_job(dag, rule, targetfile=None, format_wildcards=None, wildcards_dict=None):
        if targetfile is None and wildcards_dict:
            wildcards_dict = joined(wildcards_dict, rule.wildcard_names)
        return new_job(dag, rule, targetfile, format_wildcards, wildcards_dict)

    return new_whole_job


if not hasattr(DAG.new_job, "__wrapped__"):
    DAG.new_job = joining(DAG.new_job)
