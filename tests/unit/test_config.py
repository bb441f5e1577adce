"""The configuration: what it accepts, and how it tells what is wrong."""

import copy
import json

import pytest
import yaml
from commands import ROOT
from configurations import load_settings
from snakemake.utils import update_config

from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.reporting.made_from import scores_of_claims
from vrrae_bench.study import checks as config_checks
from vrrae_bench.study.catalogue import CATALOGUE, TABLES
from vrrae_bench.study.layers import merge, with_defaults
from vrrae_bench.study.paper import paper_values
from vrrae_bench.study.reading import check_settings, json_schema
from vrrae_bench.study.selection import all_runs, is_made, runs_needed, runs_of, sweep_of
from vrrae_bench.study.settings import least_images
from vrrae_bench.system.errors import UserError

BASE = ROOT / "config.yaml"
OVERLAYS = ROOT / "workflow/profiles"


@pytest.fixture(scope="module")
def shipped():
    return yaml.safe_load(BASE.read_text())


@pytest.fixture
def written(shipped):
    """config.yaml as it stands there, with its block of defaults."""
    return copy.deepcopy(shipped)


@pytest.fixture
def values(written):
    """The same, but with all values below each data set, and no defaults."""
    return with_defaults(written)


def problems_of(values) -> str:
    with pytest.raises(UserError) as caught:
        check_settings(values)
    return str(caught.value)


def test_every_problem_is_told_at_once_with_its_remedy(values):
    values["acelerator"] = "gpu"
    values["experiment"]["methods"] = ["ae", "vrea"]
    values["datasets"]["mnist"]["batch_size"] = 8
    values["datasets"]["synthetic"]["learning_rate"] = -1
    del values["datasets"]["mnist"]["epochs"]
    told = problems_of(values)
    assert "5 problem(s); nothing was started" in told
    assert "acelerator: unknown key (value 'gpu').\n    Did you mean 'accelerator'?" in told
    assert "unknown method 'vrea'.\n    Did you mean 'vrrae'? Known: ae, contractive_ae, irmae, " in told
    assert "datasets.synthetic.learning_rate: -1 is not valid.\n    Input should be greater than 0." in told
    assert "datasets.mnist.epochs: is missing." in told
    # A contradiction is told beside a malformed key of the same data set, not in a second round.
    assert "datasets.mnist.batch_size: 8 is smaller than the bottleneck k = 16" in told


def test_a_weight_that_is_not_valid_hides_no_problem_with_other_keys(values):
    values["datasets"]["mnist"] |= {"beta": {"vae": -1}, "betas": [-1], "batch_sizes": [64, 64], "penalty": {"ae": 1}}
    told = problems_of(values)
    assert "datasets.mnist.beta.vae: -1 is not valid" in told and "datasets.mnist.betas.0: -1 is not valid" in told
    assert "datasets.mnist.batch_sizes: [64, 64] repeats a value" in told
    assert "datasets.mnist.penalty.ae: not a method with a penalty" in told


def test_a_batch_that_can_not_have_the_rank_is_explained(values):
    values["datasets"]["cifar10"]["batch_size"] = 48
    told = problems_of(values)
    assert "datasets.cifar10.batch_size: 48 is smaller than the bottleneck k = 60" in told
    assert "Use a batch of more than 60, or a smaller k." in told


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("experiment.datasets", ["mnits"], "unknown data set 'mnits'.\n    Did you mean 'mnist'?"),
        ("experiment.methods", ["ae", "ae"], "contains a name twice"),
        ("datasets.mnist.seeds", [0, 0], "repeats a seed"),
        ("datasets.mnist.sweep_seeds", [1, 1], "repeats a seed"),
        (
            "datasets.mnist.betas",
            [0, -1],
            "datasets.mnist.betas.1: -1 is not valid.\n    Input should be greater than or equal to 0.",
        ),
        ("datasets.mnist.betas", [0, 0], "repeats a value"),
        ("datasets.synthetic.betas", [0, 1e-3], "no table or figure sweeps beta on the synthetic bumps"),
        ("datasets.synthetic.ablations", ["rrae_vae"], "no table or figure shows the ablations of the synthetic bumps"),
        ("datasets.synthetic.baselines", ["irmae"], "no table or figure shows the baselines of the synthetic bumps"),
        ("datasets.mnist.bottleneck", 1, "datasets.mnist.bottleneck: Figures 2 and A.2-2 show two dimensions"),
        (
            "mirror",
            "s3://bucket/mirror",
            "mirror: 's3://bucket/mirror' is not a folder, and does not begin with http://",
        ),
        (
            "datasets.synthetic.batch_sizes",
            [2, 64],
            "datasets.synthetic.batch_sizes: A batch of 2 has at most rank 2",
        ),
        ("datasets.synthetic.batch_sizes", [128], "datasets.synthetic.batch_sizes: 128 is more than the 100 training"),
        ("datasets.mnist.ablations", ["rrae-vae"], "unknown method 'rrae-vae'.\n    Did you mean 'rrae_vae'?"),
        (
            "datasets.mnist.baselines",
            ["irmae", "irmae"],
            "mnist.baselines: ['irmae', 'irmae'] contains a name twice",
        ),
        ("datasets.mnist.latent_size", 16, "datasets.mnist.latent_size: Latents of 16 dimensions have at most rank 16"),
        ("datasets.mnist.beta", {"vae": 1e-3}, "datasets.mnist.beta.vrrae: is missing"),
        (
            "datasets.mnist.beta.vae",
            -1,
            "datasets.mnist.beta.vae: -1 is not valid.\n    Input should be greater than or equal to 0.",
        ),
        ("datasets.mnist.penalty.lorae", -1e-3, "datasets.mnist.penalty.lorae: -0.001 is not valid"),
        ("datasets.mnist.linear_layers.irmae", -1, "datasets.mnist.linear_layers.irmae: -1 is not valid"),
        ("datasets.mnist.beta.rrae", 1, "not a method with a KL divergence"),
        ("datasets.mnist.source", "minst", "'minst' is not known.\n    Did you mean 'mnist'?"),
        ("datasets.mnist.bumps", {"grid": 3, "test_images": 1, "diagonal_images": 2, "seed": 0}, "no other"),
        ("datasets.synthetic.bumps.grid", 5, "more than the 25 training images"),
        ("datasets.synthetic.extractor", {}, "datasets.synthetic.extractor.start: is missing"),
        ("datasets.synthetic.inception_2015", True, "the synthetic images are no photographs or digits"),
        ("datasets.mnist.extractor_seeds", [0], "0 is the seed of the extractor itself, which is there anyway"),
        ("datasets.mnist.extractor_seeds", [1, 1], "datasets.mnist.extractor_seeds: [1, 1] repeats a seed"),
        ("datasets.synthetic.extractor_seeds", [1], "`extractor` is null, so there are no further extractors"),
        ("datasets.mnist.penalty", {}, "datasets.mnist.penalty.lorae: is missing"),
        ("datasets.mnist.penalty.rrae", 1, "not a method with a penalty"),
        ("datasets.mnist.linear_layers", {}, "datasets.mnist.linear_layers.irmae: is missing"),
        ("accelerator", "gpu", "'gpu' is not known"),
        ("datasets.mnist.other_learning_rates", [0.0], "0.0 is not valid"),
        ("datasets.mnist.other_learning_rates", [1e-3], "repeats a rate"),
        ("datasets.mnist.epochs", float("inf"), "inf is not valid"),
        ("datasets.mnist.source", "synthetic", "`synthetic` is only the source of the data set `synthetic`"),
        ("datasets.mnist.sampling.random_draws", 1, "Input should be greater than or equal to 2"),
        ("datasets.mnist.seeds", 3, "3 is not a list"),
        ("datasets.mnist", None, "None is not a set of keys"),
        ("datasets", None, "None is not a set of keys"),
        ("experiment", "datasets", "'datasets' is not a set of keys"),
        ("experiment", ["datasets"], "['datasets'] is not a set of keys"),
        ("datasets.a/b", {}, "datasets.a/b: is no name for a data set"),
        ("datasets.Ölvögel", {}, "Begin with one of a-z, A-Z, 0-9; go on with letters, digits,"),
        ("datasets.-x", {}, "Begin with one of a-z, A-Z, 0-9"),
        ("datasets.mnist.files", {"path": "images"}, "belongs to the sources `folder` and `npz`, and to no other"),
        ("datasets.mnist.source", "folder", "datasets.mnist.files: is missing.\n    Add `files:` with a `path:`"),
        (
            "datasets.mnist.files",
            {"path": "images/{x}"},
            "files.path: 'images/{x}' contains { or }, with which Snakemake",
        ),
        ("datasets.mnist.files", {"path": "a", "labels": "{x}.csv"}, "files.labels: '{x}.csv' contains { or }"),
        ("results", "results/{x}", "results: 'results/{x}' contains { or }, with which Snakemake marks a wildcard"),
        ("weights", "}", "weights: '}' contains { or }"),
        ("banner", "null", "banner: 'null' is text, because all values of --config are text"),
        (
            "datasets.mnist.extractor.settling_epochs",
            9,
            "settling_epochs: 9 of 5 epochs leave none in which the statistics are learned",
        ),
        (
            "datasets.mnist.extractor.settling_epochs",
            1,
            "settling_epochs: without label_smoothing, they make",
        ),
        ("reduced", "no", "reduced: 'no' is text. Any text means that settings are reduced"),
        ("weights", "null", "Write --config weights= for none, or null without quotes in a file"),
        ("results", "<results>", "results: '<results>' contains < or >, with which Snakemake marks a variable"),
        ("weights", "a>b", "weights: 'a>b' contains < or >"),
        ("results", "-x", "results: '-x' begins with a dash, as an option does"),
        (
            "results",
            "s3://bucket/results",
            "results: 's3://bucket/results' is an address, but a path on this machine is needed",
        ),
        ("results", "a\nb", "results: 'a\\nb' contains an invisible character"),
        ("weights", "a\x1b[2J", "weights: 'a\\x1b[2J' contains an invisible character"),
        ("results", "~/vrrae", "results: '~/vrrae' is used as it is written: `~`"),
        ("mirror", "$SCRATCH/mirror", "mirror: '$SCRATCH/mirror' is used as it is written"),
        (
            "datasets.mnist.source",
            "fashion_mnist",
            "datasets.mnist.source: `mnist` is the name of the paper's data set",
        ),
        (
            "datasets.mnist.batch_size",
            70_000,
            "datasets.mnist.batch_size: 70000 is more than the 60000 training images",
        ),
        (
            "datasets.synthetic.sampling.gmm_components",
            200,
            "datasets.synthetic.sampling.gmm_components: 200 is more than the 100 training images",
        ),
        ("datasets.mnist.test_images", 0, "Input should be greater than or equal to 1"),
        ("datasets.mnist.test_images", 10_001, "datasets.mnist.test_images: 10001 is more than the 10000 test images"),
        ("datasets.synthetic.test_images", 10, "is only for data sets that are published and fetched"),
        ("datasets.mnist.linear_layers", {"irmae": 0}, "linear_layers.irmae: 0 makes another method"),
        ("datasets.mnist.penalty", {"sparse_ae": 0}, "penalty.sparse_ae: 0 makes another method"),
        ("datasets.mnist.sampling.gmm_subsample", 5, "5 means are fewer than the 10 Gaussians to fit to them"),
        (
            "datasets.mnist.sampling",
            {
                "gmm_components": 10,
                "random_images": 2,
                "random_draws": 2,
                "interpolation_pairs": 1,
                "interpolation_points": 1,
            },
            "datasets.mnist.sampling.interpolation_pairs: a single image has no FID",
        ),
        (
            "experiment.methods",
            [True],
            "1 problem(s); nothing was started.\n  1. experiment.methods.0: True is not text",
        ),
        ("datasets.mnist.files", {"image_size": 32}, "datasets.mnist.files.path: is missing"),
        ("datasets.mnist.files", {"path": "a", "channels": 2}, "files.channels: 2 is not known.\n    Known: 1, 3"),
        ("datasets.mnist.files", {"path": "a", "test_fraction": 1}, "Input should be less than 1"),
        ("datasets.mnist.files", {"path": "a", "size": 32}, "files.size: unknown key"),
    ],
)
def test_each_mistake_has_its_message(values, path, value, message):
    *parents, last = path.split(".")
    place = values
    for key in parents:
        place = place[key]
    place[last] = value
    assert message in problems_of(values)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("mirror", "https://me:s3cret@example.org/data", "mirror: the address 'https://***@example.org/data' may hold"),
        ("mirror", "https://s3cret@example.org/data", "into the file ~/.netrc"),
        (
            "mirror",
            "https://example.org/data?sig=s3cret",
            "mirror: the address 'https://example.org/data?***' may hold",
        ),
        ("mirror", "s3://key:s3cret@bucket/data", "is not a folder, and does not begin with http://"),
        ("mirror", "https://me:$s3cret@example.org", "is used as it is written"),
        ("mirror", ["https://me:s3cret@example.org"], "mirror: ['https://***@example.org'] is not valid"),
        ("miror", "https://me:s3cret@example.org", "miror: unknown key (value 'https://***@example.org')"),
        ("weights", "https://me:s3cret@example.org/a.pth", "weights: 'https://***@example.org/a.pth' is an address"),
        ("results", "s3://me:s3cret@bucket/results", "is an address, but a path on this machine is needed"),
    ],
)
def test_a_password_in_an_address_is_refused_and_not_shown(values, key, value, message):
    told = problems_of(values | {key: value})
    assert message in told and "s3cret" not in told


def test_the_address_of_a_mirror_without_a_password_is_taken(values):
    for mirror in ("https://example.org/data", "http://localhost:8000/~me/data", "/data/me@home/what?", "data#2"):
        assert check_settings(values | {"mirror": mirror}).mirror == mirror


def test_a_name_that_yaml_reads_as_a_number_is_to_be_quoted(values):
    values["datasets"][2024] = values["datasets"]["mnist"]
    values["experiment"]["datasets"] = [2024]
    told = problems_of(values)
    assert "2 problem(s)" in told and "datasets.2024: 2024 is not text.\n    Put it in quotes, as it is" in told
    assert "experiment.datasets.0: 2024 is not text.\n    Put it in quotes, as it is meant: '2024'." in told


def test_an_unknown_name_beside_a_numeric_one_is_told_too(values):
    values["datasets"][2024] = values["datasets"]["mnist"]
    values["experiment"]["datasets"] = ["2024"]
    assert "datasets.2024: 2024 is not text.\n    Put it in quotes, as it is" in problems_of(values)


def test_a_folder_of_results_is_named_the_same_however_it_is_written(values):
    assert check_settings(values | {"results": "./results//mine/"}).results == "results/mine"


def test_arrays_of_ones_own_are_taken_as_they_are(values):
    own = values["datasets"]["mnist"] | {"source": "npz", "files": {"path": "a.npz", "image_size": 32}}
    told = problems_of(values | {"datasets": {"own": own}, "experiment": {"datasets": ["own"], "methods": ["ae"]}})
    assert "datasets.own.files.image_size: arrays are taken as they are; only `path` and `dark` count." in told


@pytest.mark.parametrize(
    "name",
    ["fashion_mnist", "Fashion-MNIST", "digits", "Digits", "MNIST", "m.n.i.s.t", "cifar-10", "CelebA", "Synthetic"],
)
def test_images_of_ones_own_do_not_have_the_name_of_published_ones(values, name):
    """Tables would print them as those."""
    own = values["datasets"]["mnist"] | {"source": "npz", "files": {"path": "a.npz"}}
    told = problems_of(values | {"datasets": {name: own}, "experiment": {"datasets": [name], "methods": ["ae"]}})
    assert (
        f"datasets.{name}: reads like the name of the data set" in told and "Give your data set another name." in told
    )


def test_published_images_have_their_name_or_another_one(values):
    mnist = values["datasets"]["mnist"]
    for name, told in (("MNIST", "Call it `mnist`, or give it another name."), ("few-digits", None), ("mnist", None)):
        changed = values | {"datasets": {name: mnist}, "experiment": {"datasets": [name], "methods": ["ae"]}}
        if told:
            assert told in problems_of(changed)
        else:
            check_settings(changed)


def test_what_a_data_set_asks_of_its_training_images(values):
    """A batch, a rank and a mixture cannot be had of fewer."""
    values["datasets"]["mnist"] |= {"batch_size": 64, "batch_sizes": [500, 17]}
    least = least_images(check_settings(values).datasets["mnist"])
    assert least == {"bottleneck": 16, "batch_size": 64, "batch_sizes": 500, "sampling.gmm_components": 10}
    values["datasets"]["mnist"] |= {"batch_sizes": []}
    values["datasets"]["mnist"]["sampling"] |= {"gmm_components": None}
    least = least_images(check_settings(values).datasets["mnist"])
    assert least["batch_sizes"] == least["sampling.gmm_components"] == 1


def leaves(values, place=()):
    """Every single value of nested mappings, with the keys that lead to it."""
    for key, below in values.items():
        if isinstance(below, dict):
            yield from leaves(below, (*place, key))
        else:
            yield (*place, key), below


def test_no_data_set_repeats_a_default(written):
    """So that a value that is changed for all is changed in one place."""
    defaults = dict(leaves(written["defaults"]))
    repeated = [place for place, value in leaves(written["datasets"]) if defaults.get(place[1:], place) == value]
    assert repeated == []


def test_a_default_holds_for_every_data_set_without_a_value_of_its_own(written):
    """Also if it is changed by an overlay: the data set's own value wins, in whichever file it stands."""
    overlay = {"defaults": {"seeds": [7], "sampling": {"random_draws": 3}}, "datasets": {"mnist": {"seeds": [1]}}}
    datasets = check_settings(merge(written, overlay)).datasets
    assert {name: dataset.seeds for name, dataset in datasets.items()} == {
        "synthetic": (0, 1, 2, 3, 4),
        "mnist": (1,),
        "fashion_mnist": (7,),
        "cifar10": (7,),
        "celeba": (7,),
    }
    assert (datasets["synthetic"].sampling.random_draws, datasets["mnist"].sampling.random_draws) == (2, 3)
    assert (datasets["celeba"].sampling.gmm_subsample, datasets["celeba"].sampling.gmm_components) == (50_000, 10)


def test_null_takes_a_default_away(written):
    assert check_settings(written).datasets["synthetic"].extractor is None
    without_fids = merge(
        written, {"datasets": {"mnist": {"extractor": None, "extractor_seeds": [], "inception_2015": False}}}
    )
    assert check_settings(without_fids).datasets["mnist"].extractor is None


def test_an_extractor_that_nobody_left_out_on_purpose_is_missed(values):
    del values["datasets"]["mnist"]["extractor"]
    assert "datasets.mnist.extractor: is missing.\n    FID needs an Inception-v3" in problems_of(values)


def test_settings_are_the_same_whether_values_stand_in_the_defaults_or_below_each_data_set(written, values):
    assert "defaults" not in values
    assert check_settings(written) == check_settings(values)


@pytest.mark.parametrize(
    ("defaults", "message"),
    [
        ({"sampling": {"random_draws": 1}}, "defaults.sampling.random_draws: 1 is not valid.\n    Input should be"),
        ({"seeds": [0, -1]}, "defaults.seeds.1: -1 is not valid"),
        ({"seeds": 3}, "defaults.seeds: 3 is not a list"),
        ({"sampling": None}, "defaults.sampling: None is not a set of keys"),
        ({"sampling": {"random_drwas": 2}}, "defaults.sampling.random_drwas: unknown key (value 2).\n    Did you mean"),
        ({"extractor": {"start": "imagnet"}}, "defaults.extractor.start: 'imagnet' is not known.\n    Did you mean"),
        ({"penalty": {"vae": 1.0}}, "defaults.penalty.vae (for synthetic, mnist, fashion_mnist, cifar10, celeba): not"),
        (
            {"sampling": {"gmm_subsample": 5}},
            "defaults.sampling.gmm_subsample (for mnist, fashion_mnist, cifar10): 5 means are fewer than the 10 "
            "Gaussians to fit to them.\n    Use more means, or fewer Gaussians. "
            "Or write another value below mnist and below fashion_mnist and below cifar10.",
        ),
        (
            {"test_images": 15_000},
            "defaults.test_images (for mnist, fashion_mnist, cifar10): 15000 is more than the 10000 test images",
        ),
    ],
)
def test_a_mistake_in_the_defaults_is_told_once_and_where_it_stands(written, defaults, message):
    told = problems_of(merge(written, {"defaults": defaults}))
    assert message in told and told.count(message) == 1
    assert not any(line.split(". ")[-1].startswith("datasets.") for line in told.splitlines())


def test_a_mistake_in_the_defaults_is_told_although_every_data_set_has_its_own_value(written):
    told = problems_of(merge(written, {"defaults": {"epochs": 0}}))
    assert "1 problem(s)" in told and "defaults.epochs: 0 is not valid" in told


def test_a_data_set_contradicting_a_default_is_told_where_its_own_value_stands(written):
    told = problems_of(merge(written, {"datasets": {"mnist": {"extractor_seeds": [0]}}}))
    assert "1 problem(s)" in told and "datasets.mnist.extractor_seeds: 0 is the seed of the extractor itself" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"defaults": None}, "defaults: None is not a set of keys"),
        ({"defaults": [1]}, "defaults: [1] is not a set of keys"),
        ({"default": {}}, "default: unknown key (value {}).\n    Did you mean 'defaults'?"),
    ],
)
def test_a_block_that_is_no_block_of_defaults_is_told(written, change, message):
    assert message in problems_of(written | change)


def test_a_key_of_data_sets_at_another_place_is_told_its_own(values):
    values["experiment"]["timed"] = []
    remedy = "It is a key of data sets: write it below a data set or below `defaults`."
    assert f"experiment.timed: unknown key (value []).\n    {remedy}" in problems_of(values)


def test_overlays_merge_deeply_and_replace_lists():
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert merge(base, {"a": {"y": [3]}}) == {"a": {"x": 1, "y": [3]}, "b": 1}


@pytest.mark.parametrize("profile", ["quick", "laptop"])
def test_snakemake_merges_an_overlay_as_we_do(profile):
    """Snakemake changes the base in place, so a YAML alias in it would carry one data set's overlay to others."""
    base, overlay = (yaml.safe_load(path.read_text()) for path in (BASE, OVERLAYS / profile / "experiment.yaml"))
    expected = merge(base, overlay)
    update_config(base, overlay)
    assert base == expected
    assert "&" not in BASE.read_text()


def test_a_configuration_that_is_no_mapping_is_told():
    assert "is not a set of keys" in problems_of([])


@pytest.mark.parametrize("profile", ["quick", "laptop"])
def test_shipped_overlays_are_valid_and_write_to_their_own_folder(profile):
    settings = load_settings(BASE, OVERLAYS / profile / "experiment.yaml")
    assert settings.results == f"results/{profile}"
    assert settings.banner


def test_config_holds_the_values_that_the_paper_prints():
    settings = load_settings(BASE)
    printed = paper_values()
    hyper_parameters = printed[printed.table.isin(["table_a3_1", "table_a3_3"])]
    assert len(hyper_parameters) == 20
    for row in hyper_parameters.itertuples():
        dataset = settings.datasets[row.dataset]
        if (row.dataset, row.metric) == ("synthetic", "learning_rate"):
            assert dataset.other_learning_rates == (row.value,)  # the printed one is the second block of Table 1
        else:
            assert getattr(dataset, row.metric) == row.value, (row.dataset, row.metric)
    for row in printed[(printed.table == "table_2") & (printed.beta != "")].itertuples():
        assert settings.datasets[row.dataset].beta[row.method] == float(row.beta)


def test_the_schema_for_editors_is_up_to_date():
    written = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text())
    assert written == json_schema(), "run `make schema` and commit the outcome"


def test_the_schema_accepts_what_is_shipped(written):
    jsonschema = pytest.importorskip("jsonschema")
    # As an editor reads it: YAML 1.2 knows 1e-3 as a number, PyYAML 1.0e-3 only.
    jsonschema.validate(json.loads(json.dumps(written)), json_schema())


def test_ablations_of_the_bumps_in_settings_of_an_earlier_version_ask_for_no_training():
    """They were among the defaults of all data sets, and are refused in a configuration now."""
    study = load_settings(BASE).study
    earlier = study.datasets["synthetic"].model_copy(update={"ablations": ("rrae_vae",), "baselines": ("irmae",)})
    study = study.model_copy(update={"datasets": {**study.datasets, "synthetic": earlier}})
    assert {run.method for run in all_runs(study) if run.dataset == "synthetic"} == {*study.experiment.methods}


def test_further_extractors_are_heard_on_a_data_set_of_which_they_scored_all_runs():
    """Whatever they scored on other data sets."""
    settings = load_settings(BASE)
    further = {"mnist": (1, 2), "cifar10": (1,)}
    datasets = {
        name: one.model_copy(update={"extractor_seeds": further.get(name, ())})
        for name, one in settings.datasets.items()
    }
    study = settings.study.model_copy(update={"datasets": datasets})
    for missing, heard in (("runs/mnist/vrrae", {"cifar10"}), ("runs/cifar10/ae", {"mnist"}), ("nothing", {*further})):
        scores = scores_of_claims(study, lambda file, missing=missing: not file.startswith(missing))
        assert {score.split("/")[1] for score in scores if "extractor_seed=" in score} == heard


def test_runs_carry_readable_and_distinct_paths():
    folders = [run.folder for run in all_runs(load_settings(BASE))]
    assert len(set(folders)) == len(folders) == 193
    assert "runs/mnist/vrrae/beta=1e-6__batch=576/seed=0" in folders
    assert "runs/mnist/rrae/batch=576/seed=2" in folders
    assert "runs/cifar10/vrrae/beta=0__batch=64/seed=1" in folders
    assert "runs/synthetic/vrrae/beta=1e-3__batch=8/seed=3" in folders
    assert "runs/synthetic/vae/beta=1e-3__batch=64__learning_rate=1e-4/seed=4" in folders


def test_every_table_and_figure_of_the_paper_is_made():
    settings = load_settings(BASE)
    assert set(paper_values().table) <= set(TABLES)
    assert all(is_made(settings, name) for name in CATALOGUE)


def test_the_paper_prints_no_value_for_which_no_run_is_made():
    """Every method, data set and beta of its tables stands among the runs of the same table."""
    settings, printed = load_settings(BASE), paper_values()
    for name, rows in printed[printed.table.isin(set(TABLES))].groupby("table"):
        runs = {(run.dataset, run.method) for run in runs_of(settings, name)}
        betas = {
            (run.dataset, run.method, format_beta(run.beta)) for run in runs_of(settings, name) if run.beta is not None
        }
        if runs:
            assert {(row.dataset, row.method) for row in rows.itertuples()} <= runs
            assert {(row.dataset, row.method, row.beta) for row in rows.itertuples() if row.beta} <= betas


def test_rows_of_a_table_share_their_seeds(values):
    """Also where the main tables have more of them."""
    values["datasets"]["mnist"] |= {"seeds": [0, 1, 2], "sweep_seeds": [1]}
    settings = check_settings(values)
    for name in ("table_3", "table_a3_2", "table_a4_3"):
        assert {run.seed for run in runs_of(settings, name) if run.dataset == "mnist"} == {1}
    assert {run.seed for run in runs_of(settings, "table_2") if run.dataset == "mnist"} == {0, 1, 2}


def test_figures_of_images_and_betas_show_the_first_seed_of_each_data_set(values):
    """In the order of the configuration, not of the numbers."""
    values["datasets"]["mnist"] |= {"seeds": [7, 3], "sweep_seeds": [4, 2]}
    values["datasets"]["cifar10"]["seeds"] = [5, 6]
    settings = check_settings(values)
    shown = {
        name: {(run.dataset, run.seed) for run in runs_of(settings, name) if run.dataset in ("mnist", "cifar10")}
        for name in ("figure_5", "figure_a2_1", "figure_a5_3", "figure_a5_4", "figure_a5_7")
    }
    assert shown["figure_5"] == shown["figure_a5_4"] == {("mnist", 7)}
    assert shown["figure_a5_3"] == {("cifar10", 5)} and shown["figure_a5_7"] == {("mnist", 7), ("cifar10", 5)}
    assert ("mnist", 4) in shown["figure_a2_1"] and ("mnist", 2) not in shown["figure_a2_1"]
    assert {run.seed for run in runs_of(settings, "figure_2")} == {0, 1, 2, 3, 4}


def test_figure_1_shows_the_network_of_one_data_set(values):
    study = check_settings(values).study
    assert {run.dataset for run in runs_of(study, "figure_1")} == {"mnist"}


def test_table_2_is_made_from_the_sweep_of_betas_too_where_there_is_one(values):
    values["datasets"]["mnist"]["sweep_seeds"] = [0, 1]
    values["datasets"]["cifar10"]["betas"] = []
    values["experiment"] |= {"datasets": ["synthetic", "mnist", "cifar10"], "methods": ["ae", "vrrae"]}
    settings = check_settings(values)
    swept = [(run.dataset, run.method, run.beta, run.seed) for run in sweep_of(settings, "table_2")]
    assert swept == [("mnist", "vrrae", beta, seed) for beta in (0, 1e-6, 1e-4, 1e-3, 1e-2) for seed in (0, 1)]
    assert len(runs_of(settings, "table_2")) == 12 and len(runs_needed(settings, "table_2")) == 12 + 4 * 2
    assert not sweep_of(settings, "table_1") and not sweep_of(settings, "table_3")


def test_vrrae_without_a_kl_term_is_trained_once_where_that_is_its_own_beta():
    runs = [run for run in runs_of(load_settings(BASE), "table_3") if run.dataset == "cifar10"]
    assert sorted({run.method for run in runs}) == ["rrae_vae", "vae_identity", "vrrae"]
    assert len(runs) == 9


def test_unreadable_files_are_told_without_a_traceback(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1")
    with pytest.raises(UserError, match="is not valid YAML"):
        load_settings(broken)
    broken.write_bytes("banner: à la Latin-1".encode("latin-1"))
    with pytest.raises(UserError, match=r"broken.yaml: is not in UTF-8 \(.*, byte 8\). Save it in UTF-8."):
        load_settings(broken)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "results: a\ndatasets:\n  mnist:\n    epochs: 1\n    seeds: [0]\n    epochs: 2\nresults: b\n",
            "mine.yaml: 2 key(s) stand twice in one place, of which YAML would silently use the last. "
            "Keep one of each.\n  1. datasets.mnist.epochs: in line 4 and in line 6.\n"
            "  2. results: in line 1 and in line 7.",
        ),
        ('{"results": "a", "datasets": {"mnist": {"epochs": 1, "epochs": 2}}}', "  1. epochs: 2 times."),
        ("experiment:\n\tdatasets: [mnist]\n", "line 2, column 1"),
        ("experiment:\n\tdatasets: [mnist]\n", "Indent with spaces: YAML does not take a tab for them."),
        ("- results\n", "mine.yaml: contains no keys. Write `key: value` lines"),
        ("# nothing\n", "mine.yaml: contains no keys"),
        (
            "datasets:\n  mnist: {seeds: [007, 010], epochs: 1:30, test_images: -0_12}\n",
            "mine.yaml: 3 number(s) are not read as they look, because YAML takes a leading 0 for base 8 and a "
            "colon for base 60. Write them without these, or in quotes if they are text.\n"
            "  1. 010 in line 2 is read as 8.\n"
            "  2. 1:30 in line 2 is read as 90.\n  3. -0_12 in line 2 is read as -10.",
        ),
        ("results: !secret x\n", "mine.yaml: cannot be read as a configuration"),
    ],
)
def test_a_file_that_yaml_would_misread_is_refused(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        load_settings(BASE, tmp_path / "mine.yaml")
    assert message in str(caught.value)


def test_digits_that_are_marked_as_text_are_text(tmp_path):
    (tmp_path / "mine.yaml").write_text("results: !!str 010\nbanner: '1:30'\ndatasets: {mnist: {test_images: 0_}}\n")
    with pytest.raises(UserError, match="datasets.mnist.test_images: 0 is not valid"):
        load_settings(BASE, tmp_path / "mine.yaml")
    (tmp_path / "mine.yaml").write_text("results: !!str 010\nbanner: '1:30'\n")
    settings = load_settings(BASE, tmp_path / "mine.yaml")
    assert (str(settings.results), settings.banner) == ("010", "1:30")


def test_of_a_line_that_yaml_refuses_the_place_is_told_and_not_the_text(tmp_path):
    """The part that YAML shows may begin in the midst of a password."""
    (tmp_path / "mine.yaml").write_text(f"mirror: https://me:{'s3cret' * 20}@x: y\n")
    with pytest.raises(UserError, match="line 1, column 142: mapping values are not allowed") as caught:
        load_settings(BASE, tmp_path / "mine.yaml")
    assert "cret" not in str(caught.value)


def test_a_part_that_stands_in_two_places_by_an_alias_is_no_key_twice(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "datasets:\n  mnist: {beta: &beta {vae: 0.5}}\n  fashion_mnist: {beta: {<<: *beta, vrrae: 0.5}}\n"
    )
    settings = load_settings(BASE, tmp_path / "mine.yaml")
    assert settings.datasets["fashion_mnist"].beta["vae"] == settings.datasets["mnist"].beta["vae"] == 0.5


def numbers(value, place=()):
    """Where numbers stand in a configuration."""
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers(below, (*place, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place


def with_value(values, place, value):
    """The configuration with another value at one place."""
    changed = copy.deepcopy(values)
    below = changed
    for key in place[:-1]:
        below = below[key]
    below[place[-1]] = value
    return changed


@pytest.mark.parametrize("value", [True, 1e30, float("inf"), float("nan"), 10**400])
def test_no_number_may_be_a_truth_value_or_beyond_all_bounds(values, value):
    """Every number of the synthetic data set and of MNIST, which have all keys, and of what belongs to no data set."""
    del values["datasets"]["cifar10"], values["datasets"]["celeba"], values["datasets"]["fashion_mnist"]
    values |= {"longest_job_minutes": 60, "experiment": values["experiment"] | {"datasets": ["synthetic", "mnist"]}}
    values["datasets"]["mnist"] |= {"sweep_seeds": [0], "test_images": 10}
    for place in numbers(values):
        told = problems_of(with_value(values, place, value))
        # Of a list or mapping of numbers, which entry it is stands in its value.
        whole, entry = ".".join(map(str, place)), ".".join(map(str, place[:-1]))
        assert f"{whole}: {value!r} is not valid" in told or f"{entry}: " in told and f"{value!r}" in told, place


def test_every_number_has_an_upper_bound_in_the_schema():
    """So one that somebody adds has to have it too."""
    definitions = json_schema()["$defs"]

    def unbounded(entry, place):
        if entry.get("type") in ("integer", "number") and not {"maximum", "exclusiveMaximum", "enum"} & set(entry):
            yield place
        below = [*entry.get("anyOf", []), entry.get("items"), entry.get("additionalProperties")]
        for each in below:
            if isinstance(each, dict):
                yield from unbounded(each, place)

    schemas = {"Settings": json_schema(), **definitions}
    found = [
        place
        for model, schema in schemas.items()
        for name, entry in schema["properties"].items()
        for place in unbounded(entry, f"{model}.{name}")
    ]
    assert found == []


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("datasets.mnist.seeds", [2**32], "datasets.mnist.seeds.0: 4294967296 is not valid"),
        ("datasets.mnist.seeds", [int("9" * 300)], "datasets.mnist.seeds.0: 999"),
        ("datasets.mnist.extractor.image_size", 10**5, "Input should be less than or equal to 1024"),
        ("datasets.mnist.sampling.random_images", 10**12, "Input should be less than or equal to 1000000"),
        ("datasets.mnist.sampling.random_images", 10**6, "10,010,000 images would be drawn from each model"),
        ("datasets.mnist.betas", [1e-3, 1.00000000000001e-3], "repeats a value"),
        ("datasets.mnist.other_learning_rates", [1.00000000000001e-3], "repeats a rate"),
        ("datasets." + "a" * 101, {}, "String should have at most 100 characters"),
    ],
)
def test_what_no_path_disk_or_generator_can_hold_is_told_with_the_rest(values, place, value, message):
    assert message in problems_of(with_value(values, place.split("."), value))


def test_numbers_of_the_command_line_and_in_other_spellings_are_taken(values):
    """Snakemake hands over numbers within `--config datasets={…}` as text, and YAML reads 1e-3 as text."""
    values["datasets"]["mnist"] |= {"epochs": "3", "learning_rate": "1e-3", "seeds": ["0", "1"]}
    mnist = check_settings(values).datasets["mnist"]
    assert (mnist.epochs, mnist.learning_rate, mnist.seeds) == (3, 1e-3, (0, 1))


def test_a_mistake_in_a_check_is_no_missing_key_and_switches_nothing_off(values, monkeypatch):
    def misspelt(key, dataset):
        yield dataset.botleneck

    monkeypatch.setattr(config_checks, "_DATASET_CHECKS", (misspelt,))
    with pytest.raises(AttributeError, match="DatasetSettings has no key botleneck"):
        check_settings(values)


def test_a_check_runs_as_far_as_the_keys_that_it_needs_are_there(values):
    """One key less, or one malformed, and everything else that is wrong is told beside it."""
    values["datasets"]["mnist"] |= {"batch_size": 8, "betas": [0, 0], "seeds": [0, 0], "extractor": None}
    for name in ("latent_size", "epochs", "sampling", "learning_rate", "beta"):
        for changed in ({}, {name: "nonsense"}):
            mnist = {key: value for key, value in values["datasets"]["mnist"].items() if key != name} | changed
            told = problems_of(values | {"datasets": values["datasets"] | {"mnist": mnist}})
            assert f"datasets.mnist.{name}: " in told
            for words in (
                "8 is smaller than the bottleneck",
                "repeats a value",
                "repeats a seed",
                "no further extractors",
            ):
                assert words in told, name
