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


@pytest.mark.parametrize(
    ("more", "open_claims", "rest"),
    [
        ("", 5, "Of the 2 that wait for ImageNet weights, our 2 networks agree that 1 holds and 0 do not hold; "
         "on the other 1 they agree on no verdict."),
        ("x", 6, "Of the 3 that wait for ImageNet weights, our 2 networks agree that 1 holds and 0 do not hold; "
         "on 1 they agree on no verdict, and 1 has scores of one network only."),
        ("xy", 7, "Of the 4 that wait for ImageNet weights, our 2 networks agree that 1 holds and 0 do not hold; "
         "on 1 they agree on no verdict, and 2 have scores of one network only."),
    ],
)  # fmt: skip
def test_the_five_lines_count_each_claim_once_by_what_it_waits_for_first(more, open_claims, rest):
    agreeing, differing = {0: "holds", 1: "holds"}, {0: "holds", 1: "open"}
    claims = [
        claimed("a", "holds"),
        claimed("b", "does_not_hold"),
        claimed("c", "open", "trainings", "data_set"),
        claimed("d", "open", "trainings"),
        claimed("e", "open", "weights", "trainings", by_extractor=agreeing),
        claimed("f", "open", "weights", by_extractor=differing),
        *(claimed(name, "open", "weights", by_extractor={0: "holds"}) for name in more),
        claimed("g", "open", "measurement"),
        claimed("h", "holds", by_algebra=True),
    ]
    main = {"lowest error": {"mnist": "a", "cifar10": "c", "synthetic": "b"}, "best FID": {"mnist": "h", "celeba": "d"}}
    assert summarise(claims, main) == (
        f"Of {open_claims + 2} claims of the paper that can fail, 1 holds and 1 does not hold, "
        f"and {open_claims} are open.",
        "Counted apart: 1 of 1 identities, which hold by algebra, were found to hold.",
        "The open claims wait for: "
        f"a data set (1), ImageNet weights ({2 + len(more)}), a measurement (1), more seeds or trainings (1).",
        rest,
        "Main claims on VRRAE, each on one data set: of 5, 2 hold and 1 does not hold, and 2 are open. "
        "Hold: lowest error on MNIST; best FID on MNIST. Do not hold: lowest error on Synthetic.",
    )


def test_the_fifth_line_names_the_main_claims_while_none_is_decided():
    claims = [claimed("a", "open", "trainings"), claimed("b", "holds")]
    assert summarise(claims, {"lowest error": {"mnist": "a"}, "best FID": {"celeba": "c"}})[-1] == (
        "Main claims on VRRAE, each on one data set: none of 1 is decided (lowest error, best FID)."
    )
