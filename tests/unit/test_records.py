"""Records: damage to a file or its record is found by whoever reads it, and results of something else are refused."""

import json
import os

import numpy as np
import pytest

from vrrae_bench.artefacts.records import read_record, write_record
from vrrae_bench.artefacts.run_folder import check_sample, check_training
from vrrae_bench.datasets.store import DataSet, write_dataset
from vrrae_bench.models.serialisation import DIGEST_LENGTH, END, ModelHeader, load_model, save_model
from vrrae_bench.reporting.run_scores import read_history, read_scores
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import read_json, sha256, write_json


def flip(path, position=-1, bit=1):
    """One bit of a file, which keeps its time: what a bad disk or a careless copy does."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[position] ^= bit
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


# The mechanism


def test_a_record_is_read_as_it_was_written(tmp_path):
    (tmp_path / "a.npy").write_bytes(b"numbers")
    write_record(tmp_path / "a.json", {"scores": {"x": 0.1 + 0.2, "shape": (1, 2)}}, ["a.npy"])
    found = read_record(tmp_path / "a.json", "a.npy")
    assert found == {"scores": {"x": 0.1 + 0.2, "shape": [1, 2]}, "files": {"a.npy": sha256(tmp_path / "a.npy")}}


def test_outside_the_details_of_scores_are_numbers_alone(tmp_path):
    write_record(tmp_path / "scores.json", {"fid": 1.0, "details": {"run": {}}})
    assert read_json(tmp_path / "scores.json").keys() == {"fid", "details"}
    assert read_record(tmp_path / "scores.json") == {"fid": 1.0, "details": {"run": {}}}


@pytest.mark.parametrize("damaged", ['{"fid": 2.5', "", "[1]", "\0" * 9, '{"fid": 3.5}'])
def test_a_damaged_record_is_named_with_what_makes_it_again(damaged, tmp_path):
    path = tmp_path / "scores.json"
    write_record(path, {"fid": 2.5})
    text = path.read_text()
    path.write_text(text.replace("2.5", "3.5") if damaged == '{"fid": 3.5}' else damaged)
    with pytest.raises(UserError, match=r"scores.json: is damaged.* --forcerun \S+scores.json$"):
        read_record(path)


def test_a_record_may_be_laid_out_anew(tmp_path):
    write_record(tmp_path / "a.json", {"b": 1, "a": 2})
    content = read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text(json.dumps(dict(sorted(content.items()))))
    assert read_record(tmp_path / "a.json") == {"a": 2, "b": 1}


def test_a_file_that_is_missing_damaged_or_another_one_is_refused(tmp_path):
    for name in ("a.npy", "b.npy"):
        (tmp_path / name).write_bytes(name.encode() * 9)
    write_record(tmp_path / "a.json", {}, ["a.npy", "b.npy"])
    flip(tmp_path / "a.npy")
    assert read_record(tmp_path / "a.json", "b.npy")
    with pytest.raises(UserError, match=r"a.npy: is damaged.*--forcerun \S+a.json"):
        read_record(tmp_path / "a.json", "a.npy")
    (tmp_path / "a.npy").unlink()
    with pytest.raises(UserError, match=r"a.npy: cannot be read .*--forcerun \S+a.json"):
        read_record(tmp_path / "a.json", "a.npy")


def test_a_record_of_an_earlier_version_has_no_digests_and_is_read(tmp_path):
    write_json(tmp_path / "a.json", {"run": 1})
    assert read_record(tmp_path / "a.json", "a.npy") == {"run": 1}


# Data


def test_flipped_bytes_of_images_are_found(tmp_path, rng):
    images = rng.integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
    write_dataset(tmp_path, "x", {"train": images, "test": images})
    flip(tmp_path / "train.npy")
    data = DataSet(tmp_path / "manifest.json")
    assert len(data.array("test")) == 6
    with pytest.raises(UserError, match=r"train.npy: is damaged.*--forcerun \S+manifest.json"):
        data.array("train")


# Models and what is made of them


@pytest.fixture
def folder(tmp_path, run_spec, untrained, tiny_images):
    """The folder of a run with all that is written for it."""
    run, manifest = run_spec("ae"), tiny_images.manifest
    header = ModelHeader(run=run, image_shape=manifest.image_shape, normalisation=manifest.normalisation)
    save_model(tmp_path / "model.eqx", untrained("ae"), header)
    (tmp_path / "history.csv").write_text("step,reconstruction_error\n1,50.0\n")
    record = {"run": run.model_dump(), "data": manifest.model_dump(mode="json")}
    write_record(tmp_path / "run.json", record, ["model.eqx", "history.csv"])
    np.save(tmp_path / "random.npy", np.zeros(3))
    record = {"run": run.model_dump(), "model_sha256": sha256(tmp_path / "model.eqx"), "sampling": {}}
    write_record(tmp_path / "sample.json", record, ["random.npy"])
    write_record(tmp_path / "scores.json", {"fid": 1.0, "details": {"run": run.model_dump()}})
    return tmp_path


@pytest.mark.parametrize("position", [10, 4000, -200, -80, -70, -1])
def test_one_flipped_bit_of_a_model_is_found_wherever_it_is(position, folder, run_spec):
    flip(folder / "model.eqx", position)
    with pytest.raises(UserError, match=r"model.eqx: is .*damaged.*--forcerun \S+model.eqx"):
        load_model(folder / "model.eqx")


def test_a_model_of_an_earlier_version_is_read_and_its_run_is_compared(folder, run_spec):
    path = folder / "model.eqx"
    content = path.read_bytes()
    path.write_bytes(content[: -len(END) - DIGEST_LENGTH])
    model, header = load_model(path, run_spec("ae"))
    save_model(path.with_name("again.eqx"), model, header)
    assert path.with_name("again.eqx").read_bytes() == content
    with pytest.raises(UserError, match="model.eqx: is not the model that is asked for: seed is 0 and not 1"):
        load_model(path, run_spec("ae", seed=1))


def test_a_run_of_another_specification_or_of_other_images_is_refused(folder, run_spec, tiny_images, tiny_colours):
    run, manifest = run_spec("ae"), tiny_images.manifest
    assert check_sample(folder, run, manifest, "random.npy")
    assert check_training(folder, run, None, "model.eqx")
    with pytest.raises(UserError, match=r"run.json: .* epochs is 2.0 and not 3.0\. .*--forcerun \S+run.json"):
        check_sample(folder, run_spec("ae", epochs=3), manifest)
    with pytest.raises(UserError, match=r"run.json: .*data is"):
        check_training(folder, run, tiny_colours.manifest)


def test_samples_of_another_model_are_refused(folder, run_spec, tiny_images):
    run = run_spec("ae")
    numbers = bytearray((folder / "model.eqx").read_bytes()[: -len(END) - DIGEST_LENGTH])
    numbers[-1] ^= 1
    (folder / "model.eqx").write_bytes(numbers)
    training = read_record(folder / "run.json")
    write_record(folder / "run.json", training, ["model.eqx", "history.csv"])
    with pytest.raises(UserError, match="sample.json: is not the sample that is asked for: model is"):
        check_sample(folder, run, tiny_images.manifest)


def test_scores_and_histories_of_other_runs_are_not_reported(folder, run_spec):
    assert read_scores(folder / "scores.json").numbers == {"fid": 1.0} and len(read_history(folder, "step")) == 1
    flip(folder / "history.csv", -3)
    with pytest.raises(UserError, match=r"history.csv: is damaged"):
        read_history(folder, "step")
    write_record(folder / "scores.json", {"fid": 1.0, "details": {"run": run_spec("ae", seed=1).model_dump()}})
    with pytest.raises(UserError, match=r"scores.json: is not the file of scores that is asked for: seed is 1 and"):
        read_scores(folder / "scores.json")


def write_scores_of(folder, run, number=20.0, **details):
    """Scores that repeat a score of the model itself, as they do in a file of scores."""
    content = {"reconstruction_error": number, "details": {"run": run.model_dump(), **details}}
    write_record(folder / "scores.json", content)


def test_scores_of_an_earlier_sample_or_training_are_not_reported(folder, run_spec):
    """As in a copy of a folder in which a run was made again only in part, since a copy has other times."""
    run, sample = run_spec("ae"), folder / "sample.json"
    drawn = {"gmm_components": 2, "gmm_log_likelihood": -1.5}
    write_record(sample, read_record(sample) | {"scores": {"reconstruction_error": 20.0}, "sampling": drawn})
    write_scores_of(folder, run, sampling=drawn)
    assert read_scores(folder / "scores.json").numbers == {"reconstruction_error": 20.0}
    for number, sampling in ((21.0, drawn), (20.0, drawn | {"gmm_log_likelihood": -1.6})):
        write_scores_of(folder, run, number, sampling=sampling)
        with pytest.raises(UserError, match=r"scores.json: was not computed from sample.json .*--forcerun \S+scores"):
            read_scores(folder / "scores.json")
    write_scores_of(folder, run, sampling=drawn)
    write_record(sample, read_record(sample) | {"model_sha256": "0" * 64})
    with pytest.raises(UserError, match=r"sample.json: is not the sample that is asked for: model is 0"):
        read_scores(folder / "scores.json")


@pytest.mark.parametrize("other", ["", "extractor_seed=1"])
def test_scores_in_the_features_of_an_earlier_network_are_not_reported(other, tmp_path, run_spec):
    run = run_spec("ae")
    folder, network = tmp_path / run.folder / other, tmp_path / "extractor/tiny" / other / "extractor.json"
    told = {"sha256": "1" * 64, "settings": {"start": "random", "image_size": 75, "seed": 0}}
    write_scores_of(folder, run, extractor=told)
    bound = {"details": {"bound": "floor", "dataset": "tiny", "extractor": told}}
    write_record(network.with_name("floor.json"), bound)
    files = folder / "scores.json", network.with_name("floor.json")
    for digest in (None, "1" * 64):
        if digest:
            write_record(network, told)
        assert all(read_scores(file) for file in files)
    write_record(network, told | {"sha256": "2" * 64})
    for file in files:
        with pytest.raises(UserError, match=rf"{file.name}: is not the file of scores that is asked for: extractor is"):
            read_scores(file)
