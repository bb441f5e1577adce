"""What the tests of claims share: the configuration, and files of scores and timings."""

import json

import pytest
from configurations import load_settings


@pytest.fixture(scope="session")
def settings(request):
    """The configuration of this project."""
    return load_settings(request.config.rootpath / "config.yaml")


@pytest.fixture
def write_scores(tmp_path, settings):
    """A factory: write the scores of a run, whose settings may differ from the configured ones; returns the path."""

    def write(dataset, method, seed, details=None, **scores):
        run = settings.run(dataset, method, seed)
        changes = {name: scores.pop(name) for name in list(scores) if name in run.model_dump()}
        if changes:
            run = run.model_copy(update=changes | {"variant": json.dumps(changes)})
        path = tmp_path / f"scores{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps(scores | {"details": {"run": run.model_dump(), **(details or {})}}))
        return path

    return write


@pytest.fixture
def write_timing(tmp_path):
    """A factory: write a file of timings on MNIST; returns the path."""

    def write(vae=(0.3, 0.3), vrrae=(0.31, 0.32), **changes):
        seconds = {"vae": list(vae), "vrrae": list(vrrae)}
        keys = ("step_seconds", "training_step_seconds")
        methods = {name: dict.fromkeys(keys, times) | {"steps": 2083} for name, times in seconds.items()}
        path = tmp_path / "timing.json"
        told = {"dataset": "mnist", "batch_size": 576, "methods": methods, "device": "cpu: cpu x 1"}
        path.write_text(json.dumps(told | changes))
        return path

    return write
