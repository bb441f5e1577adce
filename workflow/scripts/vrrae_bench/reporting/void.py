"""Scores that say nothing, since the network in whose features they are has learned nothing: what tables say of them.

A table marks such a number, and its caption begins with the reason and what to do. Its long form has the reason at the
end of the note of the number.
"""

from collections.abc import Iterable

from vrrae_bench.artefacts.scores import Details
from vrrae_bench.extractor.chance import REMEDY, VOID, why_void
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.scoring.metrics import METRICS

MARK = "void"
_BEFORE_REASON = f"{MARK}: "


def reason_of(details: Details) -> str:
    """Why scores of features are void, by the `details` of a file of scores; empty if nothing speaks against them."""
    extractor = details.extractor.model_dump(exclude_unset=True) if details.extractor else {}
    return why_void(extractor) or ""


def note_with(note: str, metric: str, reasons: Iterable[str]) -> str:
    """The note of a number, which ends with the reasons why it is void if it is one of features and there are any."""
    found = dict.fromkeys(filter(None, reasons)) if METRICS[metric].of_features else ()
    return "; ".join(filter(None, [note, _BEFORE_REASON + " / ".join(found) if found else ""]))


def split(note: str) -> tuple[str, str]:
    """A note without the reason why its number is void, and that reason, or an empty text.

    >>> split("each: 0.1, 0.2; void: it guesses")
    ('each: 0.1, 0.2', 'it guesses')
    """
    before, _, reason = note.partition(_BEFORE_REASON)
    return before.removesuffix("; "), reason


def warning(dataset: str, reason: str) -> str:
    """What the caption of a table with such numbers begins with."""
    return f"Void on {dataset_label(dataset)}: {reason}. {VOID} {REMEDY}"
