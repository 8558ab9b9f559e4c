"""What a claim of the paper is, how it is judged, and what may come of it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from softscale.markdown import percent
from softscale.metrics.bootstrap import Estimate
from softscale.runs.record import Record

CLEAR = 0.03  # of a score: a difference that a reader of the paper's plots sees; "matches" and "little" are below it
MUCH = 0.10  # "far better"

Row = Mapping[str, Any]


class Verdict(Enum):
    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "undecided"  # the interval has values on both sides of the rule
    SCALE = "cannot be tested at this scale"
    NOT_RUN = "not run"


class Missing(Exception):
    """What a claim is judged by is not there; the text says what."""


class OutOfScale(Exception):
    """No run of this ladder could tell; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """What there is of an experiment.

    missing: why there is nothing, where there is nothing.
    records: of those of its cells that were run.
    cells: how many it has, run or not.
    page: the rows of its table.csv, of an experiment whose numbers are not in records (counts, votes).
    prompts: the rows of its neighbours.csv, where its prompts were compared with the vocabulary.
    """

    records: Sequence[Record] = ()
    cells: int = 0
    page: Sequence[Row] = ()
    prompts: Sequence[Row] = ()
    missing: str = ""


@dataclass(frozen=True)
class Finding:
    measured: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence of the paper, and the function that judges it.

    section: where the paper says it.
    words: what it says.
    rule: when it holds here, of 95 % intervals (scores in points of a hundred).
    experiment: whose material it is judged by, as `experiment=` takes it; empty: none has any.
    judge: raises Missing and OutOfScale where there is nothing to judge by.
    """

    section: str
    words: str
    rule: str
    experiment: str
    judge: Callable[[Material], Finding] = field(repr=False)

    def find(self, material: Material) -> Finding:
        if material.missing:
            return Finding(material.missing, Verdict.NOT_RUN)
        try:
            return self.judge(material)
        except Missing as missing:
            return Finding(str(missing), Verdict.NOT_RUN)
        except OutOfScale as too_small:
            return Finding(str(too_small), Verdict.SCALE)


def claim(*, section: str, experiment: str, words: str, rule: str) -> Callable[[Callable[[Material], Finding]], Claim]:
    """Makes a Claim of the function that judges it."""
    return lambda judge: Claim(section=section, experiment=experiment, words=words, rule=rule, judge=judge)


def decided(holds: bool) -> Verdict:
    """By a rule that asks for no interval."""
    return Verdict.HOLDS if holds else Verdict.FAILS


def above(estimate: Estimate, bound: float = 0.0) -> Verdict:
    """Whether the whole interval is above `bound`, or none of it. Raises Missing where no interval is known."""
    low, high = _known(estimate)
    return Verdict.HOLDS if low > bound else Verdict.FAILS if high <= bound else Verdict.OPEN


def at_most(estimate: Estimate, bound: float) -> Verdict:
    """As `above`, the other way round."""
    return {Verdict.HOLDS: Verdict.FAILS, Verdict.FAILS: Verdict.HOLDS, Verdict.OPEN: Verdict.OPEN}[
        above(estimate, bound)
    ]


def within(estimate: Estimate, bound: float) -> Verdict:
    """Whether the whole interval is at most `bound` from 0, or none of it."""
    return all_of([at_most(estimate, bound), at_most(Estimate(-estimate.value, -estimate.draws), bound)])


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several."""
    return max(verdicts, key=[Verdict.HOLDS, Verdict.OPEN, Verdict.FAILS].index)


def _known(estimate: Estimate) -> tuple[float, float]:
    low, high = estimate.interval()
    if math.isnan(low):
        raise Missing(f"{points(estimate)}, and its interval is not known: records from before schema 3 lack resamples")
    return low, high


def points(estimate: Estimate) -> str:
    """12.3 [10.1, 14.6], in points of a hundred."""
    low, high = estimate.interval()
    value = percent(estimate.value)
    return value if math.isnan(low) else f"{value} [{percent(low)}, {percent(high)}]"
