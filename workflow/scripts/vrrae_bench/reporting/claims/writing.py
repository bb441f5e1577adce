"""Writing the verdicts on the claims: as data, as a CSV file, and as a page to read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from vrrae_bench.artefacts.records import write_record
from vrrae_bench.artefacts.run import format_beta
from vrrae_bench.reporting.claims.claims import MAIN_CLAIMS
from vrrae_bench.reporting.claims.groups import Group, groups
from vrrae_bench.reporting.claims.reported import FindingByLearningRate, ReportedClaim, ReportedClaims
from vrrae_bench.reporting.claims.verdicts import VERDICTS
from vrrae_bench.reporting.labels import dataset_label
from vrrae_bench.reporting.markup import markdown, markdown_cell
from vrrae_bench.system.files import atomic_path, write_text

CLAIM_COLUMNS = ["id", "section", "statement", "verdict", "evidence"]
CORRECTION = (
    "Each claim has a rule, and only the rule decides it. Each test has a level of 2.5 % on either side. A claim "
    "with several comparisons is tested in two directions. The tests that confirm it are not corrected, because every "
    "comparison has to hold. The tests that refute it are corrected for the number of comparisons, because one failure "
    "is enough.\n\n"
    "Nothing is corrected for the number of claims. Of fifty claims that are decided, one or two may be decided "
    "wrongly by chance. Nothing is corrected for repeated tests either. The levels hold only if the number of seeds is "
    "fixed in advance. If a claim is tested again after each new seed, more verdicts are wrong: 4 % instead of 2.5 % "
    "after two tests, with three and four seeds, and 7 % after six tests, with three to eight seeds. The number of "
    "seeds that stands beside an open claim is therefore for planning a new run, with new seeds. If a claim has fewer "
    "seeds than its rule needs, no test was made, and seeds may be added.\n\n"
    "Intervals are over seeds. All claims about a data set share its images and one Inception-v3, and no interval "
    "covers the choice of these."
)
CONDITIONS = (
    "Only the paper's kind of FID decides a claim about FID. Its extractor, the network whose features it compares, is "
    "an Inception-v3 that started from ImageNet weights and was fine-tuned on the data set. If the extractor started "
    "otherwise, its FIDs decide nothing. A line with the numbers of the claim then says what the rule finds by the "
    "features of this extractor, and by those of further extractors that differ only in their seed. Where there are "
    "several independent draws of random images, each as large as the paper's, the FID of random images is the mean "
    "over the draws.\n\n"
    "FID depends on everything in this table. The last row shows what the paper says about its own FIDs. Under other "
    "conditions the verdicts may differ. The columns Random, All draws, KID and Interpolated give the number of "
    "generated images. For each claim about random images, the verdicts by three more scores of ours are listed too: "
    "the FID of all draws together, the limit of FID for infinitely many images, and KID. They have less bias than "
    "FID, or none. They do not decide a claim."
)


def write_claims(path: Path, decided: ReportedClaims, banner: str | None) -> None:
    """Write `path`, a CSV file with a row for each claim, and beside it the claims as JSON and as Markdown."""
    rows = [(one.id, one.section, one.statement, one.verdict, evidence_line(one)) for one in decided.claims]
    with atomic_path(path) as temporary:
        pd.DataFrame(rows, columns=CLAIM_COLUMNS).to_csv(temporary, index=False)
    readable = path.with_suffix(".md")
    write_text(readable, page(decided, banner))
    write_record(path.with_suffix(".json"), decided.model_dump(mode="json"), [path.name, readable.name])


def evidence_line(one: ReportedClaim) -> str:
    """The numbers, the verdicts by our scores, what the claim waits for, and the remark, in one line."""
    parts = [*one.numbers, *extractors_line(one)]
    parts += [f"with {found.score} in place of the FID: {VERDICTS[found.verdict].label}" for found in one.by_score]
    parts += [f"{with_rate(found)}: {VERDICTS[found.verdict].label}" for found in one.by_learning_rate]
    parts += [f"waits for: {'; '.join(each.text for each in one.lacking)}"] if one.lacking else []
    parts += [one.remark.rstrip(".")] if one.remark else []
    return ". ".join(parts)


def extractors_line(one: ReportedClaim) -> list[str]:
    """A line on what the features of each of our extractors say, if there are several."""
    found = by_extractors(one)
    return [f"by our {len(one.by_extractor)} extractors: {found}"] if found else []


def by_extractors(one: ReportedClaim) -> str:
    """What the features of each of our extractors say, and whether they agree; empty if there is only one extractor."""
    if len(one.by_extractor) < 2:
        return ""
    found = ", ".join(f"seed {seed} {VERDICTS[verdict].label}" for seed, verdict in one.by_extractor.items())
    return f"{found}; they {'agree' if one.agreed else 'do not agree'}"


def with_rate(found: FindingByLearningRate) -> str:
    """The settings behind a finding, in words."""
    return f"with a learning rate of {format_beta(found.learning_rate)}"


def page(decided: ReportedClaims, banner: str | None) -> str:
    """The page: the outcome, how claims are decided, each claim, and where the paper contradicts itself."""
    head = ["# Claims of the paper", *([f"**{markdown(banner)}**"] if banner else [])]
    return "\n\n".join([*head, *overview(decided), *reasons(decided), *contradictions(decided)]) + "\n"


def overview(decided: ReportedClaims) -> list[str]:
    """Paragraphs: the five lines, the main claims, all claims by verdict, and the conditions of FIDs."""
    parts = ["\n".join(f"- {line}" for line in decided.summary), *_main(decided.claims)]
    for group in groups(decided.claims):
        parts += _listed(group)
    if decided.conditions:
        parts += ["## What the FIDs were computed from", CONDITIONS, _table(decided.conditions)]
    return parts


def reasons(decided: ReportedClaims) -> list[str]:
    """Paragraphs: how claims are decided, and what each verdict rests on."""
    rules = "\n".join(f"- **{name}**: {how}" for name, how in decided.rules.items())
    return ["## How a claim is decided", CORRECTION, rules, "## The claims one by one", *map(_section, decided.claims)]


def contradictions(decided: ReportedClaims) -> list[str]:
    """Paragraphs: where the paper contradicts itself or its code."""
    parts = ["## Contradictions within the paper, and with its code"]
    for one in decided.contradictions:
        parts += [f"### {one.what}", one.explanation, _table(one.readings)]
    return parts


def _main(claims: Sequence[ReportedClaim]) -> list[str]:
    """A table with the verdict on each main claim on each data set, if any of them is among the claims."""
    found = {one.id: f"[{VERDICTS[one.verdict].label}](#{one.id})" for one in claims}
    datasets = dict.fromkeys(name for ids in MAIN_CLAIMS.values() for name in ids)
    rows = [
        {"What is claimed of VRRAE": topic}
        | {dataset_label(name): found.get(ids.get(name, ""), "–") for name in datasets}
        for topic, ids in MAIN_CLAIMS.items()
        if set(ids.values()) & set(found)
    ]
    return ["## The main claims on VRRAE", _table(rows), "–: no such main claim on this data set."] if rows else []


def _listed(group: Group) -> list[str]:
    """A group under its title, with a link from each claim to its section. What all claims wait for is said once."""
    parts = [f"## {group.title} ({group.size})"]
    if group.shared:
        parts.append(f"All of them wait for: {'; '.join(map(markdown_cell, group.shared))}.")
    rows = [{"Claim": f"[{one.statement}](#{one.id})", "Section": one.section} for one in group.claims]
    if any(one.lacking for one in group.claims):
        for row, one in zip(rows, group.claims):
            row["Waits for"] = "; ".join(map(markdown_cell, group.lacking(one)))
    if any(map(by_extractors, group.claims)):
        for row, one in zip(rows, group.claims):
            row["Our extractors"] = by_extractors(one)
    return [*parts, _table(rows)]


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)


def _section(one: ReportedClaim) -> str:
    lines = [
        f"- Section: {one.section}",
        f"- Rule: {' and '.join(one.rules)}. {one.words}",
        *(f"- {line}" for line in one.numbers),
        *(f"- {line}" for line in extractors_line(one)),
        f"- **Verdict: {VERDICTS[one.verdict].label}**",
        *(f"- Waits for: {markdown(each.text)}" for each in one.lacking),
    ]
    if one.by_score:
        lines += ["- With other scores in place of the FID, which do not decide this claim, the rule finds:"]
        lines += [
            f"    - {found.score}: {VERDICTS[found.verdict].label}: {'; '.join(found.numbers)}"
            for found in one.by_score
        ]
    if one.by_learning_rate:
        lines += ["- With other learning rates, which do not decide this claim, the rule finds:"]
        lines += [
            f"    - {with_rate(found)}: {VERDICTS[found.verdict].label}: {'; '.join(found.numbers)}"
            for found in one.by_learning_rate
        ]
    remark = f"\n\n{one.remark}" if one.remark else ""
    return f"### {one.id}\n\n{one.statement}\n\n" + "\n".join(lines) + remark
