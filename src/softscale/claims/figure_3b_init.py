"""Figure 3b: how the prompt is initialised."""

from functools import partial

from softscale.claims.claim import CLEAR, Finding, Material, above, all_of, claim, points, within
from softscale.claims.curves import Curves, by_rung

figure_3b = partial(claim, section="section 3.2, Figure 3b", experiment="miniature/figure_3b_init")
LABELS, VOCAB, RANDOM = "class_labels", "sampled_vocab", "random_uniform"


def _curves(material: Material) -> Curves:
    return Curves(material.records, lambda study: study["method"].get("init", {}).get("name"))


@figure_3b(
    words="Initialisation from class labels is best",
    rule="the means over rungs of class labels less either of the others are above 0",
)
def class_labels_are_best(material: Material) -> Finding:
    curves = _curves(material)
    rungs = curves.ladder(LABELS, VOCAB, RANDOM)
    gains = {other: curves.mean_gain(rungs, LABELS, other) for other in (VOCAB, RANDOM)}
    return Finding(f"ahead of {by_rung(gains)}".replace("_", " "), all_of(map(above, gains.values())))


@figure_3b(
    words="At smaller sizes random uniform is clearly behind",
    rule=f"the mean over the smaller half of the rungs of class labels less random uniform is above {100 * CLEAR:.0f} "
    "points",
)
def random_is_behind_at_small_sizes(material: Material) -> Finding:
    curves = _curves(material)
    rungs = curves.ladder(LABELS, RANDOM)
    gains = curves.gains(rungs, LABELS, RANDOM)
    gain = curves.mean_gain(rungs[: len(rungs) // 2], LABELS, RANDOM)
    return Finding(f"smaller half {points(gain)}; {by_rung(gains)}", above(gain, CLEAR))


@figure_3b(
    words="At the largest size the initialisation makes no difference",
    rule=f"on the largest rung class labels are within {100 * CLEAR:.0f} points of either of the others",
)
def no_difference_at_the_top(material: Material) -> Finding:
    curves = _curves(material)
    top = curves.ladder(LABELS, VOCAB, RANDOM)[-1]
    gains = {other: curves.gain(top, LABELS, other) for other in (VOCAB, RANDOM)}
    measured = f"{top}: class labels less {by_rung(gains).replace('_', ' ')}"
    return Finding(measured, all_of(within(gain, CLEAR) for gain in gains.values()))
