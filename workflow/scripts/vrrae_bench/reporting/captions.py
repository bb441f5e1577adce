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
    template = Path(template)
    # Captions may import from one another's folder.
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(template.parent), undefined=jinja2.StrictUndefined)
    try:
        return " ".join(environment.get_template(template.name).render(context).split())
    except (OSError, jinja2.TemplateError) as error:
        raise UserError(f"{template}: the caption can not be made: {error}") from None


def caption_context(origin: str, files: Sequence[str | Path], sweep: Sequence[str | Path] = ()) -> dict[str, Any]:
    """What the caption of a table may speak of, by what the table is made from: its runs, or the files as they are.

    Args:
        sweep: scores.json of the runs among which the best betas were found.
    """
    if origin != "scores":
        return {"files": [read_json(path) for path in files]}
    return scores_context(files) | {"sweeps": scores_context(sweep)["datasets"]}


def scores_context(scores: Sequence[str | Path]) -> dict[str, Any]:
    """What captions may speak of, per data set: its size, seeds, betas, epochs, how images were drawn, the extractor.

    Args:
        scores: Files of scores in the folders of their runs, where run.json tells of the data; floors and ceilings.
    """
    datasets: dict[str, dict[str, Any]] = {}
    betas: dict[str, dict[str, set[float]]] = {}
    for path in scores:
        details = read_json(path)["details"]
        if "run" not in details:
            continue  # a floor or ceiling, of the same images and extractor
        run = details["run"]
        empty = {"seeds": set(), "components": set(), "learning_rates": {}, "unconverged": 0, "extractors": {}}
        entry = datasets.setdefault(run["dataset"], empty)
        entry["seeds"].add(run["seed"])
        entry["learning_rates"][format_beta(run["learning_rate"])] = None  # in their order
        if run["beta"] is not None:
            of_method = betas.setdefault(run["dataset"], {}).setdefault(method_label(run["method"]), set())
            of_method.add(run["beta"])
        entry["components"].add(details["sampling"]["gmm_components"])
        entry["unconverged"] += not details["sampling"].get("gmm_converged", True)
        entry |= {"epochs": run["epochs"], "sampling": details["sampling"]}
        entry |= {"extractor": details.get("extractor"), "counts": details.get("counts")}
        if entry["extractor"]:
            entry["extractors"][entry["extractor"]["sha256"]] = entry["extractor"]
        entry["neighbours"] = details.get("neighbours")
        data = read_json(_folder_of_run(Path(path)) / "run.json")["data"]
        entry |= {"n_train": data["n_train"], "n_test": data["n_test"]}
    for name, entry in datasets.items():
        entry["seeds"] = sorted(entry["seeds"])
        entry["components"] = sorted(entry["components"])
        entry["learning_rates"] = list(entry["learning_rates"])
        found = betas.get(name, {})
        entry["betas"] = {method: " and ".join(map(format_beta, sorted(found[method]))) for method in found}
    return {"datasets": {dataset_label(name): entry for name, entry in datasets.items()}}


def _folder_of_run(scores: Path) -> Path:
    """Scores lie in the folder of their run; those by an extractor with another seed in a folder within it."""
    return scores.parent.parent if scores.parent.name.startswith("extractor_seed=") else scores.parent
