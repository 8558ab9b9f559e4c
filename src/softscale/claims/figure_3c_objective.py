"""Figure 3c: what the frozen model was pre-trained for."""

import statistics as descriptive
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from softscale.claims.claim import (
    CLEAR,
    MUCH,
    Finding,
    Material,
    Missing,
    OutOfScale,
    above,
    all_of,
    at_most,
    claim,
    decided,
    points,
)
from softscale.claims.curves import Curves, by_rung, mean_above, on_dev
from softscale.markdown import percent
from softscale.metrics import bootstrap as statistics
from softscale.runs.record import Record

figure_3c = partial(claim, section="section 3.2, Figure 3c", experiment="miniature/figure_3c_objective")
ADAPTED, SPAN, SENTINEL = "LM adaptation", "span corruption", "span corruption with the sentinel"
NEVER = 0.99  # share of illegal predictions from which a run never writes a label
MOST = 0.5


def _setting(study: Mapping[str, Any]) -> str:
    if not study["model"]["name"].endswith("_span"):
        return ADAPTED
    return SENTINEL if study["task"]["sentinel"] else SPAN


def _curves(material: Material) -> Curves:
    return Curves(material.records, _setting)


@figure_3c(
    words="Prompts on LM-adapted models are far better than on models of span corruption",
    rule=f"the mean over rungs of LM adaptation less span corruption is above {100 * MUCH:.0f} points",
)
def adaptation_is_far_better(material: Material) -> Finding:
    curves = _curves(material)
    return mean_above(curves.gains(curves.ladder(ADAPTED, SPAN), ADAPTED, SPAN), MUCH)


@figure_3c(
    words="A sentinel in front of the targets helps span corruption little",
    rule=f"the mean over rungs of span corruption with the sentinel less without is at most {100 * CLEAR:.0f} points",
)
def the_sentinel_helps_little(material: Material) -> Finding:
    curves = _curves(material)
    gain = curves.mean_gain(curves.ladder(SENTINEL, SPAN), SENTINEL, SPAN)
    return Finding(points(gain), at_most(gain, CLEAR))


@figure_3c(
    words="The largest model does well with all three",
    rule=f"on the largest rung LM adaptation is at most {100 * CLEAR:.0f} points ahead of either of the others",
)
def the_top_does_well_with_all(material: Material) -> Finding:
    curves = _curves(material)
    top = curves.ladder(ADAPTED, SPAN, SENTINEL)[-1]
    gains = {other: curves.gain(top, ADAPTED, other) for other in (SPAN, SENTINEL)}
    return Finding(f"{top}: ahead of {by_rung(gains)}", all_of(at_most(gain, CLEAR) for gain in gains.values()))


@figure_3c(
    words="With span corruption larger is not better: Small beats Base, Large and XL",
    rule="with span corruption the smallest rung less the mean of those between it and the largest is above 0",
)
def span_corruption_is_not_monotone(material: Material) -> Finding:
    curves = _curves(material)
    rungs = curves.rungs_with(SPAN)
    scores = {rung: curves.score(rung, SPAN) for rung in rungs}
    ahead = scores[rungs[0]] - statistics.mean([scores[rung] for rung in _middle(rungs)])
    return Finding(f"ahead by {points(ahead)}; scores: {by_rung(scores)}", above(ahead))


@figure_3c(
    words="With span corruption the sizes between never write a legal label on many tasks, and score 0 %",
    rule=f"on a rung between the smallest and the largest, at least {100 * NEVER:.0f} % of predictions are no label, "
    "mean over seeds, on at least two tasks",
)
def middle_sizes_never_write_a_label(material: Material) -> Finding:
    curves = _curves(material)
    illegal: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for record in _span_runs(material):
        share = record.predictions["illegal"] / record.predictions["count"]
        illegal[curves.rung_of(record.study)][record.study["task"]["name"]].append(share)
    never = {
        rung: [task for task, shares in illegal[rung].items() if descriptive.fmean(shares) >= NEVER]
        for rung in _middle(curves.rungs_with(SPAN))
    }
    measured = "; ".join(f"{rung}: {', '.join(sorted(tasks)) or 'no task'}" for rung, tasks in never.items())
    return Finding(measured, decided(max(map(len, never.values())) >= 2))


@figure_3c(
    section="section 3.2",
    words="Where they fail, models of span corruption copy a piece of the input or write nothing",
    rule=f"of their predictions that are no label more than {100 * MOST:.0f} % are empty or stand in the input word "
    "for word",
)
def failures_are_copies_or_empty(material: Material) -> Finding:
    predictions = [record.predictions for record in _span_runs(material)]
    if not predictions:
        raise Missing(f"no rung has {SPAN}")
    if any("copied" not in counts for counts in predictions):
        raise Missing("records from before schema 3 do not say what was written in the place of a label")
    illegal, empty, copied = (sum(counts[name] for counts in predictions) for name in ("illegal", "empty", "copied"))
    if not illegal:
        raise OutOfScale(
            f"of {sum(counts['count'] for counts in predictions):,} predictions of theirs none was illegal"
        )
    words = (
        f"of {illegal:,} illegal predictions {percent(empty / illegal)} % empty, {percent(copied / illegal)} % copied"
    )
    return Finding(words, decided((empty + copied) / illegal > MOST))


@figure_3c(
    words="These failures differ little from run to run",
    rule="with span corruption the mean over rungs and tasks of the standard deviation over seeds is at most "
    f"{100 * CLEAR:.0f} points",
)
def failures_differ_little_over_runs(material: Material) -> Finding:
    curves = _curves(material)
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for record in material.records:
        if _setting(record.study) == SPAN:
            for task, score, _ in on_dev(record):
                scores[curves.rung_of(record.study), task].append(score)
    spreads = [descriptive.stdev(values) for values in scores.values() if len(values) > 1]
    if not spreads:
        raise Missing("no span corruption with two seeds among the records")
    spread = descriptive.fmean(spreads)
    return Finding(f"{percent(spread)}, at most {percent(max(spreads))}", decided(spread <= CLEAR))


def _middle(rungs: list[str]) -> list[str]:
    if len(rungs) < 3:
        raise Missing(f"span corruption was run on {len(rungs)} rungs, and there is none between the ends")
    return rungs[1:-1]


def _span_runs(material: Material) -> Iterator[Record]:
    """The runs of span corruption on tasks that have labels."""
    for record in material.records:
        if _setting(record.study) == SPAN and record.predictions["illegal"] >= 0:
            yield record
