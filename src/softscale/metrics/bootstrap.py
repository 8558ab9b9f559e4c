"""Intervals by the hierarchical bootstrap: each draw takes seeds with replacement, and one resample of the examples.

A run has a score on each of R resamples of its dev set, the same resamples for all runs of a task (resampling.py). One
draw takes one of these for all runs at once, and a method's seeds anew for each method: differences between methods are
paired over examples and independent over seeds (Efron & Tibshirani 1993, chapters 8 and 13).

Of S seeds the bootstrap sees (S - 1) / S of their variance: with three seeds the part that they have in an interval is
too narrow by a fifth, with one seed an interval is over examples alone.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean score, or what is made of several by adding and scaling.

    value: the statistic itself, of the scores on the whole dev sets.
    draws: `[DRAWS]`, the same statistic in every draw of the bootstrap; NaN where a run has no resamples.
    """

    value: float
    draws: np.ndarray

    def __sub__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.value - other.value, self.draws - other.draws)

    def interval(self) -> tuple[float, float]:
        """The ends of the percentile interval of LEVEL; NaN where it is not known."""
        if np.isnan(self.draws).any():
            return math.nan, math.nan
        low, high = np.quantile(self.draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(low), float(high)


def over_seeds(scores: Sequence[float], resampled: Sequence[Sequence[float]], name: str) -> Estimate:
    """The mean of S runs that differ in their seed.

    scores: `[S]`, on the whole dev set.
    resampled: `[S, R]`, on each resample; a run without any makes the interval unknown.
    name: of what is averaged; estimates of different names draw their seeds independently.

    Raises:
        ValueError: there are no runs, or they have different numbers of resamples.
    """
    if len(scores) != len(resampled) or not len(scores):
        raise ValueError(f"there are {len(scores)} scores and {len(resampled)} lists of resamples")
    value = math.fsum(scores) / len(scores)
    if not all(map(len, resampled)):
        return Estimate(value, np.full(DRAWS, math.nan))
    known = np.array(resampled, dtype=float)
    examples = picks("examples", known.shape[1], DRAWS)
    seeds = picks(f"seeds of {name}", len(scores), DRAWS, len(scores))
    return Estimate(value, known[seeds, examples[:, None]].mean(axis=1))


def mean(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of several, such as that of a method over tasks. Raises ValueError where there are none."""
    if not estimates:
        raise ValueError("there is nothing to average")
    value = math.fsum(estimate.value for estimate in estimates) / len(estimates)
    return Estimate(value, np.mean([estimate.draws for estimate in estimates], axis=0))


def picks(name: str, below: int, *shape: int) -> np.ndarray:
    """Uniform integers in [0, below), as many as `shape` says: a pure function of the arguments.

    Made of the generator's raw bits, which NumPy promises to keep (NEP 19); its methods may change with its version,
    and resamples of one task must be the same in all records.
    """
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big")
    high_bits = np.random.PCG64(seed).random_raw(math.prod(shape)) >> np.uint64(32)
    return (high_bits * np.uint64(below) >> np.uint64(32)).astype(np.int64).reshape(shape)
