"""Figure 3d: how long the frozen model was adapted to language modelling."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from softscale.claims.claim import Finding, Material, above, all_of, claim, points
from softscale.claims.curves import Curves, by_rung
from softscale.metrics import bootstrap as statistics

figure_3d = partial(claim, section="section 3.2, Figure 3d", experiment="miniature/figure_3d_adaptation")
WHOLE, NONE = 100, 0


def _percent(study: Mapping[str, Any]) -> int:
    """How much of the LM adaptation the model has: mini_1_span, mini_1_lm_10, mini_1."""
    name = study["model"]["name"]
    part = re.search(r"_lm_(\d+)$", name)
    return int(part.group(1)) if part else NONE if name.endswith("_span") else WHOLE


@figure_3d(
    words="Longer LM adaptation is better, up to all of it (100,000 steps, 10 % of pre-training)",
    rule="the means over rungs of the whole adaptation less each shorter one are above 0",
)
def longer_adaptation_is_better(material: Material) -> Finding:
    curves = Curves(material.records, _percent)
    shorter = [part for part in curves.settings() if part != WHOLE]
    rungs = curves.ladder(WHOLE, NONE, *shorter)
    gains = {f"{part} %": curves.mean_gain(rungs, WHOLE, part) for part in shorter}
    return Finding(f"whole less {by_rung(gains)}", all_of(map(above, gains.values())))


@figure_3d(
    words="The largest model gains modestly from it",
    rule="the gain of the whole adaptation over none, mean over the other rungs, less that on the largest is above 0",
)
def the_top_gains_modestly(material: Material) -> Finding:
    curves = Curves(material.records, _percent)
    gains = curves.gains(curves.ladder(WHOLE, NONE), WHOLE, NONE)
    *others, top = gains.values()
    less = statistics.mean(others) - top
    return Finding(f"smaller by {points(less)}; gains: {by_rung(gains)}", above(less))
