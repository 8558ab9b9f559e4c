"""What a run scores on resamples of its dev set: how much of a score is chance in the choice of examples.

A resample is as many groups as the dev set has, drawn with replacement. A group is what the task scores as one: the
answers to a question (MultiRC), the copies of a query (ReCoRD), elsewhere an example. The resamples follow from the
task's name and its number of groups alone, so all runs of a task share them and differences of runs are paired.
"""

from collections.abc import Sequence

import numpy as np

from softscale.metrics.bootstrap import picks
from softscale.metrics.groups import group_numbers
from softscale.tasks.task import Example, Task

RESAMPLES = 200


def resampled(task: Task, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, list[float]]:
    """By `score` and the keys of the metrics, the values on each of RESAMPLES resamples: fractions of four digits.

    `score` is the selecting one; a task of one key has no other. A group drawn twice counts twice.

    Raises ValueError where there are no predictions, or not one for each example.
    """
    if not examples or len(predictions) != len(examples):
        raise ValueError(f"there are {len(predictions)} predictions for {len(examples)} examples")
    groups = group_numbers(examples)
    num_groups = max(groups) + 1
    drawn = resamples(task.name, num_groups)
    times = np.array([np.bincount(each, minlength=num_groups)[groups] for each in drawn], dtype=float)
    values: dict[str, np.ndarray] = {}
    for metric in task.scored_by:
        values |= metric.on_resamples(predictions, examples, times)
    scores = [dict(zip(values, each, strict=True)) for each in np.array(list(values.values())).T.tolist()]
    selecting = [round(task.selecting_score(score), 4) for score in scores]
    each = {key: [round(score[key], 4) for score in scores] for key in values} if len(values) > 1 else {}
    return {"score": selecting, **each}


def resamples(task: str, num_groups: int) -> np.ndarray:
    """`[RESAMPLES, num_groups]`: the groups of each resample, by number."""
    return picks(f"resamples of {num_groups} groups of {task}", num_groups, RESAMPLES, num_groups)
