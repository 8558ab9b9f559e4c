"""What a run scores on resamples of its dev set: how much of a score is chance in the choice of examples.

A resample is as many groups as the dev set has, drawn with replacement. A group is what the task scores as one: the
answers to a question (MultiRC), the copies of a query (ReCoRD), elsewhere an example. The resamples follow from the
task's name and its number of groups alone, so all runs of a task share them and differences of runs are paired.
"""

from collections.abc import Sequence

import numpy as np

from softscale.metrics.bootstrap import picks
from softscale.tasks.task import Example, Task

RESAMPLES = 200


def resampled(task: Task, predictions: Sequence[str], examples: Sequence[Example]) -> list[float]:
    """The selecting score on each of RESAMPLES resamples, a fraction of four digits; a group drawn twice counts twice.

    Raises ValueError where there are no predictions, or not one for each example.
    """
    if not examples or len(predictions) != len(examples):
        raise ValueError(f"there are {len(predictions)} predictions for {len(examples)} examples")
    groups = groups_of(examples)
    times = np.zeros((RESAMPLES, len(examples)))
    for place, drawn in enumerate(resamples(task.name, max(groups) + 1)):
        times[place] = np.bincount(drawn, minlength=max(groups) + 1)[groups]
    metrics = {name: ratios.on(times) for name, ratios in task.ratios(predictions, examples).items()}
    scores = [{name: float(values[place]) for name, values in metrics.items()} for place in range(RESAMPLES)]
    return [round(task.selecting_score(score), 4) for score in scores]


def resamples(task: str, num_groups: int) -> np.ndarray:
    """`[RESAMPLES, num_groups]`: the groups of each resample, by number."""
    return picks(f"resamples of {num_groups} groups of {task}", num_groups, RESAMPLES, num_groups)


def groups_of(examples: Sequence[Example]) -> list[int]:
    """The number of each example's group, counted in the order of the data; one without a group is one of its own."""
    numbers: dict[str | int, int] = {}
    return [numbers.setdefault(example.group or place, len(numbers)) for place, example in enumerate(examples)]
