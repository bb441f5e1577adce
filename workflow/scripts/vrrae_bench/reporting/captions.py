"""Captions: templates of plain sentences, filled with what the runs themselves record."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from vrrae_bench.artefacts.records import read_record, remedy
from vrrae_bench.artefacts.run import RunSpec, format_beta
from vrrae_bench.artefacts.run_folder import TRAINING
from vrrae_bench.artefacts.scores import RunDetails, RunScores
from vrrae_bench.artefacts.shown import MOST_MEANS
from vrrae_bench.reporting.labels import dataset_label, method_label
from vrrae_bench.reporting.run_scores import has_enough_means, read_comparable, run_folder
from vrrae_bench.reporting.sentences import enumerated
from vrrae_bench.study.catalogue import Figure
from vrrae_bench.study.paper import is_in_paper
from vrrae_bench.system.errors import UserError


def render_caption(template: str | Path, context: dict[str, Any]) -> str:
    """The caption: paragraphs, parted by empty lines of the filled template. A line with only a tag becomes empty too.

    It is plain text. Whoever puts it into Markdown, LaTeX or HTML escapes it.

    Raises:
        UserError: The template is missing or refers to something unknown.
    """
    template = Path(template)
    try:
        text = _templates_in(template.parent).get_template(template.name).render(context)
    except (OSError, jinja2.TemplateError) as error:
        raise UserError(f"{template}: the caption cannot be made: {error}") from None
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(filter(None, paragraphs))


@cache
def _templates_in(folder: Path) -> jinja2.Environment:
    """The templates of a folder, which can import from one another. What several captions import is compiled once."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), undefined=jinja2.StrictUndefined)
    environment.filters |= {"dataset_label": dataset_label, "enumerated": enumerated}
    return environment


def caption_context(origin: str, files: Sequence[str | Path], sweep: Sequence[str | Path] = ()) -> dict[str, Any]:
    """What the template of a table's caption is given: what its runs record, or the files that the table is made from.

    Args:
        sweep: scores.json of the runs among which the best betas were found.
    """
    if origin != "scores":
        return {"files": [read_record(path) for path in files]}
    return scores_context(files) | {"sweeps": scores_context(sweep)["datasets"]}


def figure_context(figure: Figure, datasets: Sequence[str], scores: Sequence[str | Path]) -> dict[str, Any]:
    """What the template of a figure's caption is given: its entry in the catalogue, labels of its data sets, its runs.

    Args:
        scores: scores.json of the runs that it shows; none for a figure that needs no trained run.
    """
    return scores_context(scores) | {"figure": figure, "shown": [dataset_label(name) for name in datasets]}


def scores_context(scores: Sequence[str | Path]) -> dict[str, Any]:
    """What templates of captions are given for each data set: size, methods, seeds, betas, epochs, sampling, extractor.

    They are also given whether the paper has one of these data sets, and of how many images figures show the means.

    Args:
        scores: Files of scores in the folders of their runs, where run.json tells of the data. Scores of real images
            and of noise may be among them.

    Raises:
        UserError: One of them is missing or damaged, or is of another run. Or two of them cannot be compared. Or two
            data sets have one label.
    """
    found: dict[str, list[tuple[Path, RunDetails]]] = {}
    for path, read in zip(map(Path, scores), read_comparable(scores)):
        if isinstance(read, RunScores):  # Other scores are of real images or noise, and of the same extractor.
            if read.details.sampling is None:
                raise UserError(f"{path}: does not tell how its images were drawn. {remedy(path)}")
            found.setdefault(read.details.run.dataset, []).append((run_folder(path), read.details))
    datasets = {dataset_label(name): _of_dataset(scored) for name, scored in found.items()}
    if len(datasets) < len(found):
        raise UserError(
            f"{', '.join(sorted(found))}: two of these data sets have the same printed name in captions. "
            "Give one of them another name in the configuration, and run again."
        )
    return {"datasets": datasets, "in_paper": any(map(is_in_paper, found)), "most_means": MOST_MEANS}


def _of_dataset(scored: Sequence[tuple[Path, RunDetails]]) -> dict[str, Any]:
    """What templates are given for one data set, from the folder of each run and the details of its scores."""
    # Some runs may have no FID, as if they come from another machine. Those that have one tell how it was computed.
    folder, last = next((one for one in reversed(scored) if one[1].extractor), scored[-1])
    runs = [details.run for _, details in scored]
    # Only what the file has: a template that asks for a missing value fails, instead of printing "None".
    extractors = [one.extractor.model_dump(exclude_unset=True) for _, one in scored if one.extractor]
    drawn = [(folder, details.sampling) for folder, details in scored if details.sampling]
    unconverged = {folder for folder, sampling in drawn if not sampling.gmm_converged}
    few_means = {folder for folder, details in scored if details.sampling and not has_enough_means(details)}
    told = last.model_dump(exclude_unset=True)
    data = read_record(folder / TRAINING, holds=["data"])["data"]
    return {
        "methods": [run.definition for run in runs],
        "dataset": last.run.dataset,
        "sizes": _sizes(runs),
        "seeds": sorted({run.seed for run in runs}),
        "fewer_seeds": _fewer_seeds(runs),
        "epochs": last.run.epochs,
        "betas": _betas(runs),
        "learning_rates": list(dict.fromkeys(format_beta(run.learning_rate) for run in runs)),
        "sampling": told["sampling"],
        "components": sorted({sampling.gmm_components for _, sampling in drawn}),
        "unconverged": len(unconverged),
        "few_means": len(few_means),
        "extractor": told.get("extractor"),
        "extractors": {extractor["sha256"]: extractor for extractor in extractors},
        "counts": told.get("counts"),
        "neighbours": told.get("neighbours"),
        "n_train": data["n_train"],
        "n_test": data["n_test"],
        "published_test_images": data.get("published_test_images"),
        "repeated_test_images": data.get("repeated_test_images", 0),
    }


def _sizes(runs: Sequence[RunSpec]) -> dict[int, list[str]]:
    """The labels of methods, by the number of dimensions of their posterior means, the smallest first."""
    found: dict[int, list[str]] = {}
    for run in runs:
        labels = found.setdefault(getattr(run, run.definition.size_key), [])
        if (label := method_label(run.method)) not in labels:
            labels.append(label)
    return dict(sorted(found.items()))


def _fewer_seeds(runs: Sequence[RunSpec]) -> dict[str, int]:
    """The number of seeds of each method that has fewer seeds than another method, by its label."""
    seeds: dict[str, set[int]] = {}
    for run in runs:
        seeds.setdefault(method_label(run.method), set()).add(run.seed)
    most = max(map(len, seeds.values()))
    return {method: len(found) for method, found in seeds.items() if len(found) < most}


def _betas(runs: Sequence[RunSpec]) -> dict[str, list[str]]:
    """The betas of each method that has any, from the smallest on, by its label."""
    found: dict[str, set[float]] = {}
    for run in runs:
        if run.beta is not None:
            found.setdefault(method_label(run.method), set()).add(run.beta)
    return {method: list(map(format_beta, sorted(betas))) for method, betas in found.items()}
