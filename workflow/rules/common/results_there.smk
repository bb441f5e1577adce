# Results that are there before a run begins, which are compared with the configuration before any job begins.
import functools
import json
import os
from pathlib import Path

from snakemake.io import IOFile

from vrrae_bench.artefacts.records import content_digest
from vrrae_bench.datasets.store import DataSet
from vrrae_bench.study.results_there import (
    Expected,
    draws_asked,
    draws_of_bound,
    expected_data,
    expected_training,
    refuse_data,
    refuse_older,
    refuse_results,
    sampling_of,
    timing_asked,
    timing_of,
)


def is_forced(stage, file):
    """Whether Snakemake is told to make a file again, whatever is there."""
    asked = workflow.dag_settings
    targets = asked.targets if asked.forcetargets else ()
    return asked.forceall or not {stage, file}.isdisjoint((*asked.forcerun, *targets))


def is_known_to_differ(file, *params):
    """Whether Snakemake has recorded that it made a file with other parameters. It then makes the file again."""
    noted = workflow.persistence.params(IOFile(file))
    by_params = any(trigger.name == "PARAMS" for trigger in workflow.rerun_triggers)
    return by_params and noted is not None and not {repr(param) for param in params} <= set(noted)


def is_judged_by_times(file):
    """Whether Snakemake goes by the times of files only, because it has no record of how it made a file, or is told to."""
    by_content = {"PARAMS", "INPUT"} <= {trigger.name for trigger in workflow.rerun_triggers}
    return not by_content or workflow.persistence.params(IOFile(file)) is None


def manifest_of(wildcards):
    """The manifest of a data set. It is checked if it exists.

    Snakemake deletes the output of a job before the job runs. So a job that reads a wrong data set must not start.
    """
    manifest = manifest_path(wildcards.dataset)
    refuse_other_data(wildcards.dataset, manifest)
    return manifest


def are_images_forced(dataset):
    """Whether Snakemake is told to make a data set again, by one of its files or by the rule that makes it."""
    stage = "make_synthetic" if dataset == "synthetic" else "download"
    record = f"{RESULTS}/data/{dataset}/{MADE_FROM}"
    return any(is_forced(stage, file) for file in (manifest_path(dataset), record))


def images_of_result(dataset, record):
    """The manifest of the images from which an existing result must have been made.

    None if the result is made again in any case, because the images were stored after it, or are going to be stored
    again.
    """
    manifest = Path(manifest_path(dataset))
    is_later = manifest.exists() and os.path.exists(record) and os.stat(record).st_mtime >= manifest.stat().st_mtime
    return manifest if is_later and not are_images_forced(dataset) else None


def arrays_of_result(dataset, record):
    """The digests of the images from which an existing result must have been made, by the key that records have."""
    manifest = images_of_result(dataset, record)
    return {"data": DataSet(manifest).manifest.arrays} if manifest else {}


@functools.cache
def refuse_other_data(dataset, manifest):
    """Stop if an existing data set is damaged, or was made from something else than the configuration asks for."""
    files = dataset_named(dataset).files
    if are_images_forced(dataset):
        return
    refused(refuse_data, Path(manifest))
    # A dry run must be possible without the user's own files.
    if not (workflow.dryrun and files and not os.path.exists(files.path)):
        asked = made_from_of(dataset)
        again = functools.partial(is_known_to_differ, manifest, (asked.bumps or asked).model_dump_json())
        refused(refuse_results, [expected_data(Path(manifest), asked, again)])


def no_other_bumps(wildcards):
    """It returns no file. It stops a run if existing bumps are not the bumps that the configuration asks for."""
    refuse_other_data("synthetic", manifest_path("synthetic"))
    return []


@functools.cache
def refuse_trainings(dataset):
    """Stop if an existing training on a data set is not the training that the configuration asks for."""
    expected = []
    for run in RUNS.values():
        record = f"{RESULTS}/{run.folder}/{TRAINING}"
        if run.dataset == dataset and os.path.exists(record) and not is_forced("train", record):
            again = functools.partial(is_known_to_differ, record, run.model_dump_json())
            expected.append(expected_training(Path(record), run, images_of_result(dataset, record), again))
    refused(refuse_results, expected)


def data_of_training(wildcards):
    """The manifest of the images for a training. Existing trainings on them are compared with the configuration."""
    manifest = manifest_of(wildcards)
    refuse_trainings(wildcards.dataset)
    return manifest


def data_of_sample(wildcards):
    """The manifest of the images for sampling. An existing sample is compared with the configuration."""
    folder, sampling = run_of(wildcards).folder, dataset_of(wildcards).sampling
    says = functools.partial(sampling_of, asked=sampling)
    record = f"{RESULTS}/{folder}/{SAMPLE}"
    refuse_unlike("sample", [record], says, sampling.model_dump(), sampling_as_json(wildcards))
    return manifest_of(wildcards)


def data_of_extractor(wildcards):
    """The manifest of the images for tuning an extractor. An existing extractor is compared with the configuration."""
    manifest = manifest_of(wildcards)
    record = f"{extractor_folder(wildcards)}/{EXTRACTOR}"
    settings_asked = extractor_asked(wildcards)
    says = lambda found: found | type(settings_asked)(**found["settings"]).model_dump()
    asked = settings_asked.model_dump() | arrays_of_result(wildcards.dataset, record)
    refuse_unlike("tune_extractor", [record], says, asked, extractor_settings(wildcards))
    return manifest


def data_of_reference(wildcards):
    """The manifest of the images that runs are scored against.

    A reference that exists is refused if it was computed from other images or with another seed.
    """
    manifest = manifest_of(wildcards)
    record = f"{extractor_folder(wildcards)}/{REFERENCE}"
    asked = {"seed": first_seed(wildcards)} | arrays_of_result(wildcards.dataset, record)
    refuse_unlike("reference", [record], lambda found: found, asked, first_seed(wildcards))
    return manifest


def data_of_bounds(wildcards):
    """The manifest of the images that are scored like generated images.

    Existing scores of these images are compared with the configuration.
    """
    folder = extractor_folder(wildcards)
    refuse_other_bounds("score_bounds", wildcards, *(f"{folder}/{bound}.json" for bound in BOUNDS))
    return manifest_of(wildcards)


def data_of_reference_2015(wildcards):
    """The manifest of the images whose features the Inception of 2015 computes.

    Existing scores of these images are compared with the configuration.
    """
    refuse_other_bounds("reference_2015", wildcards, f"{extractor_folder(wildcards)}/{FLOOR_2015}")
    return manifest_of(wildcards)


def refuse_other_bounds(stage, wildcards, *records):
    """Stop if existing scores of real images or of noise are of other draws than the configuration asks for."""
    seed = first_seed(wildcards)
    asked = draws_asked(dataset_of(wildcards).sampling, seed)
    refuse_unlike(stage, records, draws_of_bound, asked, sampling_as_json(wildcards), seed)


def data_of_timing(wildcards):
    """The manifest of the images for timing. Existing timings are compared with the configuration."""
    timing, runs = settings.experiment.timing, runs_to_time(wildcards)
    refuse_unlike(
        "time_steps",
        [f"{RESULTS}/timings/{wildcards.dataset}.json"],
        timing_of,
        timing_asked(timing, runs, settings.accelerator),
        timing.model_dump_json(),
        timed_runs(wildcards),
        settings.accelerator,
    )
    return manifest_of(wildcards)


def no_other_settings(wildcards):
    """It returns no file. It stops a run if an existing settings.json is not the configuration."""
    record, asked = f"{RESULTS}/settings.json", settings.study.model_dump_json()
    if not is_forced("write_settings", record):
        again = functools.partial(is_known_to_differ, record, asked)
        says = lambda found: {"content (digest)": content_digest(found)[:8]}
        refused(refuse_results, [Expected(Path(record), says, says(json.loads(asked)), again)])
    return []


def no_other_table(wildcards):
    """It returns no file. It stops a run if an existing table or figure may be that of another configuration.

    What a table or figure shows is decided by the configuration, and not by times of files. So Snakemake would take a
    table of more seeds for the table of fewer seeds, for example. A table that is older than settings.json is therefore
    refused if Snakemake does not know how it was made. Results in a storage are not here, so they are not checked.
    """
    name = wildcards.get("table") or wildcards.figure
    stage, file = ("make_table", f"tables/{name}.csv") if name in TABLES else ("draw_figure", f"figures/{name}.png")
    of_settings = name in TABLES and TABLES[name].origin == "settings"
    file, record = Path(f"{RESULTS}/{file}"), Path(f"{RESULTS}/settings.json")
    if OBJECT_STORAGE or of_settings or not file.exists() or is_forced(stage, str(file)):
        return []
    is_new = is_forced("write_settings", str(record)) or not record.exists()
    if is_judged_by_times(str(file)) and (is_new or file.stat().st_mtime_ns < record.stat().st_mtime_ns):
        refused(refuse_older, file, record)
    return []


def refuse_unlike(stage, records, says, asked, *params):
    """Stop if existing records of a job have other values than the configuration asks for.

    Args:
        says: A function of a record. It gives those values of the record that are compared.
        asked: The values that the configuration asks for, by the same keys.
        params: The parameters of the rule that decide these values.
    """
    if not any(is_forced(stage, record) for record in records):
        again = {record: functools.partial(is_known_to_differ, record, *params) for record in records}
        expected = [Expected(Path(record), says, asked, again[record]) for record in records]
        refused(refuse_results, expected)
