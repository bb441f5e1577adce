"""Results that were copied, damaged or made with another configuration, before and after the remedy that is told."""

import os
import re
import shutil

import commands
import pytest
from commands import ROOT, activated, copy_of_project
from configurations import load_settings
from earlier_run import write_bumps, write_training

from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.study.reading import BASE
from vrrae_bench.study.selection import all_runs
from vrrae_bench.system.files import read_json

RUN = "results/runs/synthetic/ae/batch=32/seed=0"
TINY = """
offline: true
experiment: {datasets: [synthetic], methods: [ae]}
defaults: {timed: []}
datasets:
  synthetic:
    bumps: {grid: 8, test_images: 20, diagonal_images: 10}
    epochs: 1
    batch_size: 32
    latent_size: 20
    other_learning_rates: []
    batch_sizes: [32]
    seeds: [0]
    sampling: {random_images: 24, interpolation_pairs: 4}
"""


def snakemake(root, *arguments, project=ROOT):
    """The outcome, and what was told as one text."""
    options = ["--directory", root, "--configfile", root / "mine.yaml"]
    options += ["--quiet", "rules", "--cores", "1", "--show-failed-logs"]
    environment = activated(JAX_DISABLE_MOST_OPTIMIZATIONS="0")
    outcome = commands.snakemake(*options, *arguments, root=project, env=environment)
    return outcome.returncode, outcome.stdout + outcome.stderr


def remedy_of(told):
    """What is to be added to the command, as the last message says it."""
    return re.findall(r"add this to the end of your snakemake command: (--forcerun .+)$", told, re.MULTILINE)[
        -1
    ].split()


@pytest.fixture
def copied(tmp_path):
    """Results of a training and its samples as they are copied, without the folder .snakemake."""
    (tmp_path / "mine.yaml").write_text(TINY)
    write_bumps(tmp_path)
    settings = load_settings(BASE, tmp_path / "mine.yaml")
    [run] = [run for run in all_runs(settings) if RUN.endswith(run.folder)]
    write_training(tmp_path, run)
    return tmp_path


def test_copied_results_of_this_configuration_are_not_made_again(copied):
    code, told = snakemake(copied, f"{RUN}/run.json", "-n")
    assert code == 0 and "Nothing to be done" in told, told


def test_copied_results_of_another_configuration_are_refused_and_the_remedy_trains_anew(copied):
    (copied / "mine.yaml").write_text(TINY.replace("epochs: 1", "epochs: 2"))
    before = (copied / RUN / "model.eqx").read_bytes()
    code, told = snakemake(copied, f"{RUN}/model.eqx")
    assert code != 0 and f"{RUN}/run.json: epochs is 1.0 and not 2.0" in told and "Traceback" not in told
    assert (copied / RUN / "model.eqx").read_bytes() == before
    code, told = snakemake(copied, f"{RUN}/model.eqx", *remedy_of(told))
    assert code == 0, told
    assert read_json(copied / RUN / "run.json")["run"]["epochs"] == 2
    assert "Nothing to be done" in snakemake(copied, f"{RUN}/model.eqx")[1]
    # From here on Snakemake itself knows what it has made, and makes it again.
    (copied / "mine.yaml").write_text(TINY)
    code, told = snakemake(copied, f"{RUN}/model.eqx", "-n")
    assert code == 0 and re.search(r"train +1", told), told
    # But not if it is told to look at nothing but times.
    code, told = snakemake(copied, f"{RUN}/model.eqx", "-n", "--rerun-triggers", "mtime")
    assert code != 0 and "epochs is 2.0 and not 1.0" in told


def test_results_with_the_names_of_an_earlier_version_are_refused_and_the_remedies_keep_them(copied):
    (copied / "mine.yaml").write_text(TINY.replace("[ae]", "[vae]"))
    [run, *_] = [run for run in all_runs(load_settings(BASE, copied / "mine.yaml")) if run.method == "vae"]
    folder = write_training(copied, run.model_copy(update={"variant": run.variant.replace("__", ",")}))
    record, target = read_json(folder / "run.json"), f"results/{run.folder}/run.json"
    code, told = snakemake(copied, target)
    assert code != 0 and "1 folder(s) of runs have a comma in their name" in told and "Traceback" not in told, told
    [remedy] = re.findall(r"type: make (rename FROM=.+)$", told, re.MULTILINE)
    assert remedy == "rename FROM=results" and read_json(folder / "run.json") == record
    outcome = commands.python(ROOT / "workflow/scripts/rename.py", "results", cwd=copied)
    assert outcome.returncode == 0 and "Left as it is" in outcome.stdout, outcome.stderr  # the model is none
    assert "command once with --touch at its end" in outcome.stdout
    # The code of this checkout is newer than these results, as it is after a version is replaced by the next.
    for path in (copied / "results").rglob("*.*"):
        os.utime(path, (1e9, 1e9))
    assert re.search(r"train +1", snakemake(copied, target, "-n")[1])
    code, told = snakemake(copied, target, "--touch")
    assert code == 0 and (copied / f"results/{run.folder}/model.eqx").read_bytes() == b"model.eqx", told
    assert "Nothing to be done" in snakemake(copied, target)[1]


def test_another_configuration_does_not_find_the_old_one_in_settings_json(copied):
    assert snakemake(copied, "table_a3_1")[0] == 0
    shutil.rmtree(copied / ".snakemake")
    assert "Nothing to be done" in snakemake(copied, "table_a3_1")[1]
    (copied / "mine.yaml").write_text(TINY.replace("epochs: 1", "epochs: 2"))
    code, told = snakemake(copied, "table_a3_1")
    assert code != 0 and "results/settings.json: content" in told, told
    code, told = snakemake(copied, "table_a3_1", *remedy_of(told))
    assert code == 0, told
    assert read_json(copied / "results/settings.json")["datasets"]["synthetic"]["epochs"] == 2


@pytest.fixture
def scored(copied):
    """The same with scores of the run, and the files that they were made from."""
    run, settings = read_record(copied / RUN / "run.json")["run"], load_settings(BASE, copied / "mine.yaml")
    arrays = ("latents.npz", "random.npy", "random_gaussian.npy", "random_prior.npy", "interpolation.npy")
    for name in (*arrays, SHOWN_IMAGES, SHOWN_MEANS):
        (copied / RUN / name).touch()
    drawn = settings.datasets["synthetic"].sampling.model_dump()
    sampling = drawn | {"gmm_components": 1, "gmm_means": 64}
    write_record(copied / RUN / "sample.json", {"settings": drawn, "sampling": sampling})
    details = {"run": run, "sampling": sampling}
    write_record(copied / RUN / "scores.json", {"reconstruction_error": 20.0, "details": details})
    return copied


@pytest.mark.parametrize("lost", [True, False])
def test_a_table_of_another_configuration_is_refused_unless_snakemake_makes_it_again(lost, scored):
    """It is refused if the folder .snakemake is lost, or if Snakemake is told to look at nothing but times."""
    target = ["table_1", *([] if lost else ["--rerun-triggers", "mtime"])]
    table = scored / "results/tables/table_1.md"
    code, told = snakemake(scored, "table_1")
    assert code == 0 and "a banner" not in table.read_text(), told
    if lost:
        shutil.rmtree(scored / ".snakemake")
    assert "Nothing to be done" in snakemake(scored, *target)[1]
    (scored / "mine.yaml").write_text(f"banner: a banner\n{TINY}")
    code, told = snakemake(scored, *target)
    assert code != 0 and "results/settings.json: content" in told, told
    again = remedy_of(told)
    code, told = snakemake(scored, *target, *again)
    assert code != 0 and "results/tables/table_1.csv: is older than results/settings.json" in told, told
    assert "Traceback" not in told
    again = remedy_of(told)
    assert again == ["--forcerun", "results/settings.json", "make_table", "draw_figure"]
    code, told = snakemake(scored, *target, *again)
    assert code == 0 and "a banner" in table.read_text(), told
    assert "Nothing to be done" in snakemake(scored, *target)[1]


def test_each_file_of_a_table_is_made_again_if_it_is_deleted(copied):
    assert snakemake(copied, "table_a3_1")[0] == 0
    for suffix in (".csv", ".md", ".tex"):
        deleted = copied / f"results/tables/table_a3_1{suffix}"
        deleted.unlink()
        assert snakemake(copied, "table_a3_1")[0] == 0 and deleted.exists(), suffix


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: cut(root / "results/data/synthetic/manifest.json"), r"manifest.json: is damaged"),
        (lambda root: cut(root / "results/data/synthetic/train.npy"), r"train.npy: cannot be read"),
        (lambda root: (root / "results/data/synthetic/test.npy").unlink(), r"test.npy: cannot be read"),
        (lambda root: cut(root / RUN / "run.json"), r"run.json: damaged"),
        (lambda root: cut(root / RUN / "model.eqx"), r"run.json: model.eqx beside it: damaged"),
    ],
)
def test_what_is_good_is_kept_beside_what_is_damaged_and_the_remedy_mends_it(damage, message, copied, project):
    damage(copied)
    before = {path: path.read_bytes() for path in (copied / RUN).iterdir()}
    code, told = snakemake(copied, f"{RUN}/run.json", project=project)
    assert code != 0 and re.search(message, told) and "Traceback" not in told, told
    assert {path: path.read_bytes() for path in (copied / RUN).iterdir()} == before
    code, told = snakemake(copied, f"{RUN}/run.json", *remedy_of(told), project=project)
    assert code == 0, told
    assert "Nothing to be done" in snakemake(copied, f"{RUN}/run.json", project=project)[1]


# Commands in the place of those that take minutes: they write records of what they are asked for.
STAND_IN = """
import argparse
import json
import sys
from pathlib import Path

from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS

parser = argparse.ArgumentParser()
for name in ("run", "data", "out", "settings", "seed", "sampling", "timing"):
    parser.add_argument(f"--{name}")
parser.add_argument("--runs", nargs="+")
asked, _ = parser.parse_known_args()
folder, read = Path(asked.out).parent, lambda text: text and json.loads(text)


def record(name, told, *files):
    for file in files:
        (folder / file).write_text("made again")
    write_record(folder / name, told, files)


match Path(sys.argv[0]).stem:
    case "train":
        record("run.json", {"run": read(asked.run), "data": read_record(asked.data)}, "model.eqx", "history.csv")
    case "extractor":
        (folder / "inception.pt").write_text("made again")
        record("extractor.json", {"settings": read(asked.settings), "data": read_record(asked.data)["arrays"]})
    case "reference":
        told = {"seed": read(asked.seed), "data": read_record(asked.data)["arrays"]}
        record("reference.json", told, "reference.npz", "reference_sample.npz")
    case "bounds":
        for bound in ("floor", "copies", "ceiling"):
            record(f"{bound}.json", {"details": {"seed": read(asked.seed), "sampling": read(asked.sampling)}})
    case "timing":
        runs = [json.loads(run) for run in asked.runs]
        told = {"timing": read(asked.timing), "batch_size": runs[0]["batch_size"], "runs": runs}
        told |= {"device": "cpu: cpu x 1"}
        record(Path(asked.out).name, told | {"methods": {run["method"]: {} for run in runs}})
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with these commands."""
    root = copy_of_project(tmp_path_factory.mktemp("project"))
    for name in ("train", "extractor", "reference", "bounds", "timing"):
        (root / f"workflow/scripts/{name}.py").write_text(STAND_IN)
    return root


DIGITS = """
offline: true
experiment: {datasets: [digits], methods: [ae]}
defaults: {ablations: [], baselines: [], timed: [ae]}
datasets:
  digits:
    source: digits
    bottleneck: 4
    latent_size: 20
    epochs: 1
    batch_size: 64
    learning_rate: 1.0e-3
    beta: {}
    seeds: [0]
    sampling: {gmm_components: 2, random_images: 24, random_draws: 2, interpolation_pairs: 4}
    extractor: {start: random, image_size: 75, epochs: 1, learning_rate: 1.0e-3}
"""
EXTRACTOR = "results/extractor/digits"
# The record of each stage, and what differs if the configuration is changed.
OTHERS = {
    f"{EXTRACTOR}/extractor.json": "image_size is 75 and not 80",
    f"{EXTRACTOR}/reference.json": "seed is 0 and not 7",
    f"{EXTRACTOR}/ceiling.json": "seed is 0 and not 7; random_images is 24 and not 25",
    "results/timings/digits.json": "seed of ae is 0 and not 7",
}
CHANGES = {
    "image_size: 75": "image_size: 80",
    "seeds: [0]": "seeds: [7]",
    "random_images: 24": "random_images: 25",
}


@pytest.fixture(scope="module")
def copied_digits(project, tmp_path_factory):
    """Whatever these stages make of a configuration, as it is copied, without the folder .snakemake."""
    root = tmp_path_factory.mktemp("copied")
    (root / "mine.yaml").write_text(DIGITS)
    code, told = snakemake(root, *OTHERS, project=project)
    assert code == 0, told
    shutil.rmtree(root / ".snakemake")
    return root


@pytest.fixture
def digits(copied_digits, tmp_path):
    root = tmp_path / "digits"
    shutil.copytree(copied_digits, root)
    return root


def made_again(root, project):
    """What is refused, one message after the other, while the command ends with each new remedy until all is made."""
    kept, forced, refused = {path: path.read_bytes() for path in (root / "results").rglob("*.*")}, [], []
    while (outcome := snakemake(root, *OTHERS, *(["--forcerun"] if forced else []), *forced, project=project))[0]:
        assert "Traceback" not in outcome[1] and "nothing was started" in outcome[1], outcome[1]
        assert {path: path.read_bytes() for path in kept} == kept
        _, *files = remedy_of(outcome[1])
        assert set(files) > set(forced), outcome[1]  # It names the earlier ones too, whose option it replaces.
        forced = files
        refused.append(outcome[1])
    assert "Nothing to be done" in snakemake(root, *OTHERS, project=project)[1]
    return "".join(refused)


def test_copied_results_of_other_settings_are_refused_and_the_remedies_make_them_again(digits, project):
    text = DIGITS
    for before, after in CHANGES.items():
        text = text.replace(before, after)
    (digits / "mine.yaml").write_text(text)
    refused = made_again(digits, project)
    for file, message in OTHERS.items():
        assert f"{file}: {message}" in refused, refused
    assert read_json(digits / f"{EXTRACTOR}/extractor.json")["settings"]["image_size"] == 80


def test_an_extractor_and_a_reference_of_other_images_are_refused_and_the_remedies_make_them_again(digits, project):
    others = [f"{EXTRACTOR}/{name}.json" for name in ("extractor", "reference")]
    for file in others:
        record = read_record(digits / file)
        write_record(digits / file, record | {"data": record["data"] | {"train": "0" * 64}}, record.get("files", ()))
    refused = made_again(digits, project)
    assert all(f"{file}: data is {{" in refused for file in others), refused


def test_damaged_records_are_refused_and_the_remedies_make_them_again(digits, project):
    damaged = ["results/data/digits/made_from.json", *OTHERS]
    for file in damaged:
        cut(digits / file)
    forced = "results/extractor/digits/ceiling.json"
    _, told = snakemake(digits, "results/data/digits/manifest.json", "--forcerun", forced, project=project)
    assert remedy_of(told) == ["--forcerun", forced, damaged[0]], told
    refused = made_again(digits, project)
    assert all(f"{file}: damaged" in refused for file in damaged), refused


def test_the_plan_tells_why_results_are_refused(digits):
    """As Snakemake does, since `make plan` asks it."""
    cut(digits / f"{EXTRACTOR}/extractor.json")
    command = [ROOT / "workflow/scripts/plan.py", f"{EXTRACTOR}/extractor.json", "--configfile", "mine.yaml"]
    outcome = commands.python(*command, cwd=digits)
    assert outcome.returncode == 1 and f"{EXTRACTOR}/extractor.json: damaged" in outcome.stderr, outcome.stderr


def test_trainings_of_other_bumps_are_refused_unless_the_bumps_are_made_again(copied):
    path = copied / RUN / "run.json"
    record = read_record(path)
    record["data"]["arrays"]["train"] = "0" * 64
    write_record(path, record, record.pop("files"))
    code, told = snakemake(copied, f"{RUN}/run.json", "-n")
    assert code != 0 and f"{RUN}/run.json: data is {{" in told, told
    for forced in ("make_synthetic", "results/data/synthetic/manifest.json"):
        code, told = snakemake(copied, f"{RUN}/run.json", "-n", "--forcerun", forced)
        assert code == 0 and re.search(r"make_synthetic +1", told) and re.search(r"train +1", told), told


def test_bumps_of_other_settings_are_refused_though_an_earlier_version_stored_them(copied):
    """Their manifest tells how many they are; made_from.json, which is there today, tells all."""
    manifest = "results/data/synthetic/manifest.json"
    (copied / "mine.yaml").write_text(TINY.replace("test_images: 20", "test_images: 30"))
    code, told = snakemake(copied, manifest)
    assert code != 0 and f"{manifest}: n_test is 20 and not 30" in told, told
    code, told = snakemake(copied, manifest, *remedy_of(told))
    assert code == 0 and read_json(copied / manifest)["n_test"] == 30, told
    shutil.rmtree(copied / ".snakemake")
    assert "Nothing to be done" in snakemake(copied, manifest)[1]
    (copied / "mine.yaml").write_text(TINY.replace("test_images: 20", "seed: 5, test_images: 30"))
    code, told = snakemake(copied, f"{RUN}/run.json")
    assert code != 0 and "made_from.json: bumps.seed is 0 and not 5" in told, told
    code, told = snakemake(copied, manifest, *remedy_of(told))
    assert code == 0 and read_json(copied / "results/data/synthetic/made_from.json")["made_from"]["bumps"]["seed"] == 5
