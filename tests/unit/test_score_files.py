"""scores.json as it is read: typed, those of a run told from those of real images, and what is wrong named."""

from pathlib import Path

import pytest
from commands import ROOT

from vrrae_bench.artefacts.scores import BoundScores, RunScores, scores_of, write_scores
from vrrae_bench.reporting.run_scores import read_run_scores, read_scores
from vrrae_bench.system.errors import UserError
from vrrae_bench.system.files import read_json

KEPT = ROOT / "docs/example-report"
BOUNDS = ("floor", "copies", "ceiling")


def test_every_kept_file_of_scores_is_read_with_the_numbers_that_it_has():
    runs = sorted(KEPT.glob("**/scores.json"))
    bounds = [path for name in BOUNDS for path in sorted(KEPT.glob(f"**/{name}.json"))]
    assert len(runs) > 60 and len(bounds) >= 9
    for path in (*runs, *bounds):
        scores, written = read_scores(path), read_json(path)
        assert isinstance(scores, RunScores if path in runs else BoundScores)
        assert scores.numbers == {name: value for name, value in written.items() if name != "details"}
        assert all(type(value) is type(written[name]) for name, value in scores.numbers.items())
        assert scores.details.counts.keys() == written["details"].get("counts", {}).keys()
    assert {read_scores(path).details.bound for path in bounds} == set(BOUNDS)


@pytest.fixture
def record(run_spec):
    return {"reconstruction_error": 20.0, "active_units": 3, "details": {"run": run_spec("vae").model_dump()}}


def test_the_name_of_a_key_tells_nothing_of_what_the_scores_are_of(record):
    """A run whose configuration has a word in it that floors have too is a run all the same."""
    record["details"]["run"]["dataset"] = "bound"
    assert isinstance(scores_of(Path("scores.json"), record), RunScores)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reconstruction_error": "20"}, "reconstruction_error"),
        ({"active_units": True}, "active_units"),
        ({"active_units": None}, "active_units"),
        ({"reconstruction_error": float("nan")}, "reconstruction_error: no number"),
        ({"reconstruction_error": float("inf")}, "reconstruction_error: no number"),
        ({"details": None}, "details"),
        ({"details": {}}, "run"),
        ({"details": {"bound": "roof", "dataset": "mnist"}}, "floor"),
        ({"details": {"bound": "floor"}}, "dataset"),
    ],
)
def test_what_is_no_file_of_scores_is_refused_with_its_name_and_the_key(record, changes, told):
    with pytest.raises(UserError, match=r"^results/scores.json: is damaged.*--forcerun results/scores.json$") as caught:
        scores_of(Path("results/scores.json"), record | changes)
    assert told in str(caught.value)


@pytest.mark.parametrize(("draws", "printed"), [([3.0, 5.0], False), ([3.0, 5.0, 4.0], True)])
def test_the_interval_of_two_draws_is_kept_and_not_printed(record, draws, printed):
    interval = {"fid_random_mean": {"low": 1.0, "high": 7.0}, "kid_random": {"low": 0.0, "high": 1.0}}
    record["details"] |= {"fid_random_draws": draws, "intervals": interval}
    found = scores_of(Path("scores.json"), record)
    assert found.details.intervals["fid_random_mean"].high == 7.0
    assert ("fid_random_mean low" in found.interval_ends) == printed and found.interval_ends["kid_random high"] == 1.0


def test_a_list_or_an_interval_that_is_none_is_refused(record):
    for key, value in (("singular_values", "ab"), ("intervals", {"kid_random": {"low": 1.0}}), ("counts", {"a": 3})):
        broken = record | {"details": record["details"] | {key: value}}
        with pytest.raises(UserError, match=key):
            scores_of(Path("scores.json"), broken)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("signal_to_noise", [1.0, float("inf")]),
        ("fid_random_draws", [float("nan")]),
        ("intervals", {"kid_random": {"low": -float("inf"), "high": 1.0}}),
    ],
)
def test_no_number_in_a_list_or_an_interval_is_infinite(record, key, value):
    with pytest.raises(UserError, match=key):
        scores_of(Path("scores.json"), record | {"details": record["details"] | {key: value}})


def test_scores_of_noise_are_not_taken_for_those_of_a_run(tmp_path):
    path = tmp_path / "ceiling.json"
    # Whoever lets BIC choose the number of Gaussians has none configured.
    details = {"bound": "ceiling", "dataset": "mnist", "sampling": {"gmm_components": None, "random_images": 5}}
    write_scores(path, {"fid_random": 900.0}, details)
    assert read_scores(path).details.bound == "ceiling"
    with pytest.raises(UserError, match=r"ceiling.json: holds the scores of ceiling, not those of a run"):
        read_run_scores(path)


def test_scores_are_checked_before_they_are_written(tmp_path, record):
    details = record.pop("details")
    write_scores(tmp_path / "scores.json", record, details)
    assert read_scores(tmp_path / "scores.json").numbers == record
    for numbers, about in ((record | {"active_units": "3"}, details), (record, {})):
        with pytest.raises(ValueError):
            write_scores(tmp_path / "broken.json", numbers, about)
    assert not (tmp_path / "broken.json").exists()
