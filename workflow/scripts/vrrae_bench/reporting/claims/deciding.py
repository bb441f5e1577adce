"""Deciding the claims: the rule of each is applied to what was measured, and what it finds is put down as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vrrae_bench.reporting.claims.claims import MAIN_CLAIMS, Claim
from vrrae_bench.reporting.claims.conditions import OF_THE_PAPER
from vrrae_bench.reporting.claims.contradictions import CONTRADICTIONS, Contradiction, Reading
from vrrae_bench.reporting.claims.differences import PairedDifferences
from vrrae_bench.reporting.claims.evidence import Evidence
from vrrae_bench.reporting.claims.findings import Finding, Lacking, Rule, fewer_test_images, number, over_seeds
from vrrae_bench.reporting.claims.parts import datasets_of, kinds_of
from vrrae_bench.reporting.claims.printed_settings import unlike_the_paper
from vrrae_bench.reporting.claims.reported import (
    FindingByLearningRate,
    FindingByScore,
    ReportedClaim,
    ReportedClaims,
    ReportedContradiction,
    ReportedLacking,
)
from vrrae_bench.reporting.claims.summary import summarise
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.scoring.metrics import METRICS


@dataclass(frozen=True)
class Decided:
    """A claim, what its rule found, and what the same rule finds from other numbers, which decide nothing.

    Attributes:
        by_firmer_scores: By scores of ours.
        by_learning_rate: From runs with another learning rate than the configured one.
    """

    claim: Claim
    finding: Finding
    by_firmer_scores: Mapping[str, Finding]
    by_learning_rate: Mapping[float, Finding]


def decide(claims: Sequence[Claim], evidence: Evidence, reduced: str | None) -> list[Decided]:
    """Apply the rule of each claim.

    A claim about a data set whose settings are not the paper's is not decided. The numbers stand all the same.

    Args:
        reduced: Says that, and how, the settings are reduced. No claim is then decided.
    """
    return [_decided(claim, evidence, _other_settings(claim, evidence, reduced)) for claim in claims]


def _decided(claim: Claim, evidence: Evidence, other_settings: Sequence[str]) -> Decided:
    """What the rule of a claim finds.

    Args:
        other_settings: In what the settings differ from the paper's. If they do, the claim stays open.
    """

    def final(finding: Finding) -> Finding:
        if not other_settings:
            return finding
        lacking = [Lacking("settings", f"a run with the paper's settings; {text}") for text in other_settings]
        return replace(finding, verdict="open", lacking=(*lacking, *finding.lacking), by_extractor={})

    beside = claim.rule.by_firmer_scores(evidence) if isinstance(claim.rule, PairedDifferences) else {}
    return Decided(claim, final(claim.rule.decide(evidence)), beside, _by_learning_rate(claim.rule, evidence))


def _other_settings(claim: Claim, evidence: Evidence, reduced: str | None) -> list[str]:
    """In what the settings behind a claim differ from the paper's, as clauses.

    Other settings do not matter to an identity, but reduced settings leave every claim open.
    """
    if reduced:
        return [f"these settings are reduced: {reduced}"]
    names = [] if claim.by_algebra else [name for name in datasets_of(claim.rule) if name in evidence.configured]
    unlike = {name: list(unlike_the_paper(name, evidence.configured[name])) for name in names}
    return [f"on {dataset_label(name)}, {', '.join(found)}" for name, found in unlike.items() if found]


def _by_learning_rate(rule: Rule, evidence: Evidence) -> dict[float, Finding]:
    """What a rule about one data set finds with each other learning rate with which all its variants were trained."""
    subject = rule.subject
    if subject is None:
        return {}
    return {
        rate: rule.decide(trained)
        for rate, trained in evidence.by_other_learning_rates(subject.dataset).items()
        if all(len(trained.of(subject.dataset, variant)) for variant in subject.variants)
    }


def reported_claims(decided: Sequence[Decided], evidence: Evidence, settings: str | None = None) -> ReportedClaims:
    """What was decided, as data.

    Args:
        settings: The digest of the configuration, by `digest_of`.
    """
    claims = tuple(map(reported_claim, decided))
    kinds = dict.fromkeys(kind for one in decided for kind in kinds_of(one.claim.rule))
    rows = evidence.conditions.to_dict("records")
    ours = [{str(name): value for name, value in row.items()} for row in rows]
    return ReportedClaims(
        settings=settings,
        summary=summarise(claims, MAIN_CLAIMS),
        claims=claims,
        rules={kind.__name__: kind.how for kind in kinds},
        conditions=(*ours, OF_THE_PAPER) if ours else (),
        other_networks=tuple(dataset for dataset in evidence.starts if evidence.lacking_network(dataset)),
        contradictions=tuple(_contradiction(one, evidence) for one in CONTRADICTIONS),
    )


def reported_claim(one: Decided) -> ReportedClaim:
    """What was decided of one claim, as data."""
    finding = one.finding
    return ReportedClaim(
        id=one.claim.id,
        section=one.claim.section,
        statement=one.claim.statement,
        by_algebra=one.claim.by_algebra,
        rules=tuple(kind.__name__ for kind in kinds_of(one.claim.rule)),
        words=one.claim.rule.words,
        verdict=finding.verdict,
        numbers=finding.numbers,
        lacking=tuple(ReportedLacking(awaited=each.awaited, text=each.text) for each in finding.lacking),
        by_extractor=dict(finding.by_extractor),
        by_score=tuple(
            FindingByScore(score=METRICS[name].label, verdict=found.verdict, numbers=found.numbers)
            for name, found in one.by_firmer_scores.items()
        ),
        by_learning_rate=tuple(
            FindingByLearningRate(learning_rate=rate, verdict=found.verdict, numbers=found.numbers)
            for rate, found in one.by_learning_rate.items()
        ),
        remark=one.claim.remark,
    )


def _contradiction(one: Contradiction, evidence: Evidence) -> ReportedContradiction:
    readings = (
        {"Where": each.place, "What": _quantity(each), "Printed": f"{each.value:g}", "Here": _here(each, evidence)}
        for each in one.readings
    )
    return ReportedContradiction(what=one.what, explanation=one.explanation, readings=tuple(readings))


def _quantity(reading: Reading) -> str:
    method = [str(reading.variant)] if reading.method else []
    return ", ".join([dataset_label(reading.dataset), *method, METRICS[reading.metric].label])


def _here(reading: Reading, evidence: Evidence) -> str:
    """Our value beside the printed one; a dash where there is none."""
    source = METRICS[reading.metric].source
    if source in ("scores", "derived"):
        values = evidence.values(reading.dataset, reading.variant, reading.metric)
        return over_seeds(values, [fewer_test_images(evidence, reading.dataset, reading.metric)])
    if reading.dataset not in evidence.configured:
        return "–"
    if source == "settings":
        return f"{getattr(evidence.configured[reading.dataset], reading.metric):g} (configured)"
    rows = evidence.table_a4_1
    found = rows[(rows.dataset == reading.dataset) & (rows.method == reading.method)].set_index("metric")["mean"]
    how = "median, extrapolated" if reading.metric == "total_minutes" else "median"
    return f"{number(found[reading.metric])} ({how})" if reading.metric in found else "–"
