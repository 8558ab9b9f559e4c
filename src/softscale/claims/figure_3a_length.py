"""Figure 3a: the length of the prompt."""

from dataclasses import replace
from functools import partial

from softscale.claims.claim import CLEAR, Finding, Material, Missing, above, all_of, at_most, claim, points
from softscale.claims.curves import Curves, mean_above
from softscale.markdown import percent

figure_3a = partial(claim, section="section 3.2, Figure 3a", experiment="miniature/figure_3a_length")


def _curves(material: Material) -> Curves:
    return Curves(material.records, lambda study: study["method"].get("length"))


def _longest(curves: Curves, least: int, most: float) -> int:
    """The longest prompt of more than `least` and at most `most` tokens. Raises Missing where there is none."""
    found = [length for length in curves.settings() if least < length <= most]
    if not found:
        lengths = f"of {least + 1} to {most} tokens" if most < float("inf") else f"of more than {least} tokens"
        raise Missing(f"no prompt {lengths} among the records")
    return max(found)


@figure_3a(
    words="For most model sizes a prompt of more than one token is critical",
    rule=f"the mean over rungs below the largest of 20 tokens less 1 token is above {100 * CLEAR:.0f} points",
)
def more_than_one_token_is_critical(material: Material) -> Finding:
    curves = _curves(material)
    found = mean_above(curves.gains(curves.ladder(1, 20)[:-1], 20, 1), CLEAR)
    return replace(found, measured=found.measured + _answers_of_one_token(material))


def _answers_of_one_token(material: Material) -> str:
    """What the runs with one token write in the place of a label; nothing where it is not known, or they write none."""
    told = [record.predictions for record in material.records if record.study["method"].get("length") == 1]
    known = [counts for counts in told if counts["illegal"] >= 0 and "begun" in counts]
    illegal, begun, right = (sum(counts[name] for counts in known) for name in ("illegal", "begun", "begun_right"))
    if not illegal:
        return ""
    share = percent(illegal / sum(counts["count"] for counts in known))
    return (
        f"; with one token {share} % of the answers are no label: {percent(begun / illegal)} % of these begin with a "
        f"label and go on, {percent(right / illegal)} % with the right one"
    )


@figure_3a(
    words="The largest model does well with a prompt of one token",
    rule=f"on the largest rung 20 tokens are at most {100 * CLEAR:.0f} points ahead of 1 token",
)
def one_token_is_strong_at_the_top(material: Material) -> Finding:
    curves = _curves(material)
    top = curves.ladder(1, 20)[-1]
    gain = curves.gain(top, 20, 1)
    return Finding(f"{top}: {points(gain)}", at_most(gain, CLEAR))


@figure_3a(
    words="Beyond 20 tokens gains are marginal",
    rule=f"the mean over rungs of the longest prompt of up to 100 tokens less 20 tokens is at most {100 * CLEAR:.0f} "
    "points",
)
def beyond_twenty_tokens_gains_are_marginal(material: Material) -> Finding:
    curves = _curves(material)
    longest = _longest(curves, 20, 100)
    rungs = curves.ladder(20, longest)
    gain = curves.mean_gain(rungs, longest, 20)
    return Finding(f"{longest} tokens: {points(gain)}", at_most(gain, CLEAR))


@figure_3a(
    words="Beyond 100 tokens performance of larger models falls mildly",
    rule="the mean over the larger half of the rungs of 100 tokens less the longest prompt beyond is above 0, and at "
    f"most {100 * CLEAR:.0f} points",
)
def beyond_a_hundred_tokens_larger_models_lose_mildly(material: Material) -> Finding:
    curves = _curves(material)
    longest = _longest(curves, 100, float("inf"))
    rungs = curves.ladder(100, longest)
    loss = curves.mean_gain(rungs[len(rungs) // 2 :], 100, longest)
    return Finding(f"{longest} tokens: {points(loss)}", all_of([above(loss), at_most(loss, CLEAR)]))
