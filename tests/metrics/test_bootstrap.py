"""Intervals cover what they say, are paired over examples, and are the same every time."""

import math
import subprocess
import sys

import numpy as np
import pytest

from softscale.metrics.bootstrap import DRAWS, Estimate, mean, over_seeds, picks

R = 200


def runs(truth: float, seeds: int, spread: float, rng: np.random.Generator, examples: np.ndarray) -> list[np.ndarray]:
    """Runs on one dev set: each right on the examples whose difficulty is below its skill."""
    skills = truth + spread * rng.standard_normal(seeds)
    return [(examples < skill).astype(float) for skill in skills]


def on_resamples(right: list[np.ndarray]) -> list[list[float]]:
    drawn = picks("test", len(right[0]), R, len(right[0]))
    return [[float(value) for value in run[drawn].mean(axis=1)] for run in right]


def estimate(right: list[np.ndarray], name: str) -> Estimate:
    return over_seeds([float(run.mean()) for run in right], on_resamples(right), name)


def test_an_interval_over_examples_is_that_of_a_share() -> None:
    rng = np.random.default_rng(0)
    share = estimate([(rng.random(250) < 0.7).astype(float)], "a")
    low, high = share.interval()
    half = 1.96 * math.sqrt(share.value * (1 - share.value) / 250)  # the normal interval of a share
    assert share.value - low == pytest.approx(half, rel=0.15)
    assert high - share.value == pytest.approx(half, rel=0.15)


def test_seeds_widen_an_interval_as_their_bootstrap_does() -> None:
    scores = [0.5, 0.6, 0.7, 0.6, 0.55, 0.65]
    alone = over_seeds(scores, [[score] * R for score in scores], "a")  # no noise of examples
    assert alone.draws.std() == pytest.approx(np.std(scores) / math.sqrt(6), rel=0.05)
    noise = np.random.default_rng(0).normal(0, 0.03, R)
    both = over_seeds(scores, [list(score + noise) for score in scores], "a")
    assert both.draws.std() == pytest.approx(math.hypot(np.std(scores) / math.sqrt(6), 0.03), rel=0.1)


def test_intervals_cover_the_true_mean_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(200):
        low, high = estimate(runs(0.7, 5, 0.05, rng, rng.random(250)), str(trial)).interval()
        covered += low <= 0.7 <= high
    assert 0.85 <= covered / 200 <= 0.99  # five seeds show four fifths of their variance


def test_a_difference_is_paired_over_examples_and_not_over_seeds() -> None:
    rng = np.random.default_rng(2)
    examples = rng.random(250)
    worse, better = (estimate(runs(truth, 3, 0.0, rng, examples), name) for truth, name in ((0.6, "w"), (0.62, "b")))
    gap = better - worse
    assert gap.draws.std() < 0.5 * min(worse.draws.std(), better.draws.std())  # they fail on the same examples
    assert gap.interval()[0] >= 0
    assert gap.value == pytest.approx(better.value - worse.value)
    # With no noise of examples, seeds are all there is, and those of two methods are drawn apart.
    scores = [0.5, 0.6, 0.7]
    one, other = (over_seeds(scores, [[score] * R for score in scores], name) for name in "ab")
    assert (one - one).draws.std() == 0
    assert (one - other).draws.std() == pytest.approx(math.sqrt(2) * one.draws.std(), rel=0.1)


def test_an_average_over_tasks_draws_whole_seeds() -> None:
    # Two tasks whose scores move against each other from seed to seed: their average does not move.
    one = over_seeds([0.5, 0.6, 0.7], [[x] * R for x in (0.5, 0.6, 0.7)], "prompt tuning")
    other = over_seeds([0.7, 0.6, 0.5], [[x] * R for x in (0.7, 0.6, 0.5)], "prompt tuning")
    average = mean([one, other])
    assert average.value == pytest.approx(0.6)
    assert average.draws == pytest.approx(np.full(DRAWS, 0.6))


def test_runs_without_resamples_have_a_mean_and_no_interval() -> None:
    old = over_seeds([0.5, 0.7], [[], []], "a")
    assert old.value == pytest.approx(0.6)
    assert all(math.isnan(end) for end in old.interval())
    new = over_seeds([0.5, 0.7], [[0.5] * R, [0.7] * R], "b")
    assert all(math.isnan(end) for end in (new - old).interval())
    assert all(math.isnan(end) for end in over_seeds([0.5, 0.7], [[0.5] * R, []], "c").interval())


def test_the_same_runs_give_the_same_interval() -> None:
    once, again = (over_seeds([0.5, 0.7], [[0.5] * R, [0.7] * R], "a") for _ in range(2))
    assert (once.draws == again.draws).all()


def test_nothing_to_average_and_unequal_numbers_of_resamples_are_refused() -> None:
    with pytest.raises(ValueError, match="0 scores"):
        over_seeds([], [], "a")
    with pytest.raises(ValueError, match="nothing to average"):
        mean([])
    with pytest.raises(ValueError, match="inhomogeneous"):
        over_seeds([0.5, 0.6], [[0.5] * R, [0.5] * 3], "a")


def test_statistics_need_numpy_and_nothing_heavier() -> None:
    heavy = "{'torch', 'pandas', 'scipy'} & set(sys.modules)"
    code = f"import sys, softscale.metrics.bootstrap; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
