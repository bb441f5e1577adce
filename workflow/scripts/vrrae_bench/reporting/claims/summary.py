"""The outcome in five lines, which stand in claims.md, in the report and at the end of a run."""

from collections.abc import Mapping, Sequence

from vrrae_bench.reporting.claims.reported import ReportedClaim
from vrrae_bench.reporting.claims.verdicts import AWAITED, VERDICTS, Verdict
from vrrae_bench.reporting.labels import dataset_label, enumerated


def summarise(claims: Sequence[ReportedClaim], main: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Five lines: how many claims hold, do not hold and are open, what open claims wait for, and the main claims.

    Args:
        main: The main claims of the paper: by what each says of VRRAE, the id of the claim on each data set.
    """
    algebra = [claim for claim in claims if claim.by_algebra]
    tested = [claim for claim in claims if not claim.by_algebra]
    counts = {verdict: sum(claim.verdict == verdict for claim in tested) for verdict in VERDICTS}
    held = sum(claim.verdict == "holds" for claim in algebra)
    return (
        f"Of {len(tested)} claims of the paper that can fail, {_decided(counts)}, "
        f"and {VERDICTS['open'].counted(counts['open'])}.",
        f"Counted apart: {held} of {len(algebra)} identities, which hold by algebra, were found to hold.",
        f"The open claims wait for: {_awaited(tested)}.",
        _networks(tested),
        _main(main, {claim.id: claim.verdict for claim in claims}),
    )


def _decided(counts: Mapping[Verdict, int]) -> str:
    """How many claims hold, and how many do not.

    >>> _decided({"holds": 1, "does_not_hold": 2})
    '1 holds and 2 do not hold'
    """
    return " and ".join(VERDICTS[verdict].counted(counts[verdict]) for verdict in ("holds", "does_not_hold"))


def _awaited(claims: Sequence[ReportedClaim]) -> str:
    """How many open claims wait for each kind of thing."""
    numbers = {kind: sum(claim.awaited == kind for claim in claims) for kind in AWAITED}
    return ", ".join(f"{AWAITED[kind]} ({n})" for kind, n in numbers.items() if n) or "nothing"


def _networks(claims: Sequence[ReportedClaim]) -> str:
    """What our own Inception networks say of the claims that wait for ImageNet weights."""
    waiting = [claim for claim in claims if claim.awaited == "weights"]
    if not waiting:
        return "No claim waits for ImageNet weights alone."
    n_networks = max(len(claim.by_extractor) for claim in waiting)
    if n_networks < 2:
        return (
            f"{len(waiting)} claim{'s wait' if len(waiting) > 1 else ' waits'} for ImageNet weights. Only one of our "
            "own networks has scored the images of all models that these claims need, so no second network confirms "
            "the findings of this network."
        )
    agreed: dict[Verdict, int] = {verdict: sum(claim.agreed == verdict for claim in waiting) for verdict in VERDICTS}
    alone = sum(len(claim.by_extractor) < 2 for claim in waiting)
    rest = len(waiting) - agreed["holds"] - agreed["does_not_hold"] - alone
    others = (
        f"on {rest} they agree on no verdict, and {alone} {'has' if alone == 1 else 'have'} scores of one network only"
    )
    return (
        f"Of the {len(waiting)} that wait for ImageNet weights, our {n_networks} networks agree that {_decided(agreed)}"
        f"; {others if alone else f'on the other {rest} they agree on no verdict'}."
    )


def _main(main: Mapping[str, Mapping[str, str]], found: Mapping[str, Verdict]) -> str:
    """How many of the main claims hold, do not hold and are open, and which are decided."""
    places = {
        verdict: {
            topic: [dataset_label(dataset) for dataset, name in ids.items() if found.get(name) == verdict]
            for topic, ids in main.items()
        }
        for verdict in VERDICTS
    }
    counts = {verdict: sum(map(len, by_topic.values())) for verdict, by_topic in places.items()}
    n = sum(counts.values())
    if n == counts["open"]:
        return f"Main claims on VRRAE, each on one data set: none of {n} is decided ({', '.join(main)})."
    counted = f"of {n}, {_decided(counts)}, and {VERDICTS['open'].counted(counts['open'])}."
    decided = [
        f" {words.of_several.capitalize()}: {_by_topic(places[verdict])}."
        for verdict, words in VERDICTS.items()
        if verdict != "open" and counts[verdict]
    ]
    return f"Main claims on VRRAE, each on one data set: {counted}{''.join(decided)}"


def _by_topic(places: Mapping[str, Sequence[str]]) -> str:
    """The data sets of each topic that has any.

    >>> _by_topic({"lowest error": ["MNIST", "CIFAR-10"], "best FID": []})
    'lowest error on MNIST and CIFAR-10'
    """
    return "; ".join(f"{topic} on {enumerated(labels)}" for topic, labels in places.items() if labels)
