"""Answers that begin with a label and go on: what failed is the end of the answer, and not always the task.

They are no label, and score as none. How many they are, and whether the label in front is the right one, tells a model
that does not stop from one that does not answer.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from softscale.errors import InputError
from softscale.runs.published_predictions import read_predictions
from softscale.runs.record import Record
from softscale.tasks.task import Task


def first_label(text: str, labels: Iterable[str]) -> str | None:
    """The label whose words are the first words of `text`, which has more; the longest one; None: there is none."""
    words = text.split()
    found = [label for label in labels if len(words) > (own := len(label.split())) and words[:own] == label.split()]
    return max(found, key=len, default=None)


def begun(task: Task, answers: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Of predictions and targets: `begun`, those that begin with a label and go on; `begun_right`, with the target."""
    found = [(first_label(told, task.labels), target) for told, target in answers if told not in task.labels]
    return {
        "begun": sum(first is not None for first, _ in found),
        "begun_right": sum(first == target for first, target in found),
    }


def completed(record: Record, task: Task, published: Path) -> Record:
    """A record that lacks these two counts, with them.

    They are counted in its predictions at `published`; where these are gone, or other ones, the record stays as it is:
    they are not known then. A run of a mixture has no published predictions.
    """
    told = record.predictions
    if "begun" in told or "sha256" not in told:
        return record
    return replace(record, predictions=told | _counted(told, task, published))


def _counted(told: dict[str, Any], task: Task, published: Path) -> dict[str, int]:
    if told["illegal"] <= 0:  # no file is read for what it cannot hold
        return begun(task, ())
    try:
        found = read_predictions(published, told)
    except (InputError, FileNotFoundError):
        return {}
    return begun(task, zip(found.predictions, (example.target for example in found.examples), strict=True))
