"""Runs that collapsed: they answer without looking at the input, or in no words of the task.

Of the latter some begin with a label and go on: these do not stop, whatever they know of the task.
"""

import math

from softscale.runs.record import Record

ILLEGAL = 0.5  # share of predictions that are no label of the task, above which a run has collapsed
COMMONEST = 0.95  # share of predictions that are one and the same text, from which it has,
ABOVE = 0.01  # where its score is no more than this above that of the best constant answer

WORDS = (
    f"Collapsed: a run that answers in no label of the task more than {100 * ILLEGAL:.0f} % of the time, or in one and "
    f"the same text at least {100 * COMMONEST:.0f} % of the time while it scores no more than {100 * ABOVE:.0f} point "
    "above the best constant answer."
)


def beginnings(record: Record, mixed: str | None = None) -> tuple[float, float]:
    """Shares of the predictions on dev that begin with a label and go on, and that do with the right label.

    NaN where it is not known, and for free text.
    """
    counts = record.predictions[mixed] if mixed else record.predictions
    if counts["illegal"] < 0 or "begun" not in counts:
        return math.nan, math.nan
    return counts["begun"] / counts["count"], counts["begun_right"] / counts["count"]


def collapsed(record: Record, mixed: str | None = None) -> float:
    """1 where a run collapsed by its predictions on dev (of `mixed`, one of its tasks), 0 where not, NaN: not known.

    A record from before schema 3 does not say what its run predicted most: it is known by illegal answers only.
    """
    counts = record.predictions[mixed] if mixed else record.predictions
    legal = counts["illegal"] >= 0  # the task has labels
    if legal and counts["illegal"] > ILLEGAL * counts["count"]:
        return 1.0
    if "commonest" not in counts:
        return 0.0 if legal else math.nan
    name = f"{mixed}/" if mixed else ""
    constant = record.data[f"{name}majority"] + ABOVE
    score = record.best[f"dev/{name}score"]
    return float(counts["commonest"] >= COMMONEST * counts["count"] and score <= constant)
