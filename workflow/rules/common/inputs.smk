# The input files of jobs that are not simply the output of another rule, and the parameters of jobs.
import functools
import json
import os
from pathlib import Path

from vrrae_bench.artefacts.bounds import BOUNDS
from vrrae_bench.artefacts.extractor_folder import (
    EXTRACTOR,
    FLOOR_2015,
    MOMENTS,
    MOMENTS_2015,
    NETWORK,
    REFERENCE,
    REFERENCE_SAMPLE,
    seed_of,
)
from vrrae_bench.artefacts.manifest import LABEL_ARRAYS, SPLITS
from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run_folder import (
    DRAWN,
    HISTORY,
    LATENTS,
    MODEL,
    SAMPLE,
    SCORES,
    SCORES_2015,
    TRAINING,
)
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.datasets.made_from import MADE_FROM
from vrrae_bench.datasets.weights import IMAGENET, INCEPTION_2015, WEIGHTS
from vrrae_bench.reporting import made_from
from vrrae_bench.study.catalogue import CATALOGUE, FIGURES, TABLES
from vrrae_bench.study.files_needed import refuse_if_gone, refuse_if_missing
from vrrae_bench.study.results_there import to_make_from
from vrrae_bench.study.selection import runs_of
from vrrae_bench.study.settings import least_images
from vrrae_bench.study.targets import images_target
from vrrae_bench.system.dependencies import code_files
from vrrae_bench.system.shell_words import option, text_option

# The modules of the selected data sets. They hold the names of data sets in tables, figures and claims.
NAMES_OF_DATASETS = sorted(
    {
        f"{SCRIPTS}/vrrae_bench/datasets/sources/{settings.datasets[name].source}.py"
        for name in settings.experiment.datasets
        if settings.datasets[name].source != "synthetic"
    }
)
# The arrays beside the manifest of a data set.
BUMP_FILES = [f"{name}{kind}.npy" for name in (*SPLITS, "diagonal") for kind in ("", "_centres")]
IMAGE_FILES, LABEL_FILES = ([f"{name}.npy" for name in names] for names in (SPLITS, LABEL_ARRAYS))


@functools.cache
def code_of(stage, *modules):
    """The command of a stage, and all modules of the package that it imports.

    If one of these files changes, the jobs of the stage run again. They do not if any other module changes.

    Args:
        modules: Modules that the command imports by a name, which cannot be found in its code.
    """
    return code_files(f"{SCRIPTS}/{stage}.py", *(f"{SCRIPTS}/vrrae_bench/{module}.py" for module in modules))


def modules_of(names):
    """The modules of some methods, which commands import by their names."""
    return [methods()[name].module for name in names]


def methods_timed(wildcards):
    """The methods whose training steps are timed on the data set that a path names."""
    methods_asked = dataset_of(wildcards).timed
    if not methods_asked:
        end(
            f"datasets.{wildcards.dataset}.timed: is empty, so no training step is timed on this data set. Name methods "
            f"there, or ask for no file timings/{wildcards.dataset}.json."
        )
    return methods_asked


def code_of_timing(wildcards):
    """The command that times training steps, and the modules of the methods that it times on a data set."""
    return code_of("timing", *modules_of(methods_timed(wildcards)))


def code_of_figure(wildcards):
    """The command that draws a figure, and the module of the figure.

    For a figure of untrained models, these are also the modules of its methods.
    """
    figure = FIGURES[wildcards.figure]
    models = modules_of(figure.shows.methods or ()) if figure.of_untrained_models else ()
    return code_of("figure", f"reporting/figures/{figure.module}", *models)


def caption_of(name):
    """The template of the caption of a table or figure."""
    return f"{WORKFLOW}/report/captions/{CATALOGUE[name].caption}"


def shared_captions(*names):
    """Templates that the templates of several captions import."""
    return [f"{WORKFLOW}/report/captions/shared/{name}.j2" for name in names]


def arrays_beside(wildcards):
    """The arrays beside the manifest that a path names, if they are in object storage.

    From object storage, a job fetches only the files that its rule names. In a folder, a rule names only the manifest,
    and the arrays lie beside it.
    """
    if not OBJECT_STORAGE:
        return []
    names = BUMP_FILES if wildcards.dataset == "synthetic" else [*IMAGE_FILES, *LABEL_FILES]
    return [f"{RESULTS}/data/{wildcards.dataset}/{name}" for name in names]


def nothing_missing(wildcards):
    """It returns no file. It stops a run before its first job if the files of a data set are missing or have changed.

    A user's own files must exist even if the images have been stored, because otherwise nobody could tell whether they
    are still the same.
    """
    dataset, manifest = dataset_of(wildcards), manifest_path(wildcards.dataset)
    if dataset.files is None and not os.path.exists(manifest):
        refuse_missing(dataset.source)
    elif dataset.files is not None and not workflow.dryrun:
        refused(refuse_if_gone, wildcards.dataset, dataset.files)
    refuse_other_data(wildcards.dataset, manifest)
    return []


@functools.cache
def made_from_of(dataset):
    """What a data set is made from. If this changes, the data set is made again.

    The answer is cached. So a job records the files as they were when it was planned, even if they change while it
    runs.
    """
    return to_make_from(dataset_named(dataset))


def asked_of_own_data(wildcards):
    """What the configuration asks of the user's own images, as options of a command."""
    dataset = dataset_of(wildcards)
    if dataset.files is None:
        return ""
    least = {f"datasets.{wildcards.dataset}.{key}": number for key, number in least_images(dataset).items()}
    return f"{option('least', json.dumps(least))} {option('labelled', dataset.extractor is not None)}"


def refuse_missing(source):
    """Stop if published files are missing and cannot be fetched.

    They cannot be fetched if the network is not to be used, or if no program may fetch them. A dry run stops only if
    the network is not to be used, because otherwise a plan must be possible without the files. A job that another
    Snakemake runs does not stop: it was planned with the files, and may see no folder but its own.
    """
    if settings.offline or not workflow.dryrun:
        refused(refuse_if_missing, source, settings, Path(f"{RESULTS}/downloads"))


def weights_of(wildcards):
    """The published weights of Inception-v3, if its training starts from them."""
    if extractor_asked(wildcards).start != "imagenet":
        return []
    if settings.weights is None and not os.path.exists(f"{extractor_folder(wildcards)}/{EXTRACTOR}"):
        refuse_missing(IMAGENET)
    return settings.weights or published_weights(IMAGENET)


def published_weights(name):
    """The file to which published weights are fetched."""
    return f"{RESULTS}/downloads/{name}/{WEIGHTS[name].name}"


def inception_2015_of(wildcards):
    """The published weights of the Inception of 2015."""
    if not os.path.exists(f"{extractor_folder(wildcards)}/{MOMENTS_2015}"):
        refuse_missing(INCEPTION_2015)
    return published_weights(INCEPTION_2015)


def extractor_of(wildcards):
    """The files with which the FIDs of a run are computed. None if the data set has no extractor."""
    if dataset_of(wildcards).extractor is None:
        return []
    names = (EXTRACTOR, NETWORK, REFERENCE, MOMENTS, REFERENCE_SAMPLE)
    return [f"{extractor_folder(wildcards)}/{name}" for name in names]


def extractor_asked(wildcards):
    """The settings of the extractor that a path names. A further extractor differs from the first only in its seed."""
    configured, seed = dataset_of(wildcards).extractor, seed_of(wildcards.other)
    if configured is None:
        end(
            f"datasets.{wildcards.dataset}.extractor: is null, so that no Inception-v3 is tuned on this data set. Set "
            f"this key if the images have labels, or ask for no file below {RESULTS}/extractor/{wildcards.dataset}."
        )
    return configured if seed is None else configured.model_copy(update={"seed": seed})


def extractor_settings(wildcards):
    """The settings of the extractor that a path names, as JSON."""
    return extractor_asked(wildcards).model_dump_json()


def in_results(files):
    """The paths of files that are named as in the folder of results."""
    return [f"{RESULTS}/{file}" for file in files]


def run_as_json(wildcards):
    """The specification of the run that a path names, as JSON."""
    return run_of(wildcards).model_dump_json()


def sampling_as_json(wildcards):
    """How images of a data set are drawn, as JSON."""
    return dataset_of(wildcards).sampling.model_dump_json()


def first_seed(wildcards):
    """The seed of everything that is drawn once for a data set: the first seed of its trainings."""
    return dataset_of(wildcards).seeds[0]


def runs_to_time(wildcards):
    """The specifications of the runs whose steps are timed on a data set."""
    methods_asked, seed = methods_timed(wildcards), first_seed(wildcards)
    return [settings.run(wildcards.dataset, method, seed) for method in methods_asked]


def timed_runs(wildcards):
    """The specifications of the runs whose steps are timed on a data set, as JSON."""
    return [run.model_dump_json() for run in runs_to_time(wildcards)]


def labels_of(entry):
    """The name and the description of a table or figure in Snakemake's own report (`--report`)."""
    return {"name": entry.title, "shows": entry.about}
