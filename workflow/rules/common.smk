# The checked configuration, and the only helper functions of rules.
import functools
import json
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.io import IOFile
from snakemake.logging import logger

# Relative to the working directory: a project that is moved with its results has nothing to do again.
WORKFLOW = os.path.relpath(f"{workflow.basedir}/workflow")
SCRIPTS = f"{WORKFLOW}/scripts"
# Last, since commands lie there too, one of which is called `config`.
sys.path.append(os.path.abspath(SCRIPTS))

from vrrae_bench.artefacts.records import content_digest
from vrrae_bench.artefacts.methods import methods
from vrrae_bench.study import costs
from vrrae_bench.study.estimates import minutes_allowed
from vrrae_bench.study.settings import least_images
from vrrae_bench.study.checks import refuse_other_devices
from vrrae_bench.study.reading import check_settings, read_file
from vrrae_bench.datasets.fingerprint import fingerprint
from vrrae_bench.study.files_needed import refuse_if_missing
from vrrae_bench.datasets.weights import IMAGENET, INCEPTION_2015, WEIGHTS
from vrrae_bench.system.dependencies import code_files
from vrrae_bench.system.errors import SCREEN, UserError
from vrrae_bench.study.selection import SELECTIONS, all_runs, runs_of
from vrrae_bench.study.invocation import command_line, dropped_files, resources_of, use_this_interpreter
from vrrae_bench.artefacts.shown import IMAGES as SHOWN_IMAGES, MEANS as SHOWN_MEANS
from vrrae_bench.reporting import made_from
from vrrae_bench.reporting.kinds import FIGURES, TABLES
from vrrae_bench.study.results_there import Expected, expected_training, refuse_data, refuse_results, sampling_of

# Output and errors of a job go to its log; 9 stays the screen, for the error that no log can take on a full disk.
shell.prefix(f"set -euo pipefail; exec 9>&2; export {SCREEN}=9; ")

try:
    use_this_interpreter(needed=not workflow.deployment_settings.deployment_method)
    # Before Snakemake reads config.yaml, since it would not say where in the file a mistake is. Not for a job that another
    # Snakemake runs: there the files may be elsewhere, and all was told before.
    if workflow.is_main_process:
        for file in (f"{workflow.basedir}/config.yaml", *workflow.overwrite_configfiles):
            read_file(Path(file))
        for warning in dropped_files(command_line(), workflow.overwrite_configfiles, workflow.rundir):
            logger.warning(warning)
except UserError as error:
    raise WorkflowError(str(error)) from None


configfile: f"{workflow.basedir}/config.yaml"


try:
    settings = check_settings(config)
    asked = workflow.resource_settings
    for name, number in {"--cores": asked.cores, "--jobs": asked.nodes, "--local-cores": asked.local_cores}.items():
        if number is not None and number < 1:
            raise UserError(
                f"{name} {number}: no job could ever start, and Snakemake would wait for ever. Give 1 or more."
            )
    refuse_other_devices(settings.accelerator, resources_of(asked.overwrite_resources, asked.default_resources))
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = settings.results
# Results lie in a bucket, and so has to lie the folder workflow: each job fetches from there what its rule names.
OBJECT_STORAGE = workflow.storage_settings.default_storage_provider is not None
if OBJECT_STORAGE and settings.weights:
    raise WorkflowError(
        f"weights: {settings.weights} lies here, where jobs on other machines do not see it. Leave it out: the weights are "
        "then fetched, from the mirror if there is one, and kept in the storage."
    )
RUNS = {run.folder: run for run in all_runs(settings)}
RUN = f"{RESULTS}/runs/{{dataset}}/{{method}}/{{variant}}/seed={{seed}}"


wildcard_constraints:
    dataset=r"[^/]+",
    method=r"[^/]+",
    variant=r"[^/]+",
    seed=r"\d+",
    # An extractor is that of the data set, or one with another seed; so are scores by its features.
    other=r"|/extractor_seed=\d+",


@functools.cache
def code_of(stage, *modules):
    """The command of a stage and all of the package that it imports: a change to any of these reruns it, no other does.

    Modules that the command imports by name have to be named here too.
    """
    return code_files(f"{SCRIPTS}/{stage}.py", *(f"{SCRIPTS}/vrrae_bench/{module}.py" for module in modules))


def modules_of(names):
    """The modules of some methods, which commands import by name."""
    return [methods()[name].module for name in names]


def run_of(wildcards):
    """Specification of the run that a path names."""
    folder = "runs/{0.dataset}/{0.method}/{0.variant}/seed={0.seed}".format(wildcards)
    if folder not in RUNS:
        raise WorkflowError(f"{folder}: the configuration asks for no such run. It asks for:\n" + "\n".join(RUNS))
    return RUNS[folder]


def dataset_of(wildcards):
    """Settings of the data set that a path names."""
    if wildcards.dataset not in settings.datasets:
        raise WorkflowError(f"unknown data set '{wildcards.dataset}'. Known: {', '.join(settings.datasets)}")
    return settings.datasets[wildcards.dataset]


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


def own_settings(wildcards):
    """Where a data set of the user's own lies, as JSON, or none."""
    files = dataset_of(wildcards).files
    return files and files.model_dump_json()


def nothing_missing(wildcards):
    """No file, but where a run stops before its first job if the files of a data set cannot be had.

    Images of the user's own are missed even if they have been stored: whether those are still the same, nobody knows.
    """
    dataset = dataset_of(wildcards)
    if dataset.files is None:
        if not os.path.exists(f"{RESULTS}/data/{wildcards.dataset}/manifest.json"):
            refuse_missing(dataset.source)
    elif not (os.path.exists(dataset.files.path) or workflow.dryrun or workflow.remote_exec):
        raise WorkflowError(
            f"{dataset.files.path}: there is no such file or folder. Set datasets.{wildcards.dataset}.files.path to where the "
            "images are, or put them back."
        )
    return []


@functools.cache
def fingerprint_of(dataset):
    """What tells the user's own files of a data set from others, or none: if it changes, the data set is made again.

    Kept, so that Snakemake writes down what it planned with, not what the files became while the job ran.
    """
    files = settings.datasets[dataset].files
    return files and fingerprint(files)


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
    if not workflow.remote_exec and (settings.offline or not workflow.dryrun):
        try:
            refuse_if_missing(source, settings, Path(f"{RESULTS}/downloads"))
        except UserError as error:
            raise WorkflowError(str(error)) from None


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


def growing(amount):
    """A resource that doubles with each attempt: a job that ran out of it may succeed with more.

    This stands in the rules, because what a profile sets replaces it, growth and all.
    """
    return lambda wildcards, attempt: amount(wildcards) * 2 ** (attempt - 1)


def memory(small, large):
    """MiB that a job takes: `large` with images as large as CelebA's or of unknown size, else `small`.

    Of a training: the step of 576 images of 160 x 160 was compiled to 7300 MiB, and the data come on top.
    """
    return growing(lambda wildcards: large if costs.holds_large_images(dataset_of(wildcards)) else small)


def disk(output):
    """MB of disk for a job of a rule that writes as much as `output` says for a data set."""
    return growing(lambda wildcards: costs.working_mb(dataset_of(wildcards), output(dataset_of(wildcards))))


def time_limit(rule):
    """Minutes that a job of a rule may take."""
    return lambda wildcards, attempt: minutes_allowed(rule, dataset_of(wildcards), settings, attempt)


def option(name, value):
    """`--name value` for the shell, or nothing if there is no value."""
    return "" if value in (None, False) else f"--{name}" if value is True else f"--{name} {shlex.quote(str(value))}"


def text_option(name, text):
    """`--name=text` for what a user wrote, or nothing if there is none.

    A function, since Snakemake fills in what stands in braces of a parameter that is text already. In one word, since a
    text that begins with a dash would be taken for an option.
    """
    return lambda wildcards: "" if text is None else f"--{name}={shlex.quote(text)}"


def weights_of(wildcards):
    """The published weights of Inception-v3, if training it starts from them."""
    if dataset_of(wildcards).extractor.start != "imagenet":
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
    seed = wildcards.other.rpartition("=")[2]
    return dataset_of(wildcards).extractor.model_copy(update={"seed": int(seed)} if seed else {})


def extractor_settings(wildcards):
    """The same as JSON."""
    return extractor_asked(wildcards).model_dump_json()


def in_results(files):
    """Where files lie that are named as in the folder of results."""
    return [f"{RESULTS}/{file}" for file in files]


def timed_runs(wildcards):
    """The runs whose steps are timed on a data set, as JSON."""
    dataset, seed = wildcards.dataset, dataset_of(wildcards).seeds[0]
    return [settings.run(dataset, method, seed).model_dump_json() for method in settings.experiment.timed]


def code_of_figure(wildcards):
    """The command that draws a figure, the module of the figure and, if the figure is of models, those of its methods."""
    kind, shown = FIGURES[wildcards.figure], SELECTIONS[wildcards.figure].methods or ()
    models = () if kind.files else modules_of(shown)
    return code_of("figure", f"reporting/figures/{kind.module}", *models)


# How and where to run is handed to commands as a resource: unlike a parameter, it decides no result, so a change of it
# reruns nothing.
WHERE_TO_FETCH = f"{option('mirror', settings.mirror)} {option('offline', settings.offline)}"

# The modules of the selected data sets, which hold the names that tables, figures and claims print.
NAMES_OF_DATASETS = sorted(
    {
        f"{SCRIPTS}/vrrae_bench/datasets/sources/{settings.datasets[name].source}.py"
        for name in settings.experiment.datasets
        if settings.datasets[name].source != "synthetic"
    }
)

# torch is used on the GPU where there is one; a TPU host scores on its CPU.
TORCH = "cuda" if settings.accelerator == "cuda" else "cpu"
