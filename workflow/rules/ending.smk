# What the main Snakemake does when its jobs have ended. Not the ones that executors start for single jobs.
import atexit
import sys
import textwrap

from vrrae_bench.system.checkpoints import forget_finished

# Columns of a terminal.
WIDTH = 100


def forget_accepted():
    """Delete what trainings have kept beside their outputs, of those that Snakemake now knows to be whole."""
    jobs = [job for job in workflow.dag.jobs if workflow.dag.noneedrun_finished(job)]
    forget_finished(f"{RESULTS}/checkpoints", {str(output) for job in jobs for output in job.output})


def tell_verdict():
    """What came out, in five lines, if this run has decided the claims."""
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
    # After all that Snakemake has to say, since the last lines are those that are read.
    atexit.register(print, last_words(status, log), file=sys.stderr, flush=True)
