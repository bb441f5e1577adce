"""Captions: templates of plain sentences, filled with what the runs themselves record."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from vrrae_bench.errors import UserError
from vrrae_bench.files import read_json
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.runs import format_beta


def render_caption(template: str | Path, context: dict[str, Any]) -> str:
    """The caption as one paragraph.

    Raises:
        UserError: The template is missing or refers to something unknown.
    """
    try:
        text = jinja2.Template(Path(template).read_text(encoding="utf-8"), undefined=jinja2.StrictUndefined)
        return " ".join(text.render(context).split())
    except (OSError, jinja2.TemplateError) as error:
        raise UserError(f"{template}: the caption can not be made: {error}") from None


def scores_context(scores: Sequence[str | Path]) -> dict[str, Any]:
    """What captions may speak of, per data set: label, seeds, betas, epochs, how images were drawn, the extractor."""
    datasets: dict[str, dict[str, Any]] = {}
    for path in scores:
        details = read_json(path)["details"]
        run = details["run"]
        entry = datasets.setdefault(run["dataset"], {"seeds": set(), "betas": {}, "components": set()})
        entry["seeds"].add(run["seed"])
        if run["beta"] is not None:
            entry["betas"][method_label(run["method"])] = format_beta(run["beta"])
        entry["components"].add(details["sampling"]["gmm_components"])
        entry |= {"epochs": run["epochs"], "sampling": details["sampling"], "extractor": details.get("extractor")}
    for entry in datasets.values():
        entry["seeds"] = sorted(entry["seeds"])
        entry["components"] = sorted(entry["components"])
    return {"datasets": {dataset_label(name): entry for name, entry in datasets.items()}}
