"""The claims as a CSV file and as a page to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from vrrae_bench.files import atomic_path, write_text
from vrrae_bench.records import write_record
from vrrae_bench.reporting.claims.claims import Claim
from vrrae_bench.reporting.claims.comparisons import Comparison
from vrrae_bench.reporting.claims.conditions import OF_THE_PAPER
from vrrae_bench.reporting.claims.contradictions import CONTRADICTIONS, Contradiction, Reading
from vrrae_bench.reporting.claims.evidence import Evidence
from vrrae_bench.reporting.claims.findings import METRICS, VERDICTS, Finding, Verdict, number
from vrrae_bench.reporting.claims.headings import CONTRADICTORY, HOW
from vrrae_bench.reporting.claims.measures import kinds_of
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.markup import markdown, markdown_cell

COLUMNS = ["id", "section", "statement", "verdict", "evidence"]
CORRECTION = (
    "By the rule that stands with it, never by eye. Each test has 2.5 % on either side. Where all comparisons of a "
    "claim have to hold, none is corrected; where one is enough to refute it, they are, for their number. Nothing is "
    "corrected for the number of claims: of fifty that are decided, one or two may be wrongly, by chance. Nor for "
    "looking again: levels are those of a number of seeds that was chosen before any result was seen. Whoever adds "
    "seeds because a verdict is undecided, and tests after each, is wrong in 4 % of cases instead of 2.5 % with a "
    "look at three and one at four seeds, and in 7 % with one at each of three to eight. So numbers of seeds that are "
    "estimated with an undecided claim are for planning a new run with other seeds. Those up to the fewest that a rule "
    "asks for may be added, since nothing was tested before. Intervals are over seeds: the claims of a data "
    "set share its images and one Inception-v3, whose choice no interval contains."
)
CONDITIONS = (
    "Claims about FID are decided by the paper's kind of it, in an Inception-v3 that was tuned on the data set from "
    "ImageNet weights. One that started otherwise decides nothing; what it would say stands with the numbers. The FID "
    "of random images is the mean over independent draws of as many as the paper has, where there are several. FID "
    "depends on all that follows, of which the paper gives what stands in the last row; under other conditions, "
    "verdicts may be others. Random, all draws, KID and interpolated are numbers of generated images. With each claim "
    "about random images stands what its rule finds by scores of ours that have less of FID's bias or none: the FID of "
    "all draws together, its limit for infinitely many images, and KID. They decide nothing here."
)
TIMES = {"step_seconds": "seconds of a step", "total_minutes": "minutes in all"}
SETTINGS = {"bottleneck": "k", "latent_size": "L", "batch_size": "batch size", "learning_rate": "learning rate"}


@dataclass(frozen=True)
class Decided:
    """A claim, what its rule found, and what the same rule finds by scores of ours, which decide nothing."""

    claim: Claim
    finding: Finding
    by_firmer_scores: Mapping[str, Finding]

    @property
    def evidence(self) -> str:
        """Numbers, verdicts by scores of ours, what is lacking, and the remark, in one line."""
        parts = list(self.finding.numbers)
        parts += [f"by {METRICS[name]}: {VERDICTS[one.verdict]}" for name, one in self.by_firmer_scores.items()]
        parts += [f"lacking: {'; '.join(self.finding.lacking)}"] if self.finding.lacking else []
        parts += [self.claim.remark.rstrip(".")] if self.claim.remark else []
        return ". ".join(parts)


def decide(claims: Sequence[Claim], evidence: Evidence, reduced: str | None) -> list[Decided]:
    """Apply the rule of each claim.

    Args:
        reduced: Says that, and how, the settings are reduced. Nothing is then decided; the numbers stand all the same.
    """

    def final(finding: Finding) -> Finding:
        if not reduced:
            return finding
        return replace(finding, verdict="undecided", lacking=(f"quick settings: {reduced}", *finding.lacking))

    decided = []
    for claim in claims:
        beside = claim.rule.by_firmer_scores(evidence) if isinstance(claim.rule, Comparison) else {}
        beside = {name: final(finding) for name, finding in beside.items()}
        decided.append(Decided(claim, final(claim.rule.decide(evidence)), beside))
    return decided


def write_claims(path: Path, decided: Sequence[Decided], evidence: Evidence, banner: str | None) -> None:
    """Write `path`, a CSV file with a row for each claim, and beside it the same to read, in Markdown, and digests."""
    rows = [
        (one.claim.id, one.claim.section, one.claim.statement, one.finding.verdict, one.evidence) for one in decided
    ]
    with atomic_path(path) as temporary:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(temporary, index=False)
    markdown = path.with_suffix(".md")
    write_text(markdown, page(decided, evidence, banner))
    write_record(path.with_suffix(".json"), {"claims": len(decided)}, [path.name, markdown.name])


def page(decided: Sequence[Decided], evidence: Evidence, banner: str | None) -> str:
    """The page: the claims by verdict, what FID is of, how claims are decided, each of them, and contradictions."""
    verdicts = [one.finding.verdict for one in decided]
    counts = ", ".join(f"{verdicts.count(verdict)} {words}" for verdict, words in VERDICTS.items())
    kinds = dict.fromkeys(kind for one in decided for kind in kinds_of(one.claim.rule))
    sections = [
        "# Claims of the paper",
        *([f"**{markdown(banner)}**"] if banner else []),
        f"{len(decided)} claims: {counts}.",
        *(_overview(verdict, decided) for verdict in VERDICTS if verdict in verdicts),
        *_conditions(evidence),
        HOW,
        CORRECTION,
        "\n".join(f"- **{kind.__name__}**: {kind.how}" for kind in kinds),
        "## The claims one by one",
        *map(_section, decided),
        CONTRADICTORY,
        *(_contradiction(one, evidence) for one in CONTRADICTIONS),
    ]
    return "\n\n".join(sections) + "\n"


def _overview(verdict: Verdict, decided: Sequence[Decided]) -> str:
    """The claims of one verdict, each with a link to what is said of it below; for undecided ones, what is lacking."""
    chosen = [one for one in decided if one.finding.verdict == verdict]
    parts = [f"## {VERDICTS[verdict].capitalize()} ({len(chosen)})"]
    columns = {
        "Claim": [f"[{one.claim.statement}](#{one.claim.id})" for one in chosen],
        "Section": [one.claim.section for one in chosen],
    }
    if verdict == "undecided":
        lacking = [tuple(map(markdown_cell, one.finding.lacking)) for one in chosen]
        shared = [text for text in lacking[0] if all(text in texts for texts in lacking)]
        parts += [f"Lacking for each of them: {'; '.join(shared)}."] if shared else []
        columns["Lacking"] = ["; ".join(text for text in texts if text not in shared) for texts in lacking]
    return "\n\n".join([*parts, pd.DataFrame(columns).to_markdown(index=False, disable_numparse=True)])


def _conditions(evidence: Evidence) -> tuple[str, ...]:
    """What the FIDs are of."""
    if evidence.conditions.empty:
        return ()
    table = pd.concat([evidence.conditions, pd.DataFrame([OF_THE_PAPER])])
    return "## What the FIDs are of", CONDITIONS, table.to_markdown(index=False, disable_numparse=True)


def _section(one: Decided) -> str:
    rule = " and ".join(kind.__name__ for kind in kinds_of(one.claim.rule))
    lines = [
        f"- Section: {one.claim.section}",
        f"- Rule: {rule}. {one.claim.rule.words}",
        *(f"- {line}" for line in one.finding.numbers),
        f"- **Verdict: {VERDICTS[one.finding.verdict]}**",
        *(f"- Lacking: {markdown(text)}" for text in one.finding.lacking),
    ]
    if one.by_firmer_scores:
        lines += ["- By scores of ours, which decide nothing here:"]
        lines += [f"    - {_beside(finding)}" for finding in one.by_firmer_scores.values()]
    remark = f"\n\n{one.claim.remark}" if one.claim.remark else ""
    return f"### {one.claim.id}\n\n{one.claim.statement}\n\n" + "\n".join(lines) + remark


def _beside(finding: Finding) -> str:
    """A finding in one line: the first of its numbers begins with the name of the score."""
    return f"{VERDICTS[finding.verdict]}: {'; '.join(finding.numbers)}"


def _contradiction(one: Contradiction, evidence: Evidence) -> str:
    rows = [(each.place, _quantity(each), f"{each.value:g}", _here(each, evidence)) for each in one.readings]
    table = pd.DataFrame(rows, columns=["Where", "What", "Printed", "Here"])
    return f"### {one.what}\n\n{one.explanation}\n\n{table.to_markdown(index=False, disable_numparse=True)}"


def _quantity(reading: Reading) -> str:
    method = [str(reading.variant)] if reading.method else []
    return ", ".join([dataset_label(reading.dataset), *method, (METRICS | TIMES | SETTINGS)[reading.metric]])


def _here(reading: Reading, evidence: Evidence) -> str:
    """The reproduced value beside the printed one; a dash where there is none."""
    if reading.metric in METRICS:
        return _over_seeds(evidence.values(reading.dataset, reading.variant, reading.metric))
    if reading.dataset not in evidence.configured:
        return "–"
    if reading.metric in SETTINGS:
        return f"{getattr(evidence.configured[reading.dataset], reading.metric):g} (configured)"
    rows = evidence.table_a4_1
    found = rows[(rows.dataset == reading.dataset) & (rows.method == reading.method)].set_index("metric")["mean"]
    how = "median, extrapolated" if reading.metric == "total_minutes" else "median"
    return f"{number(found[reading.metric])} ({how})" if reading.metric in found else "–"


def _over_seeds(values: pd.Series) -> str:
    if values.empty:
        return "–"
    deviation = f" ± {values.std(ddof=1):.2g}" if len(values) > 1 else ""
    return f"{number(values.mean())}{deviation} ({len(values)} seed{'s' * (len(values) > 1)})"
