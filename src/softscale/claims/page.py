"""The page of all claims: what the paper says, what is measured here, and the verdict by the rule beside it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from softscale.claims.claim import Claim, Finding, Material, Verdict
from softscale.markdown import line
from softscale.metrics.bootstrap import DRAWS, LEVEL

INTERVALS = (
    f"In brackets: {100 * LEVEL:.0f} % intervals in points, {DRAWS:,} draws of a bootstrap over seeds and examples. "
    "Runs that are compared were scored on the same examples, and their difference is paired over them; few seeds show "
    "a little less of their spread than there is. Scores are those of dev at the best step, averaged over the "
    "tasks of the experiment."
)
VERDICTS = (
    f"**{Verdict.HOLDS.value}**: the whole interval keeps the rule; **{Verdict.FAILS.value}**: none of it does; "
    f"**{Verdict.OPEN.value}**: a part of it does, and more seeds or examples would tell; **{Verdict.SCALE.value}**: "
    f"no run of this ladder could tell; **{Verdict.NOT_RUN.value}**: what it is judged by is not there."
)


def to_markdown(
    claims: Mapping[str, Sequence[Claim]], findings: Mapping[str, Sequence[Finding]], material: Mapping[str, Material]
) -> str:
    """claims, findings: by title, in the same order. material: by experiment, what they were judged by."""
    counts = Counter(finding.verdict for group in findings.values() for finding in group)
    whole = ", ".join(f"{verdict.value} {counts[verdict]}" for verdict in Verdict if counts[verdict])
    parts = [
        "# The claims of the paper, one by one",
        "Lester, Al-Rfou & Constant 2021, against the records of this repository, made by `softscale claims`.",
        f"Of {counts.total()} claims: {whole}.",
        VERDICTS,
        INTERVALS,
    ]
    for title, group in claims.items():
        parts += [f"## {title}", _table(group, findings[title]), _source(group, material)]
    return "\n\n".join(parts) + "\n"


def _table(claims: Sequence[Claim], findings: Sequence[Finding]) -> str:
    rows = [
        line([claim.section, claim.words, finding.measured, f"**{finding.verdict.value}**", claim.rule])
        for claim, finding in zip(claims, findings, strict=True)
    ]
    return "\n".join([line(["paper", "claim", "here", "verdict", "holds if"]), line(["---"] * 5), *rows])


def _source(claims: Sequence[Claim], material: Mapping[str, Material]) -> str:
    names = dict.fromkeys(claim.experiment for claim in claims if claim.experiment)
    return f"From {'; '.join(f'`{name}`, {_amount(material[name])}' for name in names) or 'no experiment'}."


def _amount(material: Material) -> str:
    if material.records:
        return f"{len(material.records)} of {material.cells} cells run"
    return "its table.csv" if material.page else "nothing"
