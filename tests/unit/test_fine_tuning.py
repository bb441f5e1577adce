"""Fine-tuning the feature extractor: what it learns, when it ends, and that interruptions change nothing."""

import io
import itertools
import os
import signal
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import Inception3
from typechecker import unchecked

from extractor import checkpoint_identity
from vrrae_bench.extractor import fine_tuning
from vrrae_bench.extractor.checkpoints import TuningCheckpoints
from vrrae_bench.extractor.devices import check_precision, reproducible
from vrrae_bench.extractor.fine_tuning import (
    Epoch,
    best_epoch,
    cosine_schedule,
    fine_tune,
    is_stalled,
    validation_split,
)
from vrrae_bench.extractor.inception import save_extractor
from vrrae_bench.extractor.labels import LabelledImages, majority_accuracy, task_of
from vrrae_bench.extractor.settings import ExtractorSettings
from vrrae_bench.system import processor as processors
from vrrae_bench.system.errors import Interrupted, UserError
from vrrae_bench.system.files import sha256
from vrrae_bench.system.processor import Processor
from vrrae_bench.system.provenance import Stopwatch

SETTINGS = ExtractorSettings(
    start="random", image_size=75, epochs=2, batch_size=4, learning_rate=1e-3, precision="float32", seed=0
)


def with_(**changes):
    return SETTINGS.model_copy(update=changes)


def random_images(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28, 1), dtype=np.uint8)


def labelled(n, seed=0):
    return LabelledImages(random_images(n, seed), np.arange(n) % 3)


def shades(n):
    """Black images and white ones, to be told apart."""
    labels = np.arange(n) % 2
    return LabelledImages(np.broadcast_to(255 * labels[:, None, None, None], (n, 28, 28, 1)).astype(np.uint8), labels)


class Small(nn.Sequential, Inception3):
    """Layers that stand in place of those of an Inception-v3."""

    def __init__(self, *layers):
        nn.Module.__init__(self)
        for number, layer in enumerate(layers):
            self.add_module(str(number), layer)


@pytest.fixture
def tune(tmp_path):
    """A factory: fine-tune as the command does, with checkpoints in a folder."""

    def run(train, test, settings=SETTINGS, report=lambda line: None, checkpoint_seconds=1e9, folder=tmp_path):
        checkpoints = TuningCheckpoints(folder, settings.model_dump_json())
        how = {"stopwatch": Stopwatch(), "checkpoint_seconds": checkpoint_seconds, "report": report, "threads": 2}
        return fine_tune(train, test, settings, checkpoints, **how)

    return run


@pytest.fixture
def small_network(monkeypatch):
    """A network with batch normalisation and dropout in place of an Inception-v3, which takes a second a step."""

    def build(settings, n_classes, weights=None):
        body = nn.Conv2d(3, 8, 5, stride=8), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.3), nn.AdaptiveAvgPool2d(2)
        return Small(*body, nn.Flatten(), nn.Linear(32, n_classes))

    monkeypatch.setattr(fine_tuning, "build_network", build)


def assert_same(found, expected):
    assert found.history == expected.history
    assert (found.kept, found.test_accuracy) == (expected.kept, expected.test_accuracy)
    for name, value in expected.network.state_dict().items():
        assert torch.equal(found.network.state_dict()[name], value), name


def test_the_same_seed_gives_the_same_network_and_file_bit_for_bit(tune, tmp_path):
    """Inception-v3 itself; once at a stretch, once terminated after its first step and resumed."""
    settings = with_(epochs=1, batch_size=2)
    torch.manual_seed(5)  # someone else's random state, which must neither matter nor change
    state = torch.get_rng_state()
    first = tune(labelled(5), labelled(3, seed=1), settings, folder=tmp_path / "undisturbed")
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.are_deterministic_algorithms_enabled()

    def terminate(line):
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted, match="saved after step 1"):
        tune(labelled(5), labelled(3, seed=1), settings, report=terminate)
    again = tune(labelled(5), labelled(3, seed=1), settings)
    assert_same(again, first)
    save_extractor(first.network, settings, tmp_path / "a.pt")
    save_extractor(again.network, settings, tmp_path / "b.pt")
    assert sha256(tmp_path / "a.pt") == sha256(tmp_path / "b.pt")


@pytest.mark.parametrize("before", [(False, False), (True, False), (True, True)])
def test_afterwards_torch_has_the_settings_of_its_user_again(before):
    """Whether it is deterministic, and whether it only warns where it can not be."""

    def settings():
        deterministic = torch.are_deterministic_algorithms_enabled()
        return deterministic, torch.is_deterministic_algorithms_warn_only_enabled(), torch.get_num_threads()

    threads = torch.get_num_threads()
    deterministic, warn_only = before
    torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
    try:
        with reproducible(0, threads + 1):
            assert settings() == (True, True, threads + 1)
        assert settings() == (*before, threads)
    finally:
        torch.use_deterministic_algorithms(False)


def test_inception_learns_black_from_white(tune):
    tuned = tune(shades(9), shades(2), with_(epochs=5, batch_size=8, patience=5))
    assert tuned.history[-1].loss < 0.5 * tuned.history[0].loss
    assert tuned.history[-1].train_accuracy == 1


def test_a_coarse_step_is_nearly_the_same(tune, tmp_path):
    try:
        check_precision(with_(precision="bfloat16"), "cpu")
    except UserError as error:
        pytest.skip(str(error))
    fine, coarse = (
        tune(shades(9), shades(2), with_(precision=precision, epochs=1), folder=tmp_path / precision).history[0].loss
        for precision in ("float32", "bfloat16")
    )
    assert fine != coarse and coarse == pytest.approx(fine, rel=0.3)


def test_attributes_are_learned_each_by_itself(tune, small_network):
    """As CelebA has them: bright left halves and bright right halves, both, or none."""
    attributes = np.tile(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8), (8, 1))
    images = np.zeros((32, 28, 28, 1), np.uint8)
    images[:, :, :14] = 255 * attributes[:, 0, None, None, None]
    images[:, :, 14:] = 255 * attributes[:, 1, None, None, None]
    data = LabelledImages(images, attributes)
    tuned = tune(data, data, with_(epochs=30, learning_rate=1e-2, patience=30))
    assert tuned.history[0].loss == pytest.approx(np.log(2), abs=0.3)  # two undecided attributes, averaged
    assert tuned.test_accuracy == 1 and tuned.network(torch.zeros(2, 3, 75, 75)).shape == (2, 2)
    # Each attribute is there in half of the images, so that a guess tells both of a quarter of them, and loses to it
    # on the others.
    assert tuned.recorded()["above_chance"] and tuned.against_guessing == (32, 24, 0)


def test_the_test_accuracy_is_that_of_the_test_images(tune, small_network):
    """Whose labels are the wrong way round here, so that who has learned the training images tells none of them."""
    images, labels = shades(10)
    tuned = tune(shades(40), LabelledImages(images, 1 - labels), with_(epochs=20, learning_rate=1e-2, patience=20))
    assert tuned.recorded()["validation_accuracy"] == 1 and tuned.recorded()["test_accuracy"] == 0
    assert not tuned.recorded()["above_chance"] and tuned.recorded()["against_guessing"]["better"] == 0


def test_the_loss_of_the_auxiliary_head_is_added_at_four_tenths(tune, monkeypatch):
    """As in PyTorch's tutorial on fine-tuning; Inception-v3 has that head while it is trained, at 299 pixels."""

    class TwoHeads(Inception3):
        """Guesses, one head among four classes and the other among two."""

        def __init__(self):
            nn.Module.__init__(self)
            self.heads = nn.ParameterList([torch.zeros(4), torch.zeros(2)])

        def forward(self, images):
            logits, auxiliary = (head.expand(len(images), -1) for head in self.heads)
            return (logits, auxiliary) if self.training else logits

    monkeypatch.setattr(fine_tuning, "build_network", lambda *_: TwoHeads())
    tuned = tune(shades(20), shades(4), with_(learning_rate=1e-12))
    assert tuned.history[0].loss == pytest.approx(np.log(4) + 0.4 * np.log(2))
    assert tuned.history[0].validation_loss == pytest.approx(np.log(4))


def test_the_learning_rate_rises_linearly_then_falls_along_a_cosine():
    shares = np.array([cosine_schedule(step, 200) for step in range(200)])
    np.testing.assert_allclose(shares[:20], np.arange(1, 21) / 20)
    np.testing.assert_allclose(np.arccos(2 * shares[20:] - 1), np.pi * np.arange(180) / 180, atol=1e-6)
    assert [cosine_schedule(step, 2) for step in range(2)] == [1, 1] and cosine_schedule(0, 1) == 1


def test_the_rate_of_the_schedule_is_the_one_that_is_used(tune, small_network, monkeypatch):
    used = []

    class Recorded(torch.optim.AdamW):
        def step(self):
            used.append(self.param_groups[0]["lr"])
            super().step()

    monkeypatch.setattr(torch.optim, "AdamW", Recorded)
    tune(labelled(21), labelled(3), with_(epochs=4))
    assert used == pytest.approx([1e-3 * cosine_schedule(step, 20) for step in range(20)])


def test_validation_images_are_drawn_by_the_seed_and_never_trained_on(tune, small_network, tmp_path):
    settings = with_(validation_share=0.2)
    validation, rest = validation_split(1000, settings)
    assert len(validation) == 200
    np.testing.assert_array_equal(np.sort(np.concatenate([validation, rest])), np.arange(1000))
    assert not np.array_equal(validation_split(1000, with_(validation_share=0.2, seed=1))[0], validation)
    assert abs(np.mean(validation) - 500) < 80  # from everywhere
    # Other pixels in a validation image change no weight.
    data, changed = labelled(20), labelled(20)
    changed.images[validation_split(20, settings)[0]] = 0
    first = tune(data, labelled(3), with_(validation_share=0.2, epochs=1))
    other = tune(changed, labelled(3), with_(validation_share=0.2, epochs=1), folder=tmp_path / "other")
    for name, value in first.network.state_dict().items():
        assert torch.equal(other.network.state_dict()[name], value), name


def epochs(*accuracies, losses=None):
    return [Epoch(1.0, 0.5, loss, a) for a, loss in zip(accuracies, losses or [1.0] * len(accuracies))]


def test_the_best_epoch_is_the_most_accurate_then_that_of_the_lowest_loss():
    assert best_epoch(epochs(0.1, 0.9, 0.5)) == 1
    assert best_epoch(epochs(0.9, 0.9, 0.9, losses=[0.3, 0.2, 0.2])) == 1


def test_patience_ends_after_so_many_epochs_without_a_better_one():
    one, two = with_(patience=1), with_(patience=2)
    assert not is_stalled([], one)
    assert not is_stalled(epochs(0.5), one)
    assert is_stalled(epochs(0.5, 0.4), one)
    assert not is_stalled(epochs(0.5, 0.4), two)
    assert not is_stalled(epochs(0.5, 0.4, 0.6), two)
    assert is_stalled(epochs(0.5, 0.4, 0.6, 0.6, 0.1), two)
    settling = with_(patience=1, epochs=6, settling_epochs=3)
    assert not is_stalled(epochs(0.5, 0.4, 0.3, 0.2), settling) and is_stalled(epochs(0.5, 0, 0, 0.3, 0.2), settling)


def test_the_weights_of_the_best_epoch_are_kept(tune, small_network, monkeypatch):
    """The first epoch counts as the best: the outcome is that of an epoch of the same schedule, and no more."""
    settings, trajectory = with_(epochs=10, patience=2), []

    def evaluate(network, task, data, indices, settings, keep):
        trajectory.append({name: value.clone() for name, value in network.state_dict().items()})
        return 1.0, 1 / len(trajectory)

    monkeypatch.setattr(fine_tuning, "_evaluate", evaluate)
    tuned = tune(labelled(20), labelled(3), settings)
    assert (len(tuned.history), tuned.kept) == (3, 1)
    for name, value in tuned.network.state_dict().items():
        assert torch.equal(value, trajectory[0][name]), name
    assert not torch.equal(trajectory[0]["6.weight"], trajectory[2]["6.weight"])


def test_settling_epochs_change_the_weights_and_not_the_statistics_and_one_of_them_is_kept(
    tune, small_network, monkeypatch
):
    """Although an earlier epoch is more accurate: its features may be huge for a few images."""
    settings, after = with_(epochs=4, settling_epochs=2, patience=4), []

    def evaluate(network, task, data, indices, settings, keep):
        after.append({name: value.clone() for name, value in network.state_dict().items()})
        return 1.0, [0.9, 0.8, 0.3, 0.4][len(after) - 1]

    monkeypatch.setattr(fine_tuning, "_evaluate", evaluate)
    tuned = tune(labelled(20), labelled(3), settings)
    means, weights = ([epoch[name] for epoch in after] for name in ("1.running_mean", "1.weight"))
    assert [torch.equal(*pair) for pair in itertools.pairwise(means)] == [False, True, True]
    assert not any(torch.equal(*pair) for pair in itertools.pairwise(weights))
    assert tuned.kept == 4 and torch.equal(tuned.network.state_dict()["1.weight"], weights[3])


def test_label_smoothing_spreads_a_share_of_each_label_over_all_of_its_values():
    outputs, classes = torch.tensor([[3.0, 0.0, -1.0], [0.5, 1.5, 0.0]]), torch.tensor([0, 2])
    images = random_images(2)
    task = task_of(LabelledImages(images, np.array([0, 2])), LabelledImages(images, np.array([0, 2])))
    targets = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])  # 0.3 of the weight, a tenth for each class
    expected = -(targets * outputs.log_softmax(1)).sum(1).mean()
    assert task.loss(outputs, classes, 0.3).item() == pytest.approx(expected.item())
    attributes = LabelledImages(images, np.array([[1, 0, 1], [0, 0, 1]]))
    targets = torch.tensor([[0.85, 0.15, 0.85], [0.15, 0.15, 0.85]])
    expected = -(targets * outputs.sigmoid().log() + (1 - targets) * (-outputs).sigmoid().log()).mean()
    found = task_of(attributes, attributes).loss(outputs, torch.as_tensor(attributes.labels), 0.3)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_accuracies_are_printed_for_every_epoch_and_recorded(tune, small_network):
    lines = []
    tuned = tune(shades(40), shades(10), with_(epochs=3), report=lines.append)
    assert [line.split(":")[0] for line in lines if line.startswith("epoch")] == [
        f"epoch {n} of at most 3" for n in (1, 2, 3)
    ]
    assert lines[-1] == f"kept the weights of epoch {tuned.kept}: test accuracy {tuned.test_accuracy:.2%}"
    record = tuned.recorded()
    best = record["history"][record["kept_epoch"] - 1]
    assert (
        record["validation_accuracy"]
        == best["validation_accuracy"]
        == max(epoch["validation_accuracy"] for epoch in record["history"])
    )
    assert record["train_accuracy"] == best["train_accuracy"] and record["test_accuracy"] == tuned.test_accuracy


def test_the_record_says_what_was_told_and_what_guessing_would_tell(tune, small_network):
    train, test = shades(40), shades(10)
    record = tune(train, test, with_(epochs=1)).recorded()
    assert record["labels"] == f"{train.labels.max() + 1} classes"
    most = np.bincount(train.labels).argmax()
    assert record["majority_accuracy"] == pytest.approx(np.mean(test.labels == most))
    attributes = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0]])
    # The first is always there, the others mostly are not: two, three and one of three are told.
    assert majority_accuracy(attributes, np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]])) == pytest.approx(6 / 9)


@pytest.mark.parametrize("after", ["step 3 ", "step 5 ", "epoch 1", "step 9 ", "epoch 3"])
def test_a_fine_tuning_that_was_terminated_and_resumed_is_the_same(after, tune, small_network, tmp_path):
    """Within an epoch, at the end of one, and between the last one and the test images."""
    settings = with_(epochs=3, patience=3, settling_epochs=1, label_smoothing=0.1)
    expected = tune(labelled(21), labelled(9), settings, folder=tmp_path / "undisturbed")

    def terminate(line):
        if line.startswith(after):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted):
        tune(labelled(21), labelled(9), settings, report=terminate)
    lines = []
    assert_same(tune(labelled(21), labelled(9), settings, report=lines.append), expected)
    assert lines[0].startswith("continuing from the checkpoint after step ")
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def killed(tune, settings, at):
    """End at a line of progress without a chance to save, as kill -9 would; checkpoints come after every step."""

    class Killed(BaseException):
        pass

    def kill(line):
        if line.startswith(at):
            raise Killed

    with pytest.raises(Killed):
        tune(labelled(21), labelled(9), settings, report=kill, checkpoint_seconds=0)


def test_a_fine_tuning_that_was_killed_three_times_is_the_same(tune, small_network, tmp_path):
    settings = with_(epochs=3, patience=3)
    expected = tune(labelled(21), labelled(9), settings, folder=tmp_path / "undisturbed")
    for at in ("step 2 ", "epoch 2", "step 13 "):
        killed(tune, settings, at)
    assert_same(tune(labelled(21), labelled(9), settings), expected)


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tune, small_network, tmp_path):
    settings = with_(epochs=3, patience=3)
    expected = tune(labelled(21), labelled(9), settings, folder=tmp_path / "undisturbed")
    killed(tune, settings, "step 9 ")
    folder = TuningCheckpoints(tmp_path, settings.model_dump_json()).folder
    before, last = sorted(folder.glob("step-*"))
    last.write_bytes(last.read_bytes()[:-100])
    lines = []
    with pytest.warns(UserWarning, match="damaged checkpoint is ignored"):
        resumed = tune(labelled(21), labelled(9), settings, report=lines.append)
    assert lines[0] == f"continuing from the checkpoint after step {int(before.stem[5:])}"
    assert_same(resumed, expected)


@pytest.mark.parametrize("nonsense", [{"optimiser": {}}, {"best": {}}, {"step": 10**6}, {"history": [(1.0,)]}])
def test_a_checkpoint_whose_digest_is_right_and_whose_content_is_none_leaves_no_trace(
    nonsense, tune, small_network, tmp_path
):
    """Though the weights in it have been read when its lack of sense shows."""
    settings = with_(epochs=3, patience=3)
    expected = tune(labelled(21), labelled(9), settings, folder=tmp_path / "undisturbed")
    killed(tune, settings, "step 9 ")
    checkpoints = TuningCheckpoints(tmp_path, settings.model_dump_json())
    before, last = sorted(checkpoints.folder.glob("step-*"))
    content = torch.load(io.BytesIO(last.read_bytes()[32:]), weights_only=True)
    changed = {name: torch.zeros_like(value) for name, value in content["network"].items()}
    buffer = io.BytesIO()
    torch.save(content | {"network": changed} | nonsense, buffer)
    checkpoints.write(int(last.stem[5:]), buffer.getvalue())
    lines = []
    with pytest.warns(UserWarning, match="damaged checkpoint is ignored"):
        resumed = tune(labelled(21), labelled(9), settings, report=lines.append)
    assert lines[0] == f"continuing from the checkpoint after step {int(before.stem[5:])}"
    assert_same(resumed, expected)


def test_only_the_same_tuning_is_ever_continued(tiny_images):
    """Whose checkpoints those are: another number of threads, as of most other things, makes another network."""
    origin = {"processor": "a", "device": "cpu", "versions": {"torch": "2"}, "shell_settings": {}, "commit": "c0"}
    same = {"out": Path("a/extractor.json"), "settings": SETTINGS, "manifest": tiny_images.manifest}
    same |= {"weights_sha256": None, "threads": 1, "origin": origin}
    others = [
        {"out": Path("b/extractor.json")},
        {"weights_sha256": "0cc3c7bd"},
        {"settings": with_(learning_rate=2e-3)},
        {"manifest": tiny_images.manifest.model_copy(update={"arrays": {}})},
        {"threads": 2},
        {"origin": origin | {"processor": "b"}},
        {"origin": origin | {"device": "cuda"}},
        {"origin": origin | {"versions": {"torch": "3"}}},
        {"origin": origin | {"shell_settings": {"OPENBLAS_CORETYPE": "Haswell"}}},
    ]
    identities = [checkpoint_identity(**same | other) for other in ({}, *others)]
    assert len(set(identities)) == len(identities)
    assert checkpoint_identity(**same | {"origin": origin | {"commit": "c1"}}) == identities[0]


@pytest.mark.parametrize(("train", "test"), [([[0, 1], [1, 0]], [[0], [1]]), ([[0, 2], [1, 0]], [[0, 1], [1, 0]])])
def test_attributes_that_do_not_fit_are_refused(train, test, tune):
    images = random_images(2)
    with unchecked(), pytest.raises(UserError, match="both need the same ones, each 0 or 1"):
        tune(LabelledImages(images, np.array(train)), LabelledImages(images, np.array(test)))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (random_images(4), np.arange(3), "4 training images"),
        (random_images(4), np.eye(4), "one class index"),
        (random_images(4), np.zeros(4, dtype=int), "at least two"),
        (random_images(4), np.array([0, 1, -1, 0]), "count from 0"),
        (random_images(4), np.array([1, 1, 2, 2]), "every class that is tested"),
        (random_images(0), np.arange(0), "no training images"),
        (random_images(2), np.arange(2), "of 2 training images, 1 are kept apart"),
        (random_images(4) / 255, np.arange(4), "Clip and round"),
    ],
)
def test_bad_training_data_is_explained(images, labels, message, tune, small_network):
    with unchecked(), pytest.raises(UserError, match=message):
        tune(LabelledImages(images, labels), LabelledImages(random_images(2), np.arange(2)))


def test_a_diverging_loss_is_explained(tune, small_network):
    with pytest.raises(UserError, match="smaller learning rate"):
        tune(labelled(9), labelled(3), with_(learning_rate=1e30, epochs=3))


@pytest.mark.parametrize(
    ("changes", "device", "has", "refused"),
    [
        ({"precision": "bfloat16"}, "cpu", (), "extractor: precision: bfloat16"),
        ({"feature_precision": "bfloat16"}, "cpu", (), "extractor: feature_precision: bfloat16"),
        ({"precision": "bfloat16"}, "cpu", ("avx512_bf16",), None),
        ({"precision": "bfloat16"}, "cpu", ("amx_bf16",), None),
        ({"precision": "bfloat16"}, "cuda", (), None),
        ({}, "cpu", (), None),
    ],
)
def test_half_precision_is_refused_where_a_processor_has_none(monkeypatch, changes, device, has, refused):
    monkeypatch.setattr(processors, "processor", lambda: Processor("made up", "x86_64", frozenset(has)))
    with pytest.raises(UserError, match=f"{refused}.*made up.*Set float32") if refused else nullcontext():
        check_precision(with_(**changes), device)
