"""Table 2: trained on one paraphrase task, scored on the other."""

from functools import partial

from softscale.claims.claim import CLEAR, Finding, Material, Missing, above, claim, points, within
from softscale.claims.curves import Curves, by_method, on_transfer
from softscale.metrics.bootstrap import Estimate

table_2 = partial(claim, section="section 5, Table 2", experiment="miniature/table_2_paraphrase")
PROMPT, MODEL = "prompt_tuning", "model_tuning"


def _gain(material: Material, trained: str, scored: str) -> tuple[str, Estimate]:
    """On the largest rung with both methods, what prompt tuning has over model tuning; and the rung."""
    records = [record for record in material.records if record.study["task"]["name"] == trained]
    if not any(scored in record.study["transfer"] for record in records):
        raise Missing(f"no run of {trained} was scored on {scored}")
    curves = Curves(records, by_method, on_transfer, [scored])
    top = curves.rungs_with(PROMPT, MODEL)[-1]
    return top, curves.gain(top, PROMPT, MODEL)


@table_2(
    words="From QQP to MRPC prompt tuning transfers better than model tuning (by 3.2 points of accuracy, 3.1 of F1)",
    rule="on the largest rung prompt tuning less model tuning, mean of accuracy and F1, is above 0",
)
def better_from_qqp_to_mrpc(material: Material) -> Finding:
    top, gain = _gain(material, "qqp", "mrpc")
    return Finding(f"{top}: {points(gain)}", above(gain))


@table_2(
    words="From MRPC to QQP the two are close (0.5 points of accuracy, -1.2 of F1)",
    rule=f"on the largest rung the two, mean of accuracy and F1, are within {100 * CLEAR:.0f} points of each other",
)
def close_from_mrpc_to_qqp(material: Material) -> Finding:
    top, gain = _gain(material, "mrpc", "qqp")
    return Finding(f"{top}: prompt tuning ahead by {points(gain)}", within(gain, CLEAR))
