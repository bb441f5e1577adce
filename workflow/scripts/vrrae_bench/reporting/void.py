"""What tables say of void scores, which say nothing because the network behind their features has learned nothing.

A table marks such a number, and its caption begins with the reason and a remedy. Its long form has the reason in the
column `void`.
"""

from collections.abc import Iterable

from vrrae_bench.artefacts.scores import Details
from vrrae_bench.extractor.chance import REMEDY, VOID, why_void
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.scoring.metrics import METRICS

MARK = "void"


def reason_of(details: Details) -> str:
    """Why scores in features are void, by the `details` of a file of scores; empty if they are not void."""
    extractor = details.extractor.model_dump(exclude_unset=True) if details.extractor else {}
    return why_void(extractor) or ""


def reason_for(metric: str, reasons: Iterable[str]) -> str:
    """Why the mean of a metric is void, from the reasons of its scores. Empty for a metric that needs no features."""
    return " / ".join(dict.fromkeys(filter(None, reasons))) if METRICS[metric].of_features else ""


def warning(dataset: str, reason: str) -> str:
    """The first paragraph of the caption of a table with void numbers."""
    return f"Void on {dataset_label(dataset)}: {reason}. {VOID} {REMEDY}"
