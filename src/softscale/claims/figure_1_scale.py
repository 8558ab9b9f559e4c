"""Figure 1: prompt tuning against model tuning and prompt design, by scale."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from softscale.claims.claim import CLEAR, Finding, Material, Missing, OutOfScale, above, at_most, claim, points
from softscale.claims.curves import Curves, by_rung, mean_above
from softscale.metrics.bootstrap import Estimate

figure_1 = partial(claim, section="section 3.1, Figure 1", experiment="miniature/figure_1_scale")
PROMPT, MODEL, MULTI, DESIGN = "prompt tuning", "model tuning", "multi-task model tuning", "prompt design"


def _setting(study: Mapping[str, Any]) -> str | None:
    method = study["method"]
    if method["name"] == "model_tuning":
        return MULTI if "tasks" in study["task"] else MODEL
    if method["name"] == "prompt_design":
        return f"{DESIGN}, {method['shots']} shots"
    return {"prompt_tuning": PROMPT}.get(method["name"])


@figure_1(
    words="The gap between prompt tuning and model tuning shrinks as the frozen model grows",
    rule="the gap on the smallest rung less that on the largest is above 0",
)
def gap_shrinks(material: Material) -> Finding:
    curves = Curves(material.records, _setting)
    rungs = curves.ladder(PROMPT, MODEL)
    gaps = curves.gains(rungs, MODEL, PROMPT)
    shrunk = gaps[rungs[0]] - gaps[rungs[-1]]
    return Finding(f"gap: {by_rung(gaps)}; smaller by {points(shrunk)}", above(shrunk))


@figure_1(
    words="On the largest model prompt tuning matches model tuning",
    rule=f"on the largest rung the gap is at most {100 * CLEAR:.0f} points",
)
def matches_model_tuning_at_the_top(material: Material) -> Finding:
    return _matches(material, MODEL)


@figure_1(
    words="On the largest model it matches even multi-task model tuning",
    rule=f"on the largest rung multi-task model tuning is at most {100 * CLEAR:.0f} points ahead",
)
def matches_multi_task_model_tuning_at_the_top(material: Material) -> Finding:
    return _matches(material, MULTI)


def _matches(material: Material, other: str) -> Finding:
    curves = Curves(material.records, _setting)
    curves.rungs_with(PROMPT, other)
    top = curves.rungs[-1]
    gap = curves.gain(top, other, PROMPT)
    return Finding(f"{top}: {points(gap)}", at_most(gap, CLEAR))


@figure_1(
    words="Prompt tuning is far better than prompt design (GPT-3, few-shot) of the same size",
    rule=f"the mean over rungs of prompt tuning less prompt design is above {100 * CLEAR:.0f} points",
)
def beats_prompt_design(material: Material) -> Finding:
    curves = Curves(material.records, _setting)
    rungs = _designed(curves, curves.rungs_with(PROMPT))
    return mean_above({rung: curves.score(rung, PROMPT) - _best_design(curves, rung) for rung in rungs}, CLEAR)


@figure_1(
    section="section 3.1",
    words="T5-Small with a prompt matches prompt design of GPT-3 XL, a model 16 times its size",
    rule=f"the smallest rung with a prompt is at most {100 * CLEAR:.0f} points behind prompt design of the smallest "
    "rung that is 16 times its size",
)
def a_small_prompt_matches_prompt_design_of_16_times_its_size(material: Material) -> Finding:
    behind, measured = _behind_design(material, 16)
    return Finding(measured, at_most(behind, CLEAR))


@figure_1(
    section="section 3.1",
    words="T5-Large with a prompt beats prompt design of GPT-3 175B, a model 220 times its size",
    rule="the smallest rung with a prompt is ahead of prompt design of a rung that is 220 times its size",
)
def a_prompt_beats_prompt_design_of_220_times_its_size(material: Material) -> Finding:
    behind, measured = _behind_design(material, 220)
    return Finding(measured, above(Estimate(-behind.value, -behind.draws)))


def _behind_design(material: Material, times: int) -> tuple[Estimate, str]:
    """How far the smallest rung with a prompt is behind prompt design of one that is so many times its size."""
    curves = Curves(material.records, _setting)
    small = curves.rungs_with(PROMPT)[0]
    designed = _designed(curves, curves.rungs)
    ratios = {rung: curves.sizes[rung] / curves.sizes[small] for rung in designed}
    large = next((rung for rung in designed if ratios[rung] >= times), None)
    if large is None:
        raise OutOfScale(f"the largest rung with prompt design is {max(ratios.values()):.0f} times {small}")
    behind = _best_design(curves, large) - curves.score(small, PROMPT)
    return behind, f"{large} ({ratios[large]:.0f} times {small}) with prompt design less {small}: {points(behind)}"


def _designed(curves: Curves, rungs: Sequence[str]) -> list[str]:
    """Those of `rungs` where prompt design was run. Raises Missing where there is none."""
    designed = [rung for rung in rungs if _designs(curves, rung)]
    if not designed:
        raise Missing("no prompt design among the records")
    return designed


def _designs(curves: Curves, rung: str) -> list[str]:
    return [setting for setting in curves.settings() if setting.startswith(DESIGN) and (rung, setting) in curves.runs]


def _best_design(curves: Curves, rung: str) -> Estimate:
    """Of the numbers of shots, the one with the highest mean."""
    return max((curves.score(rung, setting) for setting in _designs(curves, rung)), key=lambda score: score.value)
