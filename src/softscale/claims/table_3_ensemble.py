"""Table 3: the vote of five prompts on one frozen model."""

from functools import partial

from softscale.claims.claim import Finding, Material, Missing, claim, decided
from softscale.markdown import percent

table_3 = partial(claim, section="section 6, Table 3", experiment="miniature/table_3_ensemble")


def _against(material: Material, other: str) -> Finding:
    """The vote against the mean or the best of its voters, by the average over tasks on the largest rung."""
    rows = [row for row in material.page if row.get("metric") == "score"]
    if not rows:
        raise Missing("its page has no vote: softscale report makes it from published predictions")
    largest = max(row["total"] for row in rows)
    most = max(row["tasks"] for row in rows)
    ours = [row for row in rows if row["total"] == largest and row["tasks"] == most]
    averages = {row["what"]: row for row in ours if row["what"] in ("average", "best", "ensemble")}
    if set(averages) != {"average", "best", "ensemble"}:
        raise Missing("its page has no average over all tasks")
    vote, single = averages["ensemble"]["score"], averages[other]["score"]
    if vote != vote:  # NaN
        raise Missing(str(averages["ensemble"].get("why") or "vote not computed"))
    words = f"{averages['ensemble']['model']}: vote {percent(vote)}, {other} {percent(single)}"
    return Finding(words, decided(vote > single))


@table_3(
    words="The majority vote of five prompts is better than their mean (91.3 and 90.5)",
    rule="the vote's score, average over tasks on the largest rung, is the higher one (no interval)",
)
def the_vote_beats_the_mean(material: Material) -> Finding:
    return _against(material, "average")


@table_3(
    words="The vote is better than the best of the five (91.3 and 91.0)",
    rule="the vote's score, average over tasks on the largest rung, is the higher one (no interval)",
)
def the_vote_beats_the_best(material: Material) -> Finding:
    return _against(material, "best")
