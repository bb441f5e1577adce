# What lies in the folder of results already, compared with the configuration before any job begins.
import functools
import json
import os
import sys
from pathlib import Path

from snakemake.io import IOFile

from vrrae_bench.artefacts.records import content_digest
from vrrae_bench.study.results_there import Expected, expected_training, refuse_data, refuse_results, sampling_of


def is_forced(stage, file):
    """Whether Snakemake is told to make a file again, whatever lies there."""
    asked = workflow.dag_settings
    targets = asked.targets if asked.forcetargets else ()
    return asked.forceall or not {stage, file}.isdisjoint((*asked.forcerun, *targets))


def is_known_to_differ(file, param):
    """Whether Snakemake has noted that it made a file with another parameter than this, so that it makes it again."""
    noted = workflow.persistence.params(IOFile(file))
    by_params = any(trigger.name == "PARAMS" for trigger in workflow.rerun_triggers)
    return by_params and noted is not None and repr(param) not in noted


def refused(check, *arguments):
    """A check of what is there before a run begins. A job that another Snakemake runs has passed it before.

    It ends Snakemake itself: of a file that exists, Snakemake takes any other error to mean that no rule makes it.
    """
    if not workflow.remote_exec:
        try:
            check(*arguments)
        except UserError as error:
            sys.exit(f"error: {error}")


def manifest_of(wildcards):
    """The manifest of a data set, which is checked if it is there: a job that reads it gives up what it made before."""
    manifest = f"{RESULTS}/data/{wildcards.dataset}/manifest.json"
    stage = "make_synthetic" if wildcards.dataset == "synthetic" else "download"
    if not is_forced(stage, manifest):
        refused(refuse_data, Path(manifest))
    return manifest


@functools.cache
def refuse_trainings(dataset):
    """Stop if trainings on a data set that are there are not those that the configuration asks for."""
    manifest, expected = Path(f"{RESULTS}/data/{dataset}/manifest.json"), []
    for run in RUNS.values():
        record = f"{RESULTS}/{run.folder}/run.json"
        if run.dataset == dataset and os.path.exists(record) and not is_forced("train", record):
            param = run.model_dump_json()
            # Images that were stored after it train anew.
            older = manifest.exists() and manifest.stat().st_mtime <= os.stat(record).st_mtime
            images = manifest if older and not is_forced("download", str(manifest)) else None
            again = functools.partial(is_known_to_differ, record, param)
            expected.append(expected_training(Path(record), run, images, again))
    refused(refuse_results, expected)


def data_of_training(wildcards):
    """The manifest that a training reads; what was trained before is compared with what is asked for."""
    manifest = manifest_of(wildcards)
    refuse_trainings(wildcards.dataset)
    return manifest


def data_of_sample(wildcards):
    """The manifest that sampling reads; what was sampled before is compared with what is asked for."""
    folder, sampling = run_of(wildcards).folder, dataset_of(wildcards).sampling
    says = functools.partial(sampling_of, asked=sampling)
    refuse_unlike("sample", f"{RESULTS}/{folder}/sample.json", says, sampling)
    return manifest_of(wildcards)


def data_of_extractor(wildcards):
    """The manifest that the extractor is tuned on; what was tuned before is compared with what is asked for."""
    record = f"{RESULTS}/extractor/{wildcards.dataset}{wildcards.other}/extractor.json"
    asked = extractor_asked(wildcards)
    refuse_unlike("tune_extractor", record, lambda found: type(asked)(**found["settings"]).model_dump(), asked)
    return manifest_of(wildcards)


def no_other_settings(wildcards):
    """Nothing to read; settings.json, if it is there, is compared with the configuration."""
    record, asked = f"{RESULTS}/settings.json", settings.study.model_dump_json()
    if not is_forced("write_settings", record):
        again = functools.partial(is_known_to_differ, record, asked)
        says = lambda found: {"content (digest)": content_digest(found)[:8]}
        refused(refuse_results, [Expected(Path(record), says, says(json.loads(asked)), again)])
    return []


def refuse_unlike(stage, record, says, asked):
    """Stop if a record that is there says, as `says` reads it, other settings than are asked for."""
    if not is_forced(stage, record):
        again = functools.partial(is_known_to_differ, record, asked.model_dump_json())
        one = Expected(Path(record), says, asked.model_dump(), again)
        refused(refuse_results, [one])
