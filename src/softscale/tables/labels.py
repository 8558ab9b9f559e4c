"""What tells the runs of a table apart, beside their models, tasks and seeds: the fields of their studies that vary."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from softscale.runs.record import dotted

# The average over exactly these tasks is called the SuperGLUE score (section 3).
SUPERGLUE = frozenset({"boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc"})
MIXED = "task.tasks"  # what the study of a mixture of tasks has, and no other
STEPS = "optim.steps"  # a task that is learned late may be trained longer than the others
ABSENT = "absent"  # a study without the field: differs from every value, None included


def flat(study: Mapping[str, Any]) -> dict[str, Any]:
    """A study as `{"method.init.name": value}`; lists become JSON text."""
    values = dotted(study)
    return {name: json.dumps(value) if isinstance(value, list | tuple) else value for name, value in values.items()}


def varying_fields(studies: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields, apart from seed and the names of model, method and task, that tell runs apart.

    A field varies where it takes two values among runs of one method that agree on the name of
    every part that the field lies in: `method.init.bound` is asked of runs with one
    `method.init.name`, `task.input_length` of runs of one task. What has one value a method is told
    by the method's name already; and the runs of a mixture are compared among themselves, `task.tasks`
    telling them from the others. A field that some studies lack counts as varying. A part that says
    for which task it is made, as the wording of a prompt does, is compared among runs of one task, and
    so are the tasks that a run is scored on without training and the steps of its training.
    """
    names = {name for study in studies for name in study if not name.endswith(".task")}
    names -= {"seed", "model.name", "method.name", "task.name"}
    return [name for name in sorted(names) if name == MIXED or _varies(name, studies)]


def _varies(name: str, studies: Sequence[Mapping[str, Any]]) -> bool:
    parts = name.split(".")
    owners = [".".join(parts[:depth]) for depth in range(1, len(parts))]
    agreed = {"method.name", MIXED, *(f"{owner}.name" for owner in owners)} - {name}
    if name in ("transfer", STEPS) or any(f"{owner}.task" in study for owner in owners for study in studies):
        agreed.add("task.name")
    seen = defaultdict(set)
    for study in studies:
        seen[tuple(study.get(part) for part in sorted(agreed))].add(study.get(name, ABSENT))
    return any(len(values) > 1 for values in seen.values())


def label_of(study: Mapping[str, Any], varying: Sequence[str]) -> str:
    """The method and what varies among its runs, for people: `prompt tuning, length 5, init class labels`."""
    details = [_detail(name, study) for name in varying if name in study]
    return ", ".join([study["method.name"], *details]).replace("_", " ")


def label_order(label: str) -> list[str | float]:
    """A key that sorts labels with their numbers as numbers: length 5 before length 20."""
    parts = re.split(r"(\d+(?:\.\d+)?)", label)
    return [float(part) if index % 2 else part for index, part in enumerate(parts)]  # texts and numbers take turns


def _detail(name: str, study: Mapping[str, Any]) -> str:
    if name == MIXED:
        tasks = json.loads(study[MIXED])
        return "multi-task" if set(tasks) == SUPERGLUE else f"multi-task of {' '.join(tasks)}"
    return f"{name.removesuffix('.name').rpartition('.')[2]} {study[name]}"
