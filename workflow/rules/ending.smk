# What Snakemake does when its jobs have ended. A Snakemake that an executor starts for a single job does not do it.
import atexit
import json
import sys
import textwrap
from pathlib import Path

from vrrae_bench.system.checkpoints import forget_finished

# The width of the last lines, in columns of a terminal.
WIDTH = 100


def forget_accepted():
    """Delete the last checkpoints of trainings and fine-tunings whose outputs Snakemake has accepted as complete."""
    jobs = [job for job in workflow.dag.jobs if workflow.dag.noneedrun_finished(job)]
    forget_finished(f"{RESULTS}/checkpoints", {str(output) for job in jobs for output in job.output})


def tell_verdict():
    """Print the outcome in five lines, if this run of Snakemake has decided the claims."""
    decided = Path(rules.decide_claims.output.data)
    if decided.exists() and any(job.rule.name == "decide_claims" for job in workflow.dag.finished_jobs):
        lines = json.loads(decided.read_text())["summary"]
        wrapped = (textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  ") for line in lines)
        print("Does the paper hold?", *wrapped, sep="\n")


onsuccess:
    status.end()
    forget_accepted()
    tell_verdict()


onerror:
    status.end()
    forget_accepted()
    # These lines are printed after all messages of Snakemake, because the last lines are the ones that people read.
    atexit.register(print, last_words(status, log), file=sys.stderr, flush=True)
