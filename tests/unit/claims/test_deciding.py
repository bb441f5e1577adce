"""Deciding claims: what stands beside a verdict and decides nothing, and reduced settings."""

from dataclasses import replace

import pytest
from made_evidence import SEEDS, errors, overview_of, page_of, table, told

from vrrae_bench.reporting.claims.claims import AE, CLAIMS, RRAE, VAE, VRRAE
from vrrae_bench.reporting.claims.deciding import decide, reported_claim
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.reporting.claims.printed_settings import unlike_the_paper
from vrrae_bench.reporting.claims.writing import evidence_line


def test_a_claim_tells_what_another_learning_rate_finds_and_is_decided_by_the_configured_one(write_scores, settings):
    both = settings.datasets["cifar10"].model_copy(update={"other_learning_rates": (1e-3,)})
    study = settings.model_copy(update={"datasets": settings.datasets | {"cifar10": both}})
    errors_of = {"ae": (18.0, 18.0), "vae": (19.0, 19.0), "rrae": (18.5, 18.5), "vrrae": (21.0, 17.0)}
    paths = [
        write_scores(
            "cifar10",
            method,
            seed,
            reconstruction_error=error + 0.01 * seed,
            **({"learning_rate": rate} if rate else {}),
        )
        for method, both_errors in errors_of.items()
        for rate, error in zip((None, 1e-3), both_errors)
        for seed in range(3)
    ]
    paths.append(write_scores("cifar10", "vrrae", 0, learning_rate=1e-2, reconstruction_error=1.0))  # not configured
    evidence = load_evidence(paths, [], study)
    named = {claim.id: claim for claim in CLAIMS}
    [one] = decide([named["lowest_reconstruction_error_cifar10"]], evidence, None)
    assert one.finding.verdict == "does_not_hold"
    assert {rate: found.verdict for rate, found in one.by_learning_rate.items()} == {1e-3: "holds"}
    # With settings that decide nothing, the other learning rate finds the same.
    [reduced] = decide([named["lowest_reconstruction_error_cifar10"]], evidence, "2 epochs instead of 5")
    assert reduced.finding.verdict == "open" and reduced.by_learning_rate[1e-3].verdict == "holds"
    assert "with a learning rate of 1e-3: holds" in told(one)
    assert "    - with a learning rate of 1e-3: holds: test error (%): VRRAE 17.01" in page_of([one], evidence)
    # An ablation that was not trained with it, or claims about other data sets, tell nothing.
    beside = decide([named["rrae_vae_worst_cifar10"], named["lowest_reconstruction_error_mnist"]], evidence, None)
    assert not any(other.by_learning_rate for other in beside)


@pytest.mark.parametrize("test_images", [None, 1000])
def test_numbers_of_the_first_test_images_say_so_in_the_evidence_of_each_claim(write_scores, settings, test_images):
    fewer = settings.datasets["cifar10"].model_copy(update={"test_images": test_images})
    study = settings.model_copy(update={"datasets": settings.datasets | {"cifar10": fewer}})
    scores = {"reconstruction_error": 20.0, "fid_random": 100.0, "sharpness_random": 0.5}
    evidence = load_evidence([write_scores("cifar10", method, 0, **scores) for method in ("vae", "vrrae")], [], study)
    names = ("lowest_reconstruction_error_cifar10", "sharper_random_cifar10", "best_random_fid_cifar10")
    claims = [claim for claim in CLAIMS if claim.id in names]
    told = {one.claim.id: evidence_line(reported_claim(one)) for one in decide(claims, evidence, None)}
    remark = "(1 seed; of the first 1000 test images"
    assert (
        (remark in told["lowest_reconstruction_error_cifar10"])
        == (remark in told["sharper_random_cifar10"])
        == bool(test_images)
    )
    assert remark not in told["best_random_fid_cifar10"] and "VRRAE 100 (1 seed" in told["best_random_fid_cifar10"]


def test_reduced_settings_decide_nothing_and_still_show_numbers():
    values = {VRRAE: 20 + SEEDS, AE: 25 + 2 * SEEDS, VAE: 30 - SEEDS, RRAE: 22 + SEEDS**2}
    for reduced, verdict in ((None, "holds"), ("20 epochs instead of 1280", "open")):
        found = {one.claim.id: one for one in decide(CLAIMS, errors(values), reduced)}
        one = found["lowest_reconstruction_error_mnist"]
        assert one.finding.verdict == verdict and "VRRAE 20.01" in told(one)
    assert all(one.finding.verdict == "open" for one in found.values())
    assert "these settings are reduced: 20 epochs instead of 1280" in told(one)
    shown = overview_of(list(found.values()), errors(values))
    assert shown.count("20 epochs instead of 1280") == 1 and "runs on CelebA" in shown


@pytest.mark.parametrize(
    ("dataset", "changes", "told_of"),
    [
        ("mnist", {"epochs": 1}, "on MNIST, epochs is 1 and not 20"),
        ("mnist", {"bottleneck": 8, "batch_size": 64}, "on MNIST, bottleneck is 8 and not 16, batch_size is 64 and"),
        ("mnist", {"beta": {"vae": 1e-3, "vrrae": 10.0}}, "on MNIST, the beta of vrrae is 1e1 and not 1e-6"),
        ("synthetic", {"beta": {"vae": 0.5, "vrrae": 1e-3}}, "on Synthetic, the beta of vae is 5e-1 and not 1e-3"),
        ("mnist", {"learning_rate": 0.01}, "on MNIST, learning_rate is 0.01 and not 0.001"),
        ("mnist", {"sampling": {"random_images": 50}}, "on MNIST, sampling.random_images is 50 and not 1250"),
        ("mnist", {"sampling": {"gmm_components": 1}}, "on MNIST, sampling.gmm_components is 1, and the paper draws"),
        ("mnist", {"precision": "bfloat16"}, "on MNIST, precision is bfloat16, and the published code has float32"),
        ("mnist", {"sampling": {"interpolation_pairs": 9}}, "interpolation_pairs is 9, and at least 2000 are needed"),
        ("mnist", {"test_images": 999}, "on MNIST, test_images is 999, and at least 1000 are needed"),
        ("synthetic", {"bumps": {"grid": 8}}, "on Synthetic, bumps.grid is 8 and not 10"),
        ("synthetic", {"bumps": {"diagonal_images": 2}}, "bumps.diagonal_images is 2, and at least 100 are needed"),
        ("synthetic", {"bumps": {"test_images": 1}}, "bumps.test_images is 1, and at least 10000 are needed"),
        ("synthetic", {"sampling": {"random_images": 2}}, "random_images is 2, and at least 1250 are needed"),
    ],
)
def test_trainings_with_other_settings_than_the_papers_decide_no_claim_about_their_data_set(
    dataset, changes, told_of, settings
):
    """Even if the configuration does not call them reduced."""
    values = {VRRAE: 20 + SEEDS, AE: 25 + 2 * SEEDS, VAE: 30 - SEEDS, RRAE: 22 + SEEDS**2}
    paper = settings.datasets[dataset]
    for part in {"bumps", "sampling"} & set(changes):
        changes = {part: getattr(paper, part).model_copy(update=changes[part])}
    other = paper.model_copy(update=changes)
    names = (f"lowest_reconstruction_error_{dataset}", f"lowest_test_error_{dataset}")
    [claim] = [claim for claim in CLAIMS if claim.id in names]
    for configured, verdict in ((paper, "holds"), (other, "open")):
        evidence = replace(errors(values, dataset), configured={dataset: configured, "cifar10": other})
        [one] = decide([claim], evidence, None)
        assert one.finding.verdict == verdict and "VRRAE 20.01" in told(one)
    assert told_of in told(one) and reported_claim(one).awaited == "settings"


@pytest.mark.parametrize(
    ("sampling", "told_of"),
    [
        ({"gmm_components": 10, "gmm_means": 60_000}, None),
        (
            {"gmm_components": 10, "gmm_means": 100},
            "VRRAE on MNIST from another mixture: it has so few posterior means",
        ),
        ({"gmm_components": 1, "gmm_means": 60_000}, "VRRAE on MNIST from another mixture: it is a single Gaussian"),
    ],
)
def test_images_of_a_mixture_that_repeats_training_images_or_is_none_decide_no_claim(
    sampling, told_of, write_scores, settings
):
    """As with the mixture of VRRAE here. What is not of random images is decided all the same."""
    numbers = {"reconstruction_error": 20.0, "sharpness_random": 0.9, "sharpness_interpolation": 0.9}
    paths = [write_scores("mnist", "vrrae", seed, {"sampling": sampling}, **numbers) for seed in range(3)]
    paths += [
        write_scores("mnist", method, seed, **{name: number / 2 if name[0] == "s" else number + 10 + seed
                                               for name, number in numbers.items()})
        for method in ("ae", "vae", "rrae")
        for seed in range(3)
    ]  # fmt: skip
    evidence = load_evidence(paths, [], settings)
    ids = ("lowest_reconstruction_error_mnist", "sharper_interpolation_mnist", "sharper_random_mnist")
    *others, random = decide([claim for name in ids for claim in CLAIMS if claim.id == name], evidence, None)
    assert [one.finding.verdict for one in others] == ["holds", "holds"]
    assert random.finding.verdict == ("open" if told_of else "holds")
    if told_of:
        assert told_of in told(random) and reported_claim(random).awaited == "settings"


def test_bumps_of_a_mixture_that_repeats_training_images_decide_no_claim(write_scores, settings):
    """With as many Gaussians as training images. A single Gaussian counts as a mixture, because BIC may choose it."""
    [claim] = [claim for claim in CLAIMS if claim.id == "lowest_random_generation_error_synthetic"]
    for n_gaussians, verdict in ((1, "holds"), (100, "open")):
        sampling = {"gmm_components": n_gaussians, "gmm_means": 100}
        paths = [
            write_scores("synthetic", method, seed, {"sampling": sampling}, coverage=1.0,
                         random_generation_error=4.0 if method == "vrrae" else 10.0 + seed)
            for method in ("ae", "vae", "rrae", "vrrae")
            for seed in range(3)
        ]  # fmt: skip
        [one] = decide([claim], load_evidence(paths, [], settings), None)
        assert one.finding.verdict == verdict
        for path in paths:
            path.unlink()


def test_the_bumps_have_the_learning_rate_of_the_published_code_or_of_the_paper(settings):
    bumps = settings.datasets["synthetic"]
    for rate, found in ((1e-3, []), (1e-4, []), (1e-2, ["learning_rate is 0.01 and not 0.0001"])):
        assert list(unlike_the_paper("synthetic", bumps.model_copy(update={"learning_rate": rate}))) == found


def test_beside_a_claim_about_random_images_stands_what_firmer_scores_find():
    """The verdict stays that by the paper's FID, also where the others say the contrary."""
    low, high = {"fid_random_mean": 20 + SEEDS}, {"fid_random_mean": 30 - SEEDS}
    firmer = ("fid_random_all_draws", "kid_random")
    groups = [("mnist", VAE, low | dict.fromkeys(firmer, 5 + SEEDS))]
    groups += [("mnist", one, high | dict.fromkeys(firmer, 4 - SEEDS)) for one in (AE, RRAE, VRRAE)]
    evidence = table(*groups)
    named = {claim.id: claim for claim in CLAIMS}
    [one] = decide([named["best_random_fid_mnist"]], evidence, None)
    assert one.finding.verdict == "holds"
    assert {name: found.verdict for name, found in one.by_firmer_scores.items()} == dict.fromkeys(
        firmer, "does_not_hold"
    )
    assert "with KID of random images in place of the FID: does not hold" in told(one)
    lines = page_of([one], evidence).splitlines()
    of_kid = "    - KID of random images: does not hold: KID of random images: VAE 5.01 ± 0.034 (4 seeds), AE 3.99"
    [line] = [line for line in lines if line.startswith(of_kid)]
    assert "VAE minus AE: 1.02, 95 % interval [" in line
    [reduced] = decide([named["best_random_fid_mnist"]], evidence, "one epoch")
    assert reduced.finding.verdict == "open"
    assert {found.verdict for found in reduced.by_firmer_scores.values()} == {"does_not_hold"}  # what the rule finds
    [other] = decide([named["lowest_reconstruction_error_mnist"]], evidence, None)
    assert not other.by_firmer_scores


def test_an_error_refutes_a_claim_about_error_and_fids_whatever_a_firmer_score_says():
    same, better = {"reconstruction_error": 20 + SEEDS}, {"fid_interpolation": 5 + SEEDS, "kid_random": 5 + SEEDS}
    worse = {"fid_interpolation": 30 - SEEDS, "kid_random": 30 - SEEDS}
    groups = [("mnist", VRRAE, same | better), ("mnist", RRAE, same | worse)]
    [claim] = [claim for claim in CLAIMS if claim.id == "outperforms_rrae_mnist"]
    [one] = decide([claim], table(*groups), None)
    assert {name: found.verdict for name, found in one.by_firmer_scores.items()} == {"kid_random": "does_not_hold"}
