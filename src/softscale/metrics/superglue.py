"""The SuperGLUE score: eight tasks in equal parts, a task's metrics averaged first.

The rule reproduces the last row of the paper's Table 3 from the rows above it.
"""

from collections.abc import Mapping
from statistics import fmean

from softscale.errors import InputError

# The metrics of each task (Wang et al. 2019, Table 1).
METRICS = {
    "boolq": ("accuracy",),
    "cb": ("accuracy", "f1"),
    "copa": ("accuracy",),
    "multirc": ("f1", "em"),
    "record": ("em", "f1"),
    "rte": ("accuracy",),
    "wic": ("accuracy",),
    "wsc": ("accuracy",),
}


def superglue_score(scores: Mapping[str, Mapping[str, float]]) -> float:
    """The score of {task: {metric: value}}, in the unit of the values.

    Raises InputError unless the tasks, and each task's metrics, are exactly SuperGLUE's.
    """
    _require("tasks", scores, METRICS)
    for task, metrics in METRICS.items():
        _require(f"metrics of {task}", scores[task], metrics)
    return fmean(fmean(values.values()) for values in scores.values())


def _require(what: str, given: Mapping[str, object], expected: Mapping[str, object] | tuple) -> None:
    if set(given) != set(expected):
        raise InputError(
            f"the SuperGLUE score's {what} are {', '.join(sorted(given)) or 'none'}, "
            f"but they must be {', '.join(sorted(expected))}"
        )
