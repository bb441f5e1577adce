"""Claims about FID decide nothing unless the network is of the paper's kind."""

import json
from dataclasses import replace

import pytest
from made_evidence import EACH_METRIC, HIGH, LOW, errors, lacking_texts, overview_of, rule_of, table, told

from vrrae_bench.extractor.guessing import AgainstGuessing
from vrrae_bench.reporting.claims.claims import AE, CLAIMS, RRAE, VAE, VAE_IDENTITY, VRRAE
from vrrae_bench.reporting.claims.deciding import decide, reported_claim
from vrrae_bench.reporting.claims.evidence import load_evidence
from vrrae_bench.system.errors import UserError


def with_network(evidence, start):
    return replace(evidence, starts={"mnist": {start}})


@pytest.mark.parametrize(("start", "verdict"), [("imagenet", "holds"), ("random", "open")])
def test_another_inception_than_the_papers_decides_no_fid_and_shows_what_it_would(start, verdict):
    evidence = with_network(errors({VAE: LOW, AE: HIGH, RRAE: HIGH, VRRAE: HIGH}, metric="fid_random_mean"), start)
    finding = rule_of("best_random_fid_mnist").decide(evidence)
    assert finding.verdict == verdict
    shown = "by the features of this Inception-v3, the claim holds"
    assert (
        (shown in finding.numbers) == any("ImageNet" in text for text in lacking_texts(finding)) == (start == "random")
    )


@pytest.mark.parametrize(("error", "verdict"), [(HIGH, "open"), (LOW - 0.5, "does_not_hold")])
def test_what_does_not_depend_on_the_inception_refutes_all_the_same(error, verdict):
    """VAE (f = I) has far worse FIDs; where its error is lower than VAE's, the claim is wrong whatever they are."""
    usual, worse = dict.fromkeys(EACH_METRIC, LOW), dict.fromkeys(EACH_METRIC, HIGH) | {"reconstruction_error": error}
    evidence = with_network(table(("mnist", VAE, usual), ("mnist", VAE_IDENTITY, worse)), "random")
    finding = rule_of("identity_ruins_vae_mnist").decide(evidence)
    assert finding.verdict == verdict
    # The interval that decides is not corrected for the FIDs, so it is another than that beside them.
    decisive = replace(rule_of("identity_ruins_vae_mnist"), metrics=("reconstruction_error",)).find(evidence).numbers
    told = "this decides, since such FIDs decide nothing: "
    shown = [line.removeprefix(told) for line in finding.numbers if line.startswith(told)]
    assert tuple(shown) == (decisive if verdict == "does_not_hold" else ())


def features_of(seed, start="random"):
    return {"extractor": {"settings": {"start": start, "image_size": 75, "seed": seed}, "sha256": "ab" * 32,
                          "test_accuracy": 0.99, "n_reference": 1, "preparation": {"precision": "float32"}},
            "counts": {name: {"generated": 1} for name in ("fid_random", "fid_random_all_draws", "fid_interpolation")},
            "sampling": {"gmm_components": 10, "gmm_means": 60_000, "interpolation_points": 1}}  # fmt: skip


@pytest.mark.parametrize("third", ["vae", "ae"])
def test_a_fid_claim_without_imagenet_weights_tells_the_verdict_by_each_network_and_whether_they_agree(
    write_scores, settings, third
):
    """The claim is that VAE has the best FID of random images on MNIST; in the third network's features AE may have."""
    best = {0: "vae", 1: "vae", 2: third}
    paths = [
        write_scores(
            "mnist", method, seed, features_of(network), fid_random=(10 if method == best[network] else 50) + seed
        )
        for network in best
        for method in ("ae", "vae", "rrae", "vrrae")
        for seed in range(3)
    ]
    evidence = load_evidence(paths, [], settings)
    claim = rule_of("best_random_fid_mnist")
    finding = claim.decide(evidence)
    other = "holds" if third == "vae" else "does_not_hold"
    assert finding.verdict == "open"
    assert finding.by_extractor == {0: "holds", 1: "holds", 2: other}
    [one] = decide([claim for claim in CLAIMS if claim.id == "best_random_fid_mnist"], evidence, None)
    record = reported_claim(one)
    assert record.awaited == "weights" and record.agreed == ("holds" if third == "vae" else None)
    assert f"by our 3 extractors: seed 0 holds, seed 1 holds, seed 2 {other.replace('_', ' ')}; they " in told(one)
    assert (f"; they {'agree' if third == 'vae' else 'do not agree'}") in overview_of([one], evidence)


def test_beside_a_claim_that_imagenet_weights_decide_stands_what_further_networks_say(write_scores, settings):
    """The first network decides. A reader sees that the second one contradicts it."""
    paths = [
        write_scores(
            "mnist", method, seed, features_of(network, "imagenet"), fid_random=(10 if method == best else 50) + seed
        )
        for network, best in ((0, "vae"), (1, "ae"))
        for method in ("ae", "vae", "rrae", "vrrae")
        for seed in range(3)
    ]
    evidence = load_evidence(paths, [], settings)
    [one] = decide([claim for claim in CLAIMS if claim.id == "best_random_fid_mnist"], evidence, None)
    assert one.finding.verdict == "holds" and one.finding.by_extractor == {0: "holds", 1: "does_not_hold"}
    assert "by our 2 extractors: seed 0 holds, seed 1 does not hold; they do not agree" in told(one)


@pytest.mark.parametrize("above", [True, False])
def test_features_of_a_network_at_chance_decide_no_claim(write_scores, settings, above):
    """Everything else is decided as ever; the network is what a claim waits for, however clear its numbers are."""
    found = AgainstGuessing(10_000, 9000 if above else 9, 9)
    network = features_of(0, "imagenet")
    network["extractor"] |= {"majority_accuracy": 0.1, "test_accuracy": 0.99 if above else 0.1} | found.recorded()
    best, worse = ({"fid_random": fid, "reconstruction_error": error} for fid, error in ((10.0, 20.0), (50.0, 30.0)))
    paths = [
        write_scores("mnist", method, seed, network, **{name: value + seed for name, value in numbers.items()})
        for method, numbers in (("vae", best), ("ae", worse), ("rrae", worse), ("vrrae", worse))
        for seed in range(3)
    ]
    evidence = load_evidence(paths, [], settings)
    finding = rule_of("best_random_fid_mnist").decide(evidence)
    assert finding.verdict == ("holds" if above else "open")
    assert rule_of("lowest_reconstruction_error_mnist").decide(evidence).verdict == "does_not_hold"
    assert evidence.conditions["Test accuracy"].tolist() == ["99.00 % of 10000" if above else "10.00 % of 10000 (void)"]
    if not above:
        assert {one.awaited for one in finding.lacking} == {"measurement"}
        [text] = lacking_texts(finding)
        assert "not clearly better than always guessing" in text and "more epochs" in text
        assert evidence.values("mnist", VAE, "fid_random").empty


def test_a_network_that_has_not_scored_all_runs_says_nothing_of_a_claim(write_scores, settings):
    """It would be open for want of runs, and seem to contradict the others."""
    unscored = {(1, "rrae", seed) for seed in range(3)} | {(2, "vae", 2)}
    evidence = load_evidence(
        [
            write_scores("mnist", method, seed, features_of(network), fid_random=(10 if method == "vae" else 50) + seed)
            for network in range(4)
            for method in ("ae", "vae", "rrae", "vrrae")
            for seed in range(3)
            if (network, method, seed) not in unscored
        ],
        [],
        settings,
    )
    finding = rule_of("best_random_fid_mnist").decide(evidence)
    assert finding.by_extractor == {0: "holds", 3: "holds"}


def test_a_network_whose_features_say_nothing_says_nothing_of_a_claim(write_scores, settings):
    """Nor does it count as open, so the other networks agree."""
    at_chance = features_of(0)
    found = AgainstGuessing(10_000, 9, 9)
    at_chance["extractor"] |= {"majority_accuracy": 0.1, "test_accuracy": 0.1} | found.recorded()
    paths = [
        write_scores(
            "mnist",
            method,
            seed,
            features_of(network) if network else at_chance,
            fid_random=(10 if method == "vae" else 50) + seed,
        )
        for network in range(3)
        for method in ("ae", "vae", "rrae", "vrrae")
        for seed in range(3)
    ]
    finding = rule_of("best_random_fid_mnist").decide(load_evidence(paths, [], settings))
    assert finding.verdict == "open" and finding.by_extractor == {1: "holds", 2: "holds"}
    assert not any("by the features of this Inception-v3" in line for line in finding.numbers)


@pytest.mark.parametrize(
    "change",
    [
        lambda details: details["extractor"].pop("settings"),
        lambda details: details["extractor"].pop("preparation"),
        lambda details: details["extractor"].pop("test_accuracy"),
        lambda details: details["counts"].pop("fid_random"),
        lambda details: details.pop("sampling"),
    ],
)
def test_scores_that_do_not_tell_what_their_fid_depends_on_are_told(write_scores, settings, change):
    path = write_scores("mnist", "vae", 0, features_of(0), fid_random=10.0)
    record = json.loads(path.read_text())
    change(record["details"])
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match=f"{path}: is damaged, or was not written by this version.*--forcerun {path}"):
        load_evidence([path], [], settings)


def test_what_a_network_finds_is_told_even_if_another_method_was_not_trained(write_scores, settings):
    """RRAE's lower FID refutes the claim, whatever AE's FID would be."""
    fids = {"vrrae": 60, "rrae": 40, "vae": 45}
    paths = [
        write_scores("mnist", method, seed, features_of(0), fid_interpolation=fid + seed)
        for method, fid in fids.items()
        for seed in range(3)
    ]
    finding = rule_of("best_interpolation_fid_mnist").decide(load_evidence(paths, [], settings))
    assert finding.verdict == "open" and finding.by_extractor == {0: "does_not_hold"}
    assert "by the features of this Inception-v3, the claim does not hold" in finding.numbers
