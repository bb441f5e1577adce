# Targets that no rule makes. This file is included last, when all rules are known. For such a target, Snakemake's own
# message names rules and input functions, and not where all targets are listed.
import difflib
import os

from vrrae_bench.study.invocation import targets_named


def is_made(target):
    """Whether a rule has this name, or this file exists, or a rule would make it. Snakemake decides in the same way."""
    if workflow.is_rule(target) or os.path.exists(target):
        return True
    file = target if os.path.isabs(target) else os.path.relpath(target)
    return any(rule.is_producer(file) for rule in workflow.rules)


if workflow.is_main_process and not OBJECT_STORAGE:
    names = [rule.name for rule in workflow.rules if not rule.output]
    for target in targets_named():
        if not is_made(target):
            near = difflib.get_close_matches(target, names, n=1)
            raise WorkflowError(
                f"{target}: there is no such target.{f' Did you mean {near[0]}?' if near else ''} "
                "`make targets` lists all of them."
            )
