"""Table 1: trained on questions of one domain, scored on others."""

from functools import partial

from softscale.claims.claim import CLEAR, Finding, Material, Missing, above, claim, points, within
from softscale.claims.curves import Curves, by_method, mean_above, on_transfer
from softscale.metrics import bootstrap as statistics
from softscale.metrics.bootstrap import Estimate
from softscale.world.questions import BY_DISTANCE

table_1 = partial(claim, section="section 5, Table 1", experiment="miniature/table_1_domain_shift")
PROMPT, MODEL = "prompt_tuning", "model_tuning"


def _top(material: Material) -> str:
    """The largest rung with both methods; the paper's is XXL, by all that its text says."""
    return Curves(material.records, by_method).rungs_with(PROMPT, MODEL)[-1]


def _by_target(material: Material) -> dict[str, Curves]:
    """The scores on each set that was not trained on. Raises Missing where there is none."""
    targets = sorted({task for record in material.records for task in record.study["transfer"]})
    if not targets:
        raise Missing("no run was scored on a set that it was not trained on")
    return {target: Curves(material.records, by_method, on_transfer, [target]) for target in targets}


def _gains(material: Material) -> dict[str, Estimate]:
    top = _top(material)
    return {target: curves.gain(top, PROMPT, MODEL) for target, curves in _by_target(material).items()}


@table_1(
    words="Within the domain prompt tuning and model tuning are equal (94.8 and 94.9)",
    rule=f"on the largest rung the two are within {100 * CLEAR:.0f} points of each other",
)
def equal_within_the_domain(material: Material) -> Finding:
    top = _top(material)
    gain = Curves(material.records, by_method).gain(top, PROMPT, MODEL)
    return Finding(f"{top}: prompt tuning ahead by {points(gain)}", within(gain, CLEAR))


@table_1(
    words="On other domains prompt tuning is better than model tuning (on four of six sets, by 12.5 points at most)",
    rule="on the largest rung the mean over the other sets of prompt tuning less model tuning is above 0",
)
def better_on_other_domains(material: Material) -> Finding:
    return mean_above(_gains(material))


@table_1(
    words="The larger the shift of domain, the more prompt tuning gains (TextbookQA: 12.5)",
    rule="the mean gain on the half of the sets that the world puts farther from SQuAD less that on the nearer half "
    "is above 0 (world/questions.py has the order, committed with the sets)",
)
def gains_grow_with_the_shift(material: Material) -> Finding:
    """An order by either method's score would be chosen by the data that judges it."""
    known = _gains(material)
    nearest_first = [target for target in BY_DISTANCE if target in known]
    if len(nearest_first) < 2:
        raise Missing("fewer than two sets of which the world knows how far they are show no order of shifts")
    half = len(nearest_first) // 2
    near, far = ([known[target] for target in part] for part in (nearest_first[:half], nearest_first[-half:]))
    more = statistics.mean(far) - statistics.mean(near)
    return Finding(f"more by {points(more)}; nearest first: {', '.join(nearest_first)}", above(more))
