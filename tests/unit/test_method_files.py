"""Files of methods: what is wrong with one is told before anything begins, and records know methods by their lines."""

import pytest
from commands import ROOT
from configurations import load_settings
from pydantic import ValidationError

from vrrae_bench.artefacts import methods as reader
from vrrae_bench.artefacts.methods import Method, methods, methods_of
from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.artefacts.run import RunSpec
from vrrae_bench.artefacts.run_folder import check_sample, check_training
from vrrae_bench.models.serialisation import DIGEST_LENGTH, END, ModelHeader, load_model, save_model
from vrrae_bench.study.reading import BASE
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import sha256

CLASS = "class Sphere:\n    pass\n"
LINE = '"sphere_ae": {"bottleneck": "Sphere", "width": "bottleneck"}'


def test_the_lines_of_a_file_are_read_and_the_file_is_not_run(tmp_path):
    path = tmp_path / "sphere.py"
    path.write_text(f"import nothing_of_this_name\n\nMETHODS = {{{LINE}}}\n\n\n{CLASS}")
    assert methods_of(path) == {"sphere_ae": Method(file="sphere", bottleneck="Sphere", width="bottleneck")}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "METHODS is given a value 0 times"),
        (CLASS, "METHODS is given a value 0 times"),
        (f"METHODS = {{{LINE}}}\nMETHODS = {{{LINE}}}\n{CLASS}", "METHODS is given a value 2 times"),
        ("METHODS = {", "is no file of a method"),
        ("\0", "is no file of a method"),
        (f"METHODS = dict()\n{CLASS}", "METHODS is not a dictionary of methods, written out without names or calls"),
        (f"METHODS = {{}}\n{CLASS}", "METHODS is not a dictionary of methods"),
        (f"METHODS = [1]\n{CLASS}", "METHODS is not a dictionary of methods"),
        (f"METHODS = {{{LINE}}}\n", "the file has no class Sphere"),
        (f'METHODS = {{"a": 1}}\n{CLASS}', "'a': is no entry of a method"),
        (f'METHODS = {{"a/b": {{}}}}\n{CLASS}', "'a/b': is no name of a method"),
        (f"METHODS = {{1: {{}}}}\n{CLASS}", "1: is no name of a method"),
        (f'METHODS = {{"floor": {{}}}}\n{CLASS}', "'floor': tables use this name for scores of real images or noise"),
        (f'METHODS = {{"a": {{"bottleneck": "Sphere"}}}}\n{CLASS}', "'a': width: Field required"),
        (f'METHODS = {{"a": {{"bottleneck": "Sphere", "width": "k"}}}}\n{CLASS}', "'a': width: Input should be"),
        (
            f'METHODS = {{"a": {{"bottleneck": "Sphere", "width": "bottleneck", "variatonal": True}}}}\n{CLASS}',
            "'a': variatonal: Extra inputs are not permitted. Known keys: bottleneck, width,",
        ),
        (f'METHODS = {{"a": {{1: 2}}}}\n{CLASS}', "'a': "),
    ],
)
def test_what_is_wrong_with_a_file_is_told(content, told, tmp_path):
    path = tmp_path / "sphere.py"
    path.write_text(content)
    with pytest.raises(UserError) as caught:
        methods_of(path)
    assert str(caught.value).startswith(f"{path}: ") and told in str(caught.value)


@pytest.fixture
def found_in(tmp_path, monkeypatch):
    """The folder in which methods are looked for."""
    monkeypatch.setattr(reader, "PACKAGE", tmp_path)
    methods.cache_clear()
    folder = tmp_path / reader.FOLDER
    folder.mkdir(parents=True)
    yield folder
    methods.cache_clear()


def test_two_files_do_not_share_a_method(found_in):
    for name in ("a.py", "b.py"):
        (found_in / name).write_text(f"METHODS = {{{LINE}}}\n{CLASS}")
    with pytest.raises(UserError, match=r"b.py: the method 'sphere_ae' stands in .*a.py too"):
        methods()


def test_what_editors_leave_behind_is_no_method(found_in):
    (found_in / "a.py").write_text(f"METHODS = {{{LINE}}}\n{CLASS}")
    (found_in / ".#a.py").symlink_to("nowhere")
    (found_in / "._a.py").write_bytes(b"\xff")
    (found_in / "a.py~").write_text("")
    assert list(methods()) == ["sphere_ae"]


def test_a_broken_file_stops_the_check_of_a_configuration(found_in):
    (found_in / "a.py").write_text("METHODS = {")
    with pytest.raises(UserError, match=r"a.py: is no file of a method"):
        load_settings(BASE)


# Records of earlier versions


def test_the_runs_of_the_kept_reports_are_the_runs_of_the_methods_of_today():
    kept = sorted((ROOT / "docs/example-report").glob("**/run.json"))
    assert kept
    for path in kept:
        run = RunSpec.model_validate(read_record(path)["run"])
        assert run.definition == methods()[run.method]


def test_a_run_without_a_definition_and_of_an_unknown_method_is_refused(run_spec):
    described = run_spec("ae").model_dump(exclude={"definition"})
    assert RunSpec.model_validate(described) == run_spec("ae")
    with pytest.raises(ValidationError, match="this code does not have the method 'mine'"):
        RunSpec.model_validate(described | {"method": "mine"})


@pytest.fixture
def earlier(tmp_path, run_spec, untrained, tiny_images):
    """The folder of a run whose model, run.json and sample.json have no definition."""
    run, manifest = run_spec("vrrae"), tiny_images.manifest
    header = ModelHeader(run=run, image_shape=manifest.image_shape, normalisation=manifest.normalisation)
    model, path = untrained("vrrae"), tmp_path / "model.eqx"
    save_model(path, model.with_bottleneck(model.bottleneck.like_trained()), header)
    without = header.model_dump_json(exclude={"run": {"definition"}}).encode()
    content = path.read_bytes()[: -len(END) - DIGEST_LENGTH]
    path.write_bytes(without + content[content.index(b"\n") :])
    described = {"run": run.model_dump(exclude={"definition"}), "data": manifest.model_dump(mode="json")}
    write_record(tmp_path / "run.json", described, ["model.eqx"])
    sample = {"run": described["run"], "model_sha256": sha256(path), "sampling": {}}
    write_record(tmp_path / "sample.json", sample)
    return tmp_path


def test_models_and_records_without_a_definition_are_those_of_the_method_of_their_name(earlier, run_spec, tiny_images):
    run = run_spec("vrrae")
    assert check_training(earlier, run, tiny_images.manifest, "model.eqx")
    assert check_sample(earlier, run, tiny_images.manifest)
    model, header = load_model(earlier / "model.eqx", run)
    assert header.run == run and model.bottleneck.basis.shape == (12, 3)


def test_a_result_of_a_method_that_was_another_one_then_is_refused(earlier, run_spec):
    """Its line has changed since, so that the name alone says nothing."""
    run = run_spec("vrrae")
    other = run.definition.model_copy(update={"options": {"mean": "linear"}})
    with pytest.raises(UserError, match="run.json: is not the training that is asked for: definition is"):
        check_training(earlier, run.model_copy(update={"definition": other}), None)
