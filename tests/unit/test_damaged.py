"""Files that are damaged are told by name, with what to do, whether or not a record has their digest.

Here none has: results of earlier versions have no digests, and a record that is cut to nothing has none either.
"""

import json

import numpy as np
import pytest
from configurations import load_settings

from vrrae_bench.artefacts.arrays import read_array, read_arrays
from vrrae_bench.artefacts.run_folder import check_sample, check_training
from vrrae_bench.artefacts.shown import SHOWN_IMAGES, SHOWN_MEANS
from vrrae_bench.datasets.conversion import convert_images
from vrrae_bench.reporting.captions import scores_context
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.reporting.configured import read_study
from vrrae_bench.reporting.figures import figure_2, figure_a2_2, gallery, histories
from vrrae_bench.reporting.figures.drawing import Run, plt
from vrrae_bench.reporting.long_tables import long_table
from vrrae_bench.reporting.report import write_report
from vrrae_bench.scoring.scores import score_run
from vrrae_bench.study.reading import BASE
from vrrae_bench.system.errors import UserError

STUDY = load_settings(BASE).study
JSON_DAMAGES = [b"", b"{", b"\xff\xfe\x00", b"[]", b"{}", b'"text"', b"3", b'{"details": {}}', b'{"details": []}']
JSON_DAMAGES += [b'{"run": {}, "details": {"run": {}}, "data": {}}']
HISTORY = "epoch,step,loss,reconstruction_error,kl_divergence,penalty\n1,3,50,50,0,0\n2,6,40,40,0,0\n"
HISTORY_DAMAGES = [
    b"",
    b"\xff\xfe\x00",
    b"step\n3\n",
    HISTORY[:54].encode(),
    HISTORY[:-9].encode(),
    b"[]",
    b"\x00" * 99,
]
HISTORY_DAMAGES += [HISTORY.replace("40", "forty").encode()]


@pytest.fixture
def run(tmp_path, run_spec, rng) -> Run:
    """A run whose files are as they should be."""
    spec = run_spec("vae", dataset="synthetic")
    folder = tmp_path / spec.folder
    folder.mkdir(parents=True)
    means = rng.normal(size=(40, 3)).astype(np.float32)
    latents = {"train_mean": means, "train_log_variance": means - 9, "diagonal_mean": means[:5]}
    np.savez(folder / "latents.npz", **latents)
    np.savez(folder / SHOWN_MEANS, train=means[:, :2], spread=means[:, :2].std(axis=0), diagonal=means[:5, :2])
    images = rng.uniform(size=(6, 28, 28, 1)).astype(np.float32)
    np.savez(
        folder / SHOWN_IMAGES, random=images, real=images, nearest=images, transitions=images.reshape(2, 3, 28, 28, 1)
    )
    for name in ("random", "interpolation"):
        np.save(folder / f"{name}.npy", rng.uniform(size=(30, 28, 28, 1)).astype(np.float32))
    (folder / "history.csv").write_text(HISTORY)
    told = {"commit": None, "versions": {}, "platform": "", "cpus": 1, "device": "", "wall_seconds": 1}
    told |= {"peak_memory_mib": 1, "run": spec.model_dump(), "data": {"n_train": 40, "n_test": 2}}
    (folder / "run.json").write_text(json.dumps(told))
    sampling = {"random_draws": 3, "gmm_components": 2, "interpolation_points": 2}
    (folder / "sample.json").write_text(json.dumps({"scores": {}, "sampling": sampling}))
    (folder / "scores.json").write_text(json.dumps({"details": {"run": spec.model_dump(), "sampling": sampling}}))
    yield Run(spec, folder)
    plt.close("all")


def report(run):
    claims, template = run.folder / "claims.json", run.folder / "template"
    nothing = {"summary": [], "claims": [], "rules": {}, "conditions": [], "other_networks": [], "contradictions": []}
    claims.write_text(json.dumps(nothing))
    template.write_text("")
    how = {"tables": [], "claims": claims, "figures": [], "runs": [run.folder / "run.json"]}
    write_report(run.folder / "report.html", template=template, study=STUDY, **how)


READERS = {
    "scores.json": {
        "figure": lambda run, data: run.details,
        "table": lambda run, data: long_table("table_1", [run.folder / "scores.json"]),
        "best beta": lambda run, data: long_table("table_2", [], [run.folder / "scores.json"]),
        "caption": lambda run, data: scores_context([run.folder / "scores.json"]),
        "claims": lambda run, data: load_evidence([run.folder / "scores.json"], [], STUDY),
    },
    "run.json": {
        "sampling": lambda run, data: check_training(run.folder, run.spec, data.manifest),
        "caption": lambda run, data: scores_context([run.folder / "scores.json"]),
        "report": lambda run, data: report(run),
    },
    "sample.json": {
        "scoring": lambda run, data: score_run(run.spec, run.folder / "sample.json", data, None),
        "other scoring": lambda run, data: check_sample(run.folder, run.spec, None),
    },
    "history.csv": {
        "figure": lambda run, data: histories.draw([run]),
        "report": lambda run, data: report(run),
    },
    SHOWN_MEANS: {
        "figure 2": lambda run, data: figure_2.draw([run]),
        "figure of betas": lambda run, data: figure_a2_2.draw([run]),
        "report": lambda run, data: report(run),
    },
    SHOWN_IMAGES: {"gallery": lambda run, data: gallery.draw([run], 0), "report": lambda run, data: report(run)},
    "latents.npz": {
        "scoring": lambda run, data: score_run(run.spec, run.folder / "sample.json", data, None),
    },
    "random.npy": {
        "scoring": lambda run, data: score_run(run.spec, run.folder / "sample.json", data, None),
    },
}
CASES = [(name, reader) for name, readers in READERS.items() for reader in readers]


def damages_of(path):
    """What may have become of a file."""
    if path.suffix == ".json":
        return JSON_DAMAGES
    if path.suffix == ".csv":
        return HISTORY_DAMAGES
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[5:90] = bytes(85)
    return [b"", b"no array", whole[:100], whole[: len(whole) // 2], whole[:-10], bytes(flipped)]


@pytest.mark.parametrize("lacking", ["random_draws", "interpolation_points"])
def test_a_sample_that_an_earlier_version_described_otherwise_is_named(lacking, run, tiny_images):
    path = run.folder / "sample.json"
    record = json.loads(path.read_text())
    del record["sampling"][lacking]
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match=f"sample.json: .*not written by this version.*{lacking}.*--forcerun"):
        score_run(run.spec, path, tiny_images, None)


@pytest.mark.parametrize(("name", "reader"), CASES)
def test_whoever_reads_a_damaged_file_tells_its_name_and_what_to_do(name, reader, run, tiny_images):
    path = run.folder / name
    for damage in damages_of(path):
        if reader == "caption" and name == "run.json" and damage == JSON_DAMAGES[-1]:
            continue  # which it compares with the scores, and names these
        path.write_bytes(damage)
        with pytest.raises(UserError) as caught:
            READERS[name][reader](run, tiny_images)
        assert str(path) in str(caught.value), damage
        assert f"--forcerun {path}" in str(caught.value), damage


@pytest.mark.parametrize(("name", "reader"), CASES)
def test_a_file_that_is_gone_is_told_too(name, reader, run, tiny_images):
    if reader == "caption" and name == "run.json":
        pytest.skip("scores are read first, and may stand alone")
    if reader == "report" and name in (SHOWN_IMAGES, SHOWN_MEANS):
        pytest.skip("the page says that they do not lie beside it")
    (run.folder / name).unlink()
    with pytest.raises(UserError, match="No such file or directory"):
        READERS[name][reader](run, tiny_images)


def test_draws_that_the_images_do_not_have_are_told(run, tiny_images):
    np.save(run.folder / "random.npy", np.zeros((31, 28, 28, 1), np.float32))
    with pytest.raises(UserError, match="random.npy: is damaged"):
        score_run(run.spec, run.folder / "sample.json", tiny_images, None)


def test_arrays_with_objects_are_not_loaded(tmp_path):
    """They would be unpickled, and so could run a program."""
    np.save(tmp_path / "a.npy", np.array([{}], object))
    np.savez(tmp_path / "a.npz", a=np.array([{}], object))
    for read, name in ((read_array, "a.npy"), (read_arrays, "a.npz")):
        with pytest.raises(UserError, match=f"{name}: is damaged"):
            read(tmp_path / name)


@pytest.mark.parametrize("damage", JSON_DAMAGES)
def test_a_damaged_configuration_of_the_results_is_told(damage, tmp_path):
    (tmp_path / "settings.json").write_bytes(damage)
    with pytest.raises(UserError, match=r"settings.json: is no configuration of this version\.") as refused:
        read_study(tmp_path / "settings.json")
    assert str(refused.value).endswith(f" --forcerun {tmp_path}/settings.json")


@pytest.mark.parametrize("damaged", ["train.partial.json", "train.partial.npy"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\x93NUMPY"])
def test_a_conversion_whose_half_is_damaged_begins_anew(damaged, content, tmp_path):
    images = np.arange(600, dtype=np.uint8)

    def convert(stop_at=None):
        def read(number):
            if number == stop_at:
                raise KeyboardInterrupt
            return np.full((2, 2, 1), images[number], np.uint8)

        convert_images(tmp_path, {"train": range(600)}, read, (2, 2, 1), origin={"of": "numbers"}, threads=1)

    with pytest.raises(KeyboardInterrupt):
        convert(stop_at=300)
    (tmp_path / damaged).write_bytes(content)
    convert()
    np.testing.assert_array_equal(np.load(tmp_path / "train.npy")[:, 0, 0, 0], images)
