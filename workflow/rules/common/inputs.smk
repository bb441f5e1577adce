# What jobs read, besides what other rules make of their own accord, and what they are asked for.
import functools
import json
import os
from pathlib import Path

from vrrae_bench.artefacts.bounds import BOUNDS
from vrrae_bench.artefacts.methods import methods
from vrrae_bench.artefacts.run_folder import SAMPLE
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

# The modules of the selected data sets, which hold the names that tables, figures and claims print.
NAMES_OF_DATASETS = sorted(
    {
        f"{SCRIPTS}/vrrae_bench/datasets/sources/{settings.datasets[name].source}.py"
        for name in settings.experiment.datasets
        if settings.datasets[name].source != "synthetic"
    }
)


@functools.cache
def code_of(stage, *modules):
    """The command of a stage and all of the package that it imports: a change to any of these reruns it, no other does.

    Modules that the command imports by name have to be named here too.
    """
    return code_files(f"{SCRIPTS}/{stage}.py", *(f"{SCRIPTS}/vrrae_bench/{module}.py" for module in modules))


def modules_of(names):
    """The modules of some methods, which commands import by name."""
    return [methods()[name].module for name in names]


def code_of_timing(wildcards):
    """The command that times training steps, and the modules of the methods that it times on a data set."""
    return code_of("timing", *modules_of(dataset_of(wildcards).timed))


def code_of_figure(wildcards):
    """The command that draws a figure, the module of the figure and, if the figure is of models, those of its methods."""
    figure = FIGURES[wildcards.figure]
    models = modules_of(figure.shows.methods or ()) if figure.of_untrained_models else ()
    return code_of("figure", f"reporting/figures/{figure.module}", *models)


def caption_of(name):
    """The template of the caption of a table or figure."""
    return f"{WORKFLOW}/report/captions/{CATALOGUE[name].caption}"


def shared_captions(*names):
    """Templates that those of several captions import."""
    return [f"{WORKFLOW}/report/captions/shared/{name}.j2" for name in names]


def arrays_of(dataset):
    """The arrays beside a manifest, for object storage, which brings what a rule names and nothing else.

    Elsewhere none: there the manifest stands for all that lies beside it.
    """
    if not OBJECT_STORAGE:
        return []
    if dataset == "synthetic":
        names = [f"{split}{kind}" for split in ("train", "test", "diagonal") for kind in ("", "_centres")]
    else:
        names = ["train", "test", "train_labels", "test_labels"]
    return [f"{RESULTS}/data/{dataset}/{name}.npy" for name in names]


def arrays_beside(wildcards):
    """The arrays beside the manifest that a path names."""
    return arrays_of(wildcards.dataset)


def nothing_missing(wildcards):
    """No file, but where a run stops before its first job if the files of a data set cannot be had or are others.

    Images of the user's own are missed even if they have been stored: whether those are still the same, nobody knows.
    """
    dataset, manifest = dataset_of(wildcards), f"{RESULTS}/data/{wildcards.dataset}/manifest.json"
    if dataset.files is None and not os.path.exists(manifest):
        refuse_missing(dataset.source)
    elif dataset.files is not None and not workflow.dryrun:
        refused(refuse_if_gone, wildcards.dataset, dataset.files)
    refuse_other_data(wildcards.dataset, manifest)
    return []


@functools.cache
def made_from_of(dataset):
    """What a data set is to be made from: if it changes, the data set is made again.

    Kept, so that what is written down is what was planned with, not what the files became while the job ran.
    """
    return to_make_from(dataset_named(dataset))


def asked_of_own_data(wildcards):
    """What the configuration asks of the user's own images, as options."""
    dataset = dataset_of(wildcards)
    if dataset.files is None:
        return ""
    least = {f"datasets.{wildcards.dataset}.{key}": number for key, number in least_images(dataset).items()}
    return f"{option('least', json.dumps(least))} {option('labelled', dataset.extractor is not None)}"


def refuse_missing(source):
    """Stop if published files are missing that cannot be had: the network is not to be used, or no program may.

    A dry run tells it only if it is to be without network: else a plan is to be had without the files. A job that
    another Snakemake runs has been planned with them; it may see no folder but its own.
    """
    if settings.offline or not workflow.dryrun:
        refused(refuse_if_missing, source, settings, Path(f"{RESULTS}/downloads"))


def weights_of(wildcards):
    """The published weights of Inception-v3, if training it starts from them."""
    if extractor_asked(wildcards).start != "imagenet":
        return []
    if settings.weights is None and not os.path.exists(
        f"{RESULTS}/extractor/{wildcards.dataset}{wildcards.other}/extractor.json"
    ):
        refuse_missing(IMAGENET)
    return settings.weights or published_weights(IMAGENET)


def published_weights(name):
    """Where published weights are fetched to."""
    return f"{RESULTS}/downloads/{name}/{WEIGHTS[name].name}"


def inception_2015_of(wildcards):
    """The weights of the Inception of 2015."""
    if not os.path.exists(f"{RESULTS}/extractor/{wildcards.dataset}/reference_2015.npz"):
        refuse_missing(INCEPTION_2015)
    return published_weights(INCEPTION_2015)


def extractor_of(wildcards):
    """The files that FID needs, for a data set that has labels."""
    if dataset_of(wildcards).extractor is None:
        return []
    names = ("extractor.json", "inception.pt", "reference.json", "reference.npz", "reference_sample.npz")
    return [f"{RESULTS}/extractor/{wildcards.dataset}{wildcards.other}/{name}" for name in names]


def extractor_asked(wildcards):
    """The settings of an extractor: those of the data set, but for the seed if it is another."""
    configured, seed = dataset_of(wildcards).extractor, wildcards.other.rpartition("=")[2]
    if configured is None:
        end(f"datasets.{wildcards.dataset}.extractor: is null, so that no Inception-v3 is tuned on this data set.")
    return configured.model_copy(update={"seed": int(seed)} if seed else {})


def extractor_settings(wildcards):
    """The same as JSON."""
    return extractor_asked(wildcards).model_dump_json()


def in_results(files):
    """Where files lie that are named as in the folder of results."""
    return [f"{RESULTS}/{file}" for file in files]


def runs_to_time(wildcards):
    """The runs whose steps are timed on a data set."""
    seed = dataset_of(wildcards).seeds[0]
    return [settings.run(wildcards.dataset, method, seed) for method in dataset_of(wildcards).timed]


def timed_runs(wildcards):
    """The same as JSON."""
    return [run.model_dump_json() for run in runs_to_time(wildcards)]


def labels_of(entry):
    """What Snakemake's own report (`--report`) tells of a table or figure in its lists."""
    return {"name": entry.title, "shows": entry.about}
