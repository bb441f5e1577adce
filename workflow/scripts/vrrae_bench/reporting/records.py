"""scores.json of a run as a flat record, a row of what tables and claims are made from."""

from typing import Any

from vrrae_bench.runs import RunSpec, format_beta


def run_record(scores: dict[str, Any]) -> dict[str, Any]:
    """What identifies a run, beta as text and empty for a method without one, and its numbers under their own names."""
    run = RunSpec.model_validate(scores["details"]["run"])
    record = run.model_dump(include={"dataset", "method", "batch_size", "learning_rate", "seed"})
    record["beta"] = "" if run.beta is None else format_beta(run.beta)
    return record | {name: value for name, value in scores.items() if name != "details"}
