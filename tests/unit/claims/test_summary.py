"""The outcome in five lines."""

import pytest

from vrrae_bench.reporting.claims.reported import ReportedClaim
from vrrae_bench.reporting.claims.summary import summarise


def claimed(name, verdict, *awaited, by_algebra=False, by_extractor=None) -> ReportedClaim:
    lacking = tuple({"awaited": kind, "text": kind} for kind in awaited)
    texts = {"section": "1", "statement": name, "rules": (), "words": "", "numbers": (), "by_score": (), "remark": ""}
    return ReportedClaim(
        id=name, verdict=verdict, lacking=lacking, by_algebra=by_algebra, by_extractor=by_extractor or {}, **texts
    )


WAIT = "for an extractor (the network whose features FID compares) that started from ImageNet weights."
OURS = (
    "3 have scores by several of our extractors, which agree that 1 holds and 0 do not hold, and that 1 is open. They "
    "disagree on 1."
)


@pytest.mark.parametrize(
    ("more", "open_claims", "rest"),
    [
        ("", 6, ""),
        ("x", 7, " 1 has scores by one of our extractors only."),
        ("xy", 8, " 2 have scores by one of our extractors only."),
    ],
)
def test_the_five_lines_count_each_claim_once_by_what_it_waits_for_first(more, open_claims, rest):
    agreeing, differing, unsure = {0: "holds", 1: "holds"}, {0: "holds", 1: "open"}, {0: "open", 1: "open"}
    claims = [
        claimed("a", "holds"),
        claimed("b", "does_not_hold"),
        claimed("c", "open", "trainings", "data_set"),
        claimed("d", "open", "trainings"),
        claimed("e", "open", "weights", "trainings", by_extractor=agreeing),
        claimed("f", "open", "weights", by_extractor=differing),
        claimed("i", "open", "weights", by_extractor=unsure),
        *(claimed(name, "open", "weights", by_extractor={0: "holds"}) for name in more),
        claimed("g", "open", "measurement"),
        claimed("h", "holds", by_algebra=True),
    ]
    main = {"lowest error": {"mnist": "a", "cifar10": "c", "synthetic": "b"}, "best FID": {"mnist": "h", "celeba": "d"}}
    assert summarise(claims, main) == (
        f"Of {open_claims + 2} claims of the paper that can fail, 1 holds and 1 does not hold, "
        f"and {open_claims} are open.",
        "One further claim follows from the definition of the method. It was found to hold.",
        "The open claims wait for: "
        f"a data set (1), ImageNet weights ({3 + len(more)}), a measurement (1), more seeds or trainings (1).",
        f"{3 + len(more)} claims wait {WAIT} {OURS}{rest}",
        "The paper makes two main statements on VRRAE: lowest error and best FID. "
        "Each is about several data sets, which gives 5 main claims. "
        "Two of them hold: lowest error on MNIST; best FID on MNIST. "
        "One of them does not hold: lowest error on Synthetic. The other two are open.",
    )


NOTHING = "none of our extractors finds anything, for want of models or of scores."


@pytest.mark.parametrize(
    ("scored", "unscored", "told"),
    [
        (0, 0, "No claim waits for ImageNet weights alone."),
        (1, 0, f"1 claim waits {WAIT} 1 has scores by one of our extractors only."),
        (0, 2, f"2 claims wait {WAIT} On 2, {NOTHING}"),
        (7, 1, f"8 claims wait {WAIT} 7 have scores by one of our extractors only. On 1, {NOTHING}"),
    ],
)
def test_the_fourth_line_tells_a_single_extractor_from_several_and_from_none(scored, unscored, told):
    claims = [claimed(f"scored {n}", "open", "weights", by_extractor={0: "holds"}) for n in range(scored)]
    claims += [claimed(f"unscored {n}", "open", "weights") for n in range(unscored)]
    assert summarise(claims, {})[3] == told


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ([], "No claim follows {}."),
        (["open"], "One further claim follows {}. It is still open."),
        (["does_not_hold"], "One further claim follows {}. It was found not to hold."),
        (["holds"] * 2, "Two further claims follow {}. Both were found to hold."),
        (["holds", "does_not_hold"], "Two further claims follow {}. One of them was found to hold. One of them was "
         "found not to hold."),
        (["holds"] * 3, "Three further claims follow {}. All of them were found to hold."),
        (["open", "holds", "open"], "Three further claims follow {}. One of them was found to hold. Two of them are "
         "still open."),
    ],
)  # fmt: skip
def test_the_second_line_tells_what_was_found_of_claims_that_follow_from_the_definition(verdicts, told):
    claims = [claimed(str(n), verdict, by_algebra=True) for n, verdict in enumerate(verdicts)]
    assert summarise(claims, {})[1] == told.format("from the definition of the method")


MAIN = {
    "lowest error": {"mnist": "a", "cifar10": "b"},
    "best FID of images": {"mnist": "c", "celeba": "d"},
    "fewer collapses": {"synthetic": "e", "mnist": "f"},
}
MAIN_TOLD = (
    "The paper makes three main statements on VRRAE: lowest error, best FID of images, and fewer collapses. Each is "
    "about several data sets, which gives 6 main claims."
)


@pytest.mark.parametrize(
    ("holding", "failing", "told"),
    [
        ("", "", "None of them is decided yet."),
        ("a", "", "One of them holds: lowest error on MNIST. The other five are open."),
        ("ab", "cdf", "Two of them hold: lowest error on MNIST and CIFAR-10. Three of them do not hold: best FID of "
         "images on MNIST and CelebA; fewer collapses on MNIST. The other one is open."),
        ("", "abcdef", "None of them holds: lowest error on MNIST and CIFAR-10; best FID of images on MNIST and "
         "CelebA; fewer collapses on Synthetic and MNIST."),
    ],
)  # fmt: skip
def test_the_fifth_line_names_the_main_claims_and_those_that_are_decided(holding, failing, told):
    verdict_of = dict.fromkeys(holding, "holds") | dict.fromkeys(failing, "does_not_hold")
    claims = [claimed(name, verdict_of.get(name, "open")) for name in "abcdefz"]
    assert summarise(claims, MAIN)[-1] == f"{MAIN_TOLD} {told}"


def test_the_fifth_line_counts_only_claims_that_are_there():
    main = {"lowest error": {"mnist": "a"}, "best FID": {"celeba": "c"}}
    assert summarise([claimed("a", "open", "trainings"), claimed("b", "holds")], main)[-1] == (
        "The paper makes one main statement on VRRAE: lowest error. Each is about one data set or more, which gives 1 "
        "main claim. It is not decided yet."
    )
    assert summarise([], main)[-1] == "None of the main claims on VRRAE is among these claims."
