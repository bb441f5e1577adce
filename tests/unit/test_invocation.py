"""The commands that only ask see the configuration of a run with the same options, and contradictions stop both."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import commands
import pytest
import yaml
from commands import ROOT

import config
import plan
import targets
from vrrae_bench.study.invocation import Invocation, command_line
from vrrae_bench.study.reading import check_settings
from vrrae_bench.study.submission import (
    PLACEHOLDERS,
    Option,
    options_of_jobs,
    refuse_no_cores,
    refuse_other_devices,
    refuse_unfilled,
    slice_options,
    storage_options,
)
from vrrae_bench.system.errors import UserError

ON_GPUS = "workflow/profiles/workstation-gpu"


def snakemake(*options, folder, root=ROOT, dry=True):
    words = [*(["--dry-run"] if dry else []), "--cores", "1", *options]
    return commands.snakemake(*words, root=root, cwd=folder)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    (tmp_path / "mine.yaml").write_text("results: results/mine\nexperiment: {datasets: [mnist]}\n")
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "experiment.yaml").write_text("banner: of the profile\ndatasets: {mnist: {seeds: [7]}}\n")
    # A string is looked for in the profile's folder, where a list is not.
    (profile / "config.yaml").write_text("configfile: experiment.yaml\nconfig: {offline: true, mirror: there}\n")
    return tmp_path


@pytest.mark.parametrize(
    "options",
    [
        {"profiles": ("profile",), "configfiles": (Path("mine.yaml"),)},
        {"profiles": ("profile",), "config": ("banner=", "datasets={mnist: {epochs: 3, seeds: [1, 2]}}")},
        {"configfiles": (Path("nothing.yaml"), Path("again.yaml"))},
    ],
)
def test_a_configuration_is_resolved_as_snakemake_resolves_it(folder, options):
    """Also where a file of two takes a mapping away that the other one fills again: what config.yaml has then stays."""
    (folder / "nothing.yaml").write_text("datasets: {mnist: null}\n")
    (folder / "again.yaml").write_text("datasets: {mnist: {epochs: 5}}\n")
    (folder / "Snakefile").write_text(
        f'import json\nconfigfile: "{ROOT}/config.yaml"\nopen("resolved.json", "w").write(json.dumps(config))\n'
    )
    words = [word for profile in options.get("profiles", ()) for word in ("--profile", profile)]
    words += ["--configfile", *options["configfiles"]] if "configfiles" in options else []
    words += ["--config", *options["config"]] if "config" in options else []
    outcome = snakemake(*words, folder=folder, root=folder)
    assert outcome.returncode == 0, outcome.stderr
    assert Invocation(**options).settings() == check_settings(json.loads((folder / "resolved.json").read_text()))


def test_the_profile_of_the_environment_counts_unless_another_is_named(folder, monkeypatch):
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "profile")
    assert Invocation().settings().banner == "of the profile"
    assert Invocation(profiles=("none",)).settings().banner is None


def test_a_file_that_replaces_the_profiles_own_is_told_with_what_to_type(folder):
    invocation = Invocation(profiles=("workflow/profiles/laptop",), configfiles=(Path("mine.yaml"),))
    [warning] = invocation.warnings()
    assert "names workflow/profiles/laptop/experiment.yaml, which is not read" in warning
    _, remedy = warning.split("name both: --configfile ")
    both = Invocation(profiles=invocation.profiles, configfiles=tuple(map(Path, remedy.split())))
    assert both.warnings() == []
    settings = both.settings()
    assert settings.results == "results/mine" and settings.datasets["mnist"].extractor.image_size == 75


def test_gpus_that_a_configuration_does_not_use_stop_snakemake_and_the_commands_that_ask(folder, monkeypatch):
    options = ["--profile", ON_GPUS, "--configfile", "mine.yaml"]
    # Also from another folder than that of the results.
    told = "accelerator: is cpu, but the profile or the command line asks for a GPU for "
    outcome = snakemake(*options, "--directory", "elsewhere", folder=folder)
    shown = outcome.stdout + outcome.stderr
    assert outcome.returncode == 1 and told in shown and "nothing was started" in shown
    assert f"names {ON_GPUS}/experiment.yaml, which is not read" in shown
    assert f"name both: --configfile {ON_GPUS}/experiment.yaml mine.yaml" in shown
    for command in (config, plan, targets):
        monkeypatch.setattr(sys, "argv", [command.__name__, *options])
        with pytest.raises(UserError, match=told):
            command.main()


@pytest.mark.parametrize(
    ("accelerator", "profile"),
    [
        ("cpu", "slurm-gpu"),
        ("tpu", "slurm-gpu"),
        ("cpu", "kubernetes-gpu"),
        ("cuda", "tpu-vm"),
        ("cpu", "tpu-slice"),
    ],
)
def test_no_profile_holds_devices_for_a_configuration_without_them(folder, accelerator, profile):
    profiles = (f"workflow/profiles/{profile}",)
    with pytest.raises(UserError, match=f"accelerator: is {accelerator}, but the profile"):
        Invocation(profiles, config=(f"accelerator={accelerator}",)).settings()
    Invocation(profiles).settings()


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"gpu": 1}, True),
        ({"gpu": 0}, False),
        ({"gpu": "4 if wildcards.dataset == 'celeba' else 1"}, True),
        ({"gres": "'gpu:a100:4'"}, True),
        ({"gres": "tpu:v4:4"}, True),
        ({"slurm_extra": "'--gpus-per-node=1'"}, True),
        ({"slurm_extra": "'--gres=gpu:a100:1'"}, True),
        ({"slurm_extra": "'--tres-per-task=gres/gpu:1'"}, True),
        ({"slurm_extra": "'--exclusive'", "mem_mb": 1000}, False),
        ({"slurm_extra": "'--output=logs/%j.txt'"}, False),
        ({"slurm_extra": "'--exclude=gpu01'"}, False),
        ({"gpu": 1, "accelerator": "cuda $TOGETHER"}, False),
    ],
)
def test_a_device_is_found_by_any_of_its_names(asked, refused):
    if not refused:
        refuse_other_devices("cpu", {"train": asked})
        return
    with pytest.raises(UserError, match="for train; nothing was started"):
        refuse_other_devices("cpu", {"train": asked})


def test_an_account_that_is_not_filled_in_is_told_before_slurm_refuses_every_job(tmp_path):
    profile = yaml.safe_load((ROOT / "workflow/profiles/slurm-gpu/config.yaml").read_text())
    placeholder = PLACEHOLDERS["slurm_account"]
    assert profile["default-resources"]["slurm_account"] == placeholder
    refuse_unfilled([Option("slurm_account", "group1"), Option("slurm_partition", "cpu"), Option("gpu", 1)])
    asked = ["table_a3_1", "--default-resources", f"slurm_account={placeholder}"]
    outcome = snakemake(*asked, folder=tmp_path, dry=False)
    assert outcome.returncode == 1 and not (tmp_path / "results").exists()
    assert "slurm_account: is still ACCOUNT; nothing was started" in outcome.stdout + outcome.stderr
    assert snakemake(*asked, folder=tmp_path).returncode == 0  # a plan is to be had before


def test_an_image_that_is_not_filled_in_is_told_before_a_pod_waits_for_it(tmp_path):
    image = yaml.safe_load((ROOT / "workflow/profiles/kubernetes-gpu/config.yaml").read_text())["container-image"]
    outcome = snakemake("table_a3_1", "--container-image", image, folder=tmp_path, dry=False)
    assert outcome.returncode == 1 and not (tmp_path / "results").exists()
    assert f"container-image: is still {image}; nothing was started" in outcome.stdout + outcome.stderr


def storage_of(profile):
    """The options of storage that a profile has, as the rules see them once Snakemake has read it."""
    s3 = SimpleNamespace(get_settings=lambda: SimpleNamespace(endpoint_url=profile["storage-s3-endpoint-url"]))
    storage = SimpleNamespace(
        default_storage_provider=profile["default-storage-provider"],
        default_storage_prefix=profile["default-storage-prefix"],
    )
    return list(storage_options(storage, {"s3": s3}))


def test_a_bucket_that_is_not_filled_in_is_told_before_anything_is_looked_up_there():
    profile = yaml.safe_load((ROOT / "workflow/profiles/kubernetes-gpu/config.yaml").read_text())
    with pytest.raises(UserError) as caught:
        refuse_unfilled(storage_of(profile))
    told = "default-storage-prefix: is still s3://BUCKET/vrrae-bench, storage-s3-endpoint-url: is still https://"
    assert str(caught.value).startswith(told)
    profile["default-storage-prefix"] = "s3://bucket-of-mine/BUCKETS"
    with pytest.raises(UserError, match="^storage-s3-endpoint-url: is still https://S3.EXAMPLE.ORG; nothing was"):
        refuse_unfilled(storage_of(profile))
    profile["storage-s3-endpoint-url"] = "https://s3.example.com:9000"
    refuse_unfilled(storage_of(profile))
    folder = SimpleNamespace(default_storage_provider=None, default_storage_prefix=None)
    refuse_unfilled(storage_options(folder, None))


def test_a_bucket_that_is_not_filled_in_stops_even_a_plan(tmp_path):
    """Snakemake would look for results there. The plug-in of the storage is not asked, and need not be installed."""
    outcome = snakemake("table_a3_1", "--default-storage-prefix", "s3://BUCKET/x", folder=tmp_path)
    told = outcome.stdout + outcome.stderr
    assert outcome.returncode == 1 and "default-storage-prefix: is still s3://BUCKET/x; nothing was started" in told
    assert snakemake("table_a3_1", "--default-storage-prefix", "s3://mine/x", folder=tmp_path).returncode == 0


SLICE = ROOT / "workflow/profiles/tpu-slice"
SUBMIT = yaml.safe_load((SLICE / "config.yaml").read_text())["cluster-generic-submit-cmd"]


@pytest.fixture
def filled(tmp_path) -> Path:
    """Settings of slices with values of a user."""
    file = tmp_path / "mine.env"
    file.write_text("PROJECT=vrrae-1   # ours\nZONE=us-central2-b\nSHARED=10.0.0.2:/share\nSPOT=\n")
    return file


def test_a_cloud_project_that_is_not_filled_in_is_told_before_any_download(filled, monkeypatch):
    monkeypatch.chdir(ROOT)
    file = "workflow/profiles/tpu-slice/tpu.env"
    with pytest.raises(UserError, match=f"PROJECT in {file}: is still PROJECT, SHARED in {file}: is still SERVER:/"):
        refuse_unfilled(slice_options(SUBMIT, {}))
    found = slice_options(SUBMIT, {"TPU_ENV": str(filled)})
    values = {"PROJECT": "vrrae-1", "ZONE": "us-central2-b", "SHARED": "10.0.0.2:/share", "SPOT": ""}
    assert found == [Option(name, value, filled) for name, value in values.items()]
    refuse_unfilled(found)


def test_the_settings_of_slices_are_told_by_the_file_that_tpu_env_names(filled):
    filled.write_text(filled.read_text().replace("vrrae-1", "PROJECT"))
    with pytest.raises(UserError, match=f"^PROJECT in {filled}: is still PROJECT; nothing was started"):
        refuse_unfilled(slice_options(str(ROOT / SUBMIT), {"TPU_ENV": str(filled)}))
    filled.unlink()
    with pytest.raises(UserError, match=f"^TPU_ENV: there is no file {filled}, .* unset TPU_ENV"):
        slice_options(str(ROOT / SUBMIT), {"TPU_ENV": str(filled)})


def test_a_command_that_submits_jobs_may_have_arguments_and_spaces(tmp_path):
    folder = tmp_path / "of mine"
    folder.mkdir()
    (folder / "tpu.env").write_text("PROJECT=PROJECT\n")
    for command in (f"'{folder}/submit' --quiet", f'"{folder}/submit"'):
        assert slice_options(command, {}) == [Option("PROJECT", "PROJECT", folder / "tpu.env")]
    with pytest.raises(UserError, match="^cluster-generic-submit-cmd: .*No closing quotation"):
        slice_options(f"'{folder}/submit", {})


@pytest.mark.parametrize("command", [None, "", " ", "sbatch", "sbatch --parsable", "/submit", "."])
def test_another_command_that_submits_jobs_has_no_settings_of_slices(command, filled, monkeypatch):
    monkeypatch.chdir(filled.parent)
    assert slice_options(command, {"TPU_ENV": str(filled)}) == []


def test_all_that_says_how_jobs_are_submitted_is_looked_at():
    """The plug-in that submits jobs to slices is not in the environment, so its settings are written down here."""
    resources = SimpleNamespace(
        overwrite_resources={"train": {"gpu": 1}}, default_resources={"slurm_account": "ACCOUNT"}
    )
    remote, executor = SimpleNamespace(container_image="REGISTRY/image"), SimpleNamespace(submit_cmd=str(ROOT / SUBMIT))
    options = list(options_of_jobs(resources, remote, executor, {}))
    assert Option("gpu", 1) in options
    with pytest.raises(UserError) as caught:
        refuse_unfilled(options)
    for told in ("slurm_account: is still ACCOUNT", "container-image: is", "tpu.env: is still PROJECT", "SERVER:/"):
        assert told in str(caught.value)
    for other in (None, SimpleNamespace(account="of another plug-in")):
        names = [option.name for option in options_of_jobs(resources, remote, other, {})]
        assert names == ["slurm_account", "gpu", "container-image"]


@pytest.mark.parametrize(("name", "option"), [("cores", "cores"), ("nodes", "jobs"), ("local_cores", "local-cores")])
def test_a_run_in_which_no_job_could_start_is_refused(name, option):
    asked = {"cores": 2, "nodes": None, "local_cores": 1}
    refuse_no_cores(SimpleNamespace(**asked))
    for number in (0, -1):
        with pytest.raises(UserError, match=f"^--{option} {number}: no job could ever start"):
            refuse_no_cores(SimpleNamespace(**asked | {name: number}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff\xfe", "cannot be read as a profile: .*can't decode byte"),
        (b"cores: [1", "cannot be read as a profile"),
        (b"- cores", "cannot be read as a profile"),
    ],
)
def test_a_damaged_profile_is_told_without_a_traceback(folder, text, message):
    (folder / "profile/config.yaml").write_bytes(text)
    with pytest.raises(UserError, match=f"profile/config.yaml: {message}"):
        Invocation(profiles=("profile",)).settings()


@pytest.mark.parametrize("key", ["banner", "=x", "1=x"])
def test_a_key_without_a_name_or_a_value_is_told(folder, key):
    with pytest.raises(UserError, match=key):
        Invocation(config=(key,)).settings()


def test_the_words_of_another_program_are_not_those_of_snakemake(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pytest", "--profile", "nowhere"])
    assert command_line() == []


def test_snakemake_says_where_in_config_yaml_a_mistake_is(folder):
    (folder / "Snakefile").write_text((ROOT / "Snakefile").read_text())
    (folder / "config.yaml").write_text("results: a\n\tbanner: b\n")
    outcome = snakemake(folder=folder, root=folder)
    told = outcome.stdout + outcome.stderr
    assert outcome.returncode == 1 and f"{folder}/config.yaml: " in told and "line 2, column 1" in told


def test_a_profile_is_found_from_where_snakemake_was_started(folder):
    """With --directory it goes elsewhere before it reads the rules; nothing is dropped then, and nothing told."""
    outcome = snakemake(
        "table_a3_1", "--profile", "workflow/profiles/laptop", "--directory", "elsewhere", folder=folder
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "which is not read" not in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (
            "runs/mnist/ae/batch=1/seed=0/run.json",
            "runs/mnist/ae/batch=1/seed=0: the configuration asks for no such run. The nearest of its 193 runs are "
            "runs/mnist/ae/batch=576/seed=0, ",
        ),
        ("data/nope/manifest.json", "nope: the configuration has no such data set. It has: synthetic, mnist,"),
        ("extractor/nope/extractor.json", "nope: the configuration has no such data set"),
        ("extractor/synthetic/extractor.json", "datasets.synthetic.extractor: is null"),
        (
            "extractor/synthetic/inception.pt",
            "datasets.synthetic.extractor: is null, so that no Inception-v3 is tuned on this data set. Set this key if "
            "the images have labels, or ask for no file below results/extractor/synthetic.",
        ),
    ],
)
def test_a_file_that_the_configuration_does_not_have_is_told_even_if_it_lies_there(tmp_path, file, told):
    """Snakemake itself would use such a file, of which it believes that no rule makes it."""
    path = tmp_path / "results" / file
    path.parent.mkdir(parents=True)
    path.touch()
    outcome = snakemake("--quiet", "all", "--", path.relative_to(tmp_path), folder=tmp_path)
    assert outcome.returncode == 1 and f"\nerror: {told}" in f"\n{outcome.stderr}", outcome.stderr
    assert "Traceback" not in outcome.stdout + outcome.stderr
    assert outcome.stderr.count("\n") < 5  # so that the first words do not scroll away


def test_timings_of_a_data_set_without_timed_methods_are_refused_before_any_job(tmp_path):
    (tmp_path / "mine.yaml").write_text("datasets: {mnist: {timed: []}}")
    outcome = snakemake("--configfile", "mine.yaml", "--", "results/timings/mnist.json", folder=tmp_path)
    assert outcome.returncode == 1, outcome.stdout
    assert "\nerror: datasets.mnist.timed: is empty" in f"\n{outcome.stderr}", outcome.stderr
    assert not (tmp_path / "results/data").exists()
