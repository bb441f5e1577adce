"""What claims are decided from: files of scores, histories and timings, and what is derived from them."""

import numpy as np
import pandas as pd
import pytest

from vrrae_bench.reporting.claims.claims import AE, CLAIMS, VAE, VRRAE, VRRAE_WITHOUT_KL
from vrrae_bench.reporting.claims.evidence import load_evidence, training_rises
from vrrae_bench.scoring.metrics import METRICS
from vrrae_bench.system.errors import UserError


def test_noise_is_not_sharper(write_scores, settings):
    """Thrice the sharpness of real images is further from them than half of it."""
    [claim] = [claim for claim in CLAIMS if claim.id == "sharper_random_cifar10"]
    ratios = {"vrrae": 3.0, "vae": 0.5, "rrae": 0.3}
    for best, verdict in (("vrrae", "does_not_hold"), ("vae", "holds")):
        exchanged = ratios | {"vrrae": ratios[best], best: ratios["vrrae"]}
        paths = [
            write_scores("cifar10", method, seed, sharpness_random=ratio * (1 + 0.01 * seed))
            for method, ratio in exchanged.items()
            for seed in (0, 1, 2)
        ]
        assert claim.rule.decide(load_evidence(paths, [], settings)).verdict == verdict


def stability(write_scores, settings, tmp_path, **errors_of_epochs):
    """What the claim on stability finds, from the training errors that every seed of a method has in its epochs."""
    [claim] = [claim for claim in CLAIMS if claim.id == "rrae_vae_less_stable_mnist"]
    paths = []
    for method, errors in errors_of_epochs.items():
        for seed in range(3):
            scores = write_scores("mnist", method, seed, reconstruction_error=1.0)
            folder = tmp_path / f"{method}{seed}"
            folder.mkdir()
            paths.append(scores.rename(folder / "scores.json"))
            history = {"epoch": [1, 2, 3], "reconstruction_error": errors, "loss": 1, "kl_divergence": 1}
            pd.DataFrame(history).to_csv(folder / "history.csv", index=False)
    return claim.rule.decide(load_evidence(paths, [], settings))


def test_a_training_that_falls_back_is_less_stable_however_small_its_error(write_scores, settings, tmp_path):
    finding = stability(write_scores, settings, tmp_path, vrrae=[90, 60, 59], rrae_vae=[30, 10, 20])
    assert finding.verdict == "holds"
    assert finding.numbers[0].endswith("VRRAE 0 ± 0 (3 seeds), RRAE + VAE 0.6931 ± 0 (3 seeds)")


def test_a_number_that_all_seeds_of_both_variants_share_decides_nothing(write_scores, settings, tmp_path):
    finding = stability(write_scores, settings, tmp_path, vrrae=[90, 60, 59], rrae_vae=[30, 20, 10])
    assert finding.verdict == "open" and finding.numbers[0].endswith(
        "VRRAE 0 ± 0 (3 seeds), RRAE + VAE 0 ± 0 (3 seeds)"
    )
    told = "a measure that tells VRRAE from RRAE + VAE: this number is 0 for all seeds that both have"
    assert [(one.awaited, one.text) for one in finding.lacking] == [("measurement", told)]


def test_the_share_of_the_kl_divergence_is_that_of_its_weighted_term_in_the_last_epoch(
    write_scores, settings, tmp_path
):
    scores = write_scores("mnist", "vae", 0, reconstruction_error=1.0)
    history = {"reconstruction_error": [90, 24], "kl_divergence": [1, 6000], "loss": [90.001, 30]}  # beta 1e-3
    pd.DataFrame(history).to_csv(tmp_path / "history.csv", index=False)
    evidence = load_evidence([scores], [], settings)
    assert evidence.values("mnist", VAE, "kl_share").tolist() == [pytest.approx(0.2)]


def test_the_configuration_tells_a_methods_own_settings_from_swept_ones(write_scores, settings):
    paths = [
        write_scores("mnist", "vrrae", 0, fid_random=38.0, details={"singular_values": [3.0, 4.0]}),
        write_scores("mnist", "vrrae", 0, beta=0.0, fid_random=39.0),
        write_scores("mnist", "vrrae", 0, beta=1e-3, fid_random=34.0),
        write_scores("synthetic", "vrrae", 0, batch_size=8, reconstruction_error=6.0),
        write_scores("synthetic", "vrrae", 0, reconstruction_error=5.0),
        write_scores("synthetic", "vrrae", 0, learning_rate=1e-4, reconstruction_error=38.0),
        write_scores("fashion_mnist", "vrrae", 0, fid_random=1.0),
        write_scores("mnist", "ae", 0, fid_random=40.0),
    ]
    evidence = load_evidence(paths, [], settings)
    assert evidence.values("mnist", VRRAE, "fid_random").to_dict() == {0: 38.0}
    assert evidence.values("mnist", VRRAE, "singular_value_norm").to_dict() == {0: 5.0}
    assert evidence.values("mnist", VRRAE_WITHOUT_KL, "fid_random").to_dict() == {0: 39.0}
    assert evidence.betas("mnist", "vrrae") == ["0", "1e-6", "1e-3"]
    assert evidence.values("mnist", AE, "fid_random").to_dict() == {0: 40.0}
    assert evidence.values("synthetic", VRRAE, "reconstruction_error").to_dict() == {0: 5.0}
    assert evidence.values("synthetic", VRRAE.with_batch_size(8), "reconstruction_error").to_dict() == {0: 6.0}
    assert set(evidence.runs.dataset) == {"mnist", "synthetic"}


def test_a_fid_of_random_images_is_the_mean_over_draws_where_there_are_several(write_scores, settings):
    paths = [
        write_scores("mnist", "ae", 0, fid_random=40.0, fid_random_mean=36.0),
        write_scores("mnist", "ae", 1, fid_random=38.0),
    ]
    evidence = load_evidence(paths, [], settings)
    assert evidence.values("mnist", AE, "fid_random_mean").to_dict() == {0: 36.0, 1: 38.0}
    assert evidence.values("mnist", AE, "fid_random").to_dict() == {0: 40.0, 1: 38.0}
    # No claim is decided by one draw.
    assert not any(METRICS["fid_random"].label in claim.rule.words for claim in CLAIMS)


def test_a_run_given_twice_is_told(write_scores, settings):
    paths = [write_scores("mnist", "ae", 0, fid_random=1.0) for _ in range(2)]
    with pytest.raises(UserError, match="the same run as"):
        load_evidence(paths, [], settings)


def test_a_data_set_of_ones_own_is_not_the_papers(write_scores, settings):
    path = write_scores("mnist", "ae", 0, fid_random=1.0)
    own = settings.model_copy(
        update={"datasets": {"mnist": settings.datasets["mnist"].model_copy(update={"source": "npz"})}}
    )
    assert load_evidence([path], [], own).runs.empty


def test_timings_are_pairs(write_timing, settings):
    timings = load_evidence([], [write_timing()], settings).timings
    assert timings.to_dict("records") == [
        {"dataset": "mnist", "device": "cpu: cpu x 1", "vae": 0.3, "vrrae": 0.31},
        {"dataset": "mnist", "device": "cpu: cpu x 1", "vae": 0.3, "vrrae": 0.32},
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vae": (0.3,)}, "1 steps of vae and 2 of vrrae are not pairs"),
        ({"vae": (0.3, -1)}, "not pairs of positive times"),
        ({"batch_size": 64}, "was timed with 64, the configuration of mnist has 576"),
        ({"methods": {}}, "was not written by this version"),
    ],
)
def test_timings_that_can_not_be_used_are_told(write_timing, settings, changes, message):
    with pytest.raises(UserError, match=message):
        load_evidence([], [write_timing(**changes)], settings)


def test_timings_that_are_given_twice_are_refused(write_timing, settings):
    """They would make the interval of their mean narrower."""
    path = write_timing()
    with pytest.raises(UserError, match="timings on mnist are given twice"):
        load_evidence([], [path, path], settings)


def test_a_training_without_any_error_left_has_a_finite_stability():
    """A mean over seeds with an infinity in it is no number."""
    assert training_rises(np.array([1.0, 0.0, 0.0])) == 0
    assert training_rises(np.array([2.0, 1.0, 2.0])) == pytest.approx(np.log(2))
    assert 100 < training_rises(np.array([1.0, 0.0, 1.0])) < np.inf
