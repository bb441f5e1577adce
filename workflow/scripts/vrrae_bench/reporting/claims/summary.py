"""The outcome in five lines, which stand in claims.md, in the report and at the end of a run."""

from collections.abc import Mapping, Sequence

from vrrae_bench.reporting.claims.reported import ReportedClaim
from vrrae_bench.reporting.claims.verdicts import AWAITED, VERDICTS, Verdict
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.sentences import counted, enumerated, in_words

# What is said of one claim that follows from the definition of the method, and of several.
FOUND: dict[Verdict, tuple[str, str]] = {
    "holds": ("was found to hold", "were found to hold"),
    "does_not_hold": ("was found not to hold", "were found not to hold"),
    "open": ("is still open", "are still open"),
}


def summarise(claims: Sequence[ReportedClaim], main: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Five lines: how many claims hold, do not hold and are open, what open claims wait for, and the main claims.

    Args:
        main: The main claims of the paper: by what each says of VRRAE, the id of the claim on each data set.
    """
    tested = [claim for claim in claims if not claim.by_algebra]
    counts = {verdict: sum(claim.verdict == verdict for claim in tested) for verdict in VERDICTS}
    return (
        f"Of {len(tested)} claims of the paper that can fail, {_decided(counts)}, "
        f"and {VERDICTS['open'].counted(counts['open'])}.",
        _by_definition([claim.verdict for claim in claims if claim.by_algebra]),
        f"The open claims wait for: {_awaited(tested)}.",
        _extractors(tested),
        _main(main, {claim.id: claim.verdict for claim in claims}),
    )


def _decided(counts: Mapping[Verdict, int]) -> str:
    """How many claims hold, and how many do not.

    >>> _decided({"holds": 1, "does_not_hold": 2})
    '1 holds and 2 do not hold'
    """
    return " and ".join(VERDICTS[verdict].counted(counts[verdict]) for verdict in ("holds", "does_not_hold"))


def _by_definition(verdicts: Sequence[Verdict]) -> str:
    """How many claims follow from the definition of the method, and what was found of them.

    >>> _by_definition(["holds", "does_not_hold", "holds"]).split(". ")[1:]
    ['Two of them were found to hold', 'One of them was found not to hold.']
    """
    n = len(verdicts)
    if n == 0:
        return "No claim follows from the definition of the method."
    claims = "claim follows" if n == 1 else "claims follow"
    sentences = [f"{in_words(n).capitalize()} further {claims} from the definition of the method."]
    for verdict, (of_one, of_several) in FOUND.items():
        if found := verdicts.count(verdict):
            sentences.append(f"{_of_them(found, n)} {of_one if found == 1 else of_several}.")
    return " ".join(sentences)


def _awaited(claims: Sequence[ReportedClaim]) -> str:
    """How many open claims wait for each kind of thing."""
    numbers = {kind: sum(claim.awaited == kind for claim in claims) for kind in AWAITED}
    return ", ".join(f"{AWAITED[kind]} ({n})" for kind, n in numbers.items() if n) or "nothing"


def _extractors(claims: Sequence[ReportedClaim]) -> str:
    """What our own extractors say of the claims that wait for ImageNet weights."""
    waiting = [claim for claim in claims if claim.awaited == "weights"]
    if not waiting:
        return "No claim waits for ImageNet weights alone."
    several, alone, none = ([claim for claim in waiting if min(len(claim.by_extractor), 2) == n] for n in (2, 1, 0))
    one = len(waiting) == 1
    sentences = [
        f"{len(waiting)} {'claim waits' if one else 'claims wait'} for an extractor (the network whose features FID "
        "compares) that started from ImageNet weights."
    ]
    if several:
        agreed: dict[Verdict, int] = {verdict: sum(one.agreed == verdict for one in several) for verdict in VERDICTS}
        sentences += [
            f"{_with_scores_by(len(several), 'several')} of our extractors, which agree that {_decided(agreed)}, and "
            f"that {VERDICTS['open'].counted(agreed['open'])}."
        ]
        if differing := len(several) - sum(agreed.values()):
            sentences.append(f"They disagree on {differing}.")
    if alone:
        sentences.append(f"{_with_scores_by(len(alone), 'one of our extractors only')}.")
    if none:
        sentences.append(f"On {len(none)}, none of our extractors finds anything, for want of models or of scores.")
    return " ".join(sentences)


def _with_scores_by(n: int, whom: str) -> str:
    """So many claims and by whom they have scores, as a part of a sentence."""
    return f"{n} {'has' if n == 1 else 'have'} scores by {whom}"


def _main(main: Mapping[str, Mapping[str, str]], found: Mapping[str, Verdict]) -> str:
    """What the main claims are, how many are decided, and which."""
    known = {
        topic: {dataset: found[name] for dataset, name in ids.items() if name in found} for topic, ids in main.items()
    }
    known = {topic: verdicts for topic, verdicts in known.items() if verdicts}
    verdicts = [verdict for of_topic in known.values() for verdict in of_topic.values()]
    n, n_open = len(verdicts), verdicts.count("open")
    if n == 0:
        return "None of the main claims on VRRAE is among these claims."
    kinds = f"{in_words(len(known))} main statement{'s' if len(known) > 1 else ''}"
    where = "several data sets" if min(map(len, known.values())) > 1 else "one data set or more"
    sentences = [
        f"The paper makes {kinds} on VRRAE: {enumerated(known, before_and=',')}. Each is about {where}, which gives "
        f"{counted(n, 'main claim')}."
    ]
    for verdict in ("holds", "does_not_hold"):
        if n_found := verdicts.count(verdict):
            sentences.append(f"{_with_verdict(verdict, n_found, n)}: {_by_topic(known, verdict)}.")
    if n_open == n:
        sentences.append("It is not decided yet." if n == 1 else "None of them is decided yet.")
    elif n_open:
        sentences.append("The other one is open." if n_open == 1 else f"The other {in_words(n_open)} are open.")
    return " ".join(sentences)


def _with_verdict(verdict: Verdict, n: int, of: int) -> str:
    """A sentence that says how many of several claims have a verdict.

    >>> _with_verdict("does_not_hold", 1, 3), _with_verdict("does_not_hold", 3, 3)
    ('One of them does not hold', 'None of them holds')
    """
    if verdict == "does_not_hold" and n == of > 1:
        return "None of them holds"
    return f"{_of_them(n, of)} {VERDICTS[verdict].of_one if n == 1 else VERDICTS[verdict].of_several}"


def _of_them(n: int, of: int) -> str:
    """The subject of a sentence on n of several things that were named before.

    >>> _of_them(1, 1), _of_them(2, 2), _of_them(3, 3), _of_them(2, 13)
    ('It', 'Both', 'All of them', 'Two of them')
    """
    if n == of:
        return {1: "It", 2: "Both"}.get(n, "All of them")
    return f"{in_words(n).capitalize()} of them"


def _by_topic(known: Mapping[str, Mapping[str, Verdict]], verdict: Verdict) -> str:
    """The topics of claims with a verdict, each with the data sets of these claims.

    >>> _by_topic({"lowest error": {"mnist": "holds", "cifar10": "holds"}, "best FID": {"mnist": "open"}}, "holds")
    'lowest error on MNIST and CIFAR-10'
    """
    places = {
        topic: [dataset_label(dataset) for dataset, found in of_topic.items() if found == verdict]
        for topic, of_topic in known.items()
    }
    return "; ".join(f"{topic} on {enumerated(labels)}" for topic, labels in places.items() if labels)
