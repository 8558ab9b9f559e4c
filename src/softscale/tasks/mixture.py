"""Several tasks trained as one: multi-task model tuning (paper, section 3.1 and figure 1).

Every input begins with its task's name, as in T5, so that one model answers all; examples are drawn in proportion to
the sizes of the tasks (data/order.py). Each task keeps its own metrics, and the score is the mean over the tasks,
which is the SuperGLUE score where these are the eight.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from omegaconf import MISSING

from softscale.config import Study, TaskConfig, schema
from softscale.errors import InputError
from softscale.ranges import MOST, at_least, one_of
from softscale.tasks import by_name, names
from softscale.tasks.task import Example, Scored, Task


@schema("task", "mixture")
@dataclass(kw_only=True)
class MixtureConfig(TaskConfig):
    tasks: list[str] = MISSING
    prefixes: dict[str, str] = MISSING  # by task: what its inputs begin with; empty where T5 has nothing in front
    best: str = (
        "mean"  # mean (the step of the best mean over tasks, for all) | each (a step for each task, as T5 has it)
    )
    limit: int = MISSING  # K of Raffel et al. 2020, section 3.5.2: a task counts as min(its examples, K)

    def check(self) -> None:
        super().check()
        at_least("task.limit", self.limit, 1, MOST)
        one_of("task.best", self.best, ("mean", "each"))
        if not self.tasks or set(self.tasks) - set(names()) or len(set(self.tasks)) != len(self.tasks):
            raise InputError(
                f"task.tasks=[{','.join(self.tasks)}] is not allowed: it must name tasks of {', '.join(names())}, "
                "each once"
            )
        for name in self.tasks:
            if name not in self.prefixes:
                raise InputError(
                    f"task.prefixes has none for {name}: say what its inputs begin with in a file "
                    "conf/prefixes/NAME.yaml, and take it with prefixes@task.prefixes=NAME"
                )

    def check_within(self, study: Study) -> None:
        mixed = f"task={self.name} is a mixture of {', '.join(self.tasks)}"
        if not study.method.trains:
            raise InputError(f"{mixed}: method={study.method.name} words one task, give one of them")
        if study.transfer:
            raise InputError(
                f"{mixed}: transfer=[{','.join(study.transfer)}] is not allowed, as zero-shot transfer is from one task"
            )

    def build(self) -> "Mixture":
        prefixes = {task: self.prefixes[task] for task in self.tasks}
        return Mixture(self.name, prefixes, self.limit, own_steps=self.best == "each")


class Mixture(Scored):
    """Its scores are `<task>/<metric>` and `<task>/score`, fractions; it is selected by the mean of the latter."""

    def __init__(self, name: str, prefixes: Mapping[str, str], limit: int, own_steps: bool = False) -> None:
        self.own_steps = own_steps
        self.name, self.limit = name, limit
        self.labels = ()
        self._parts = tuple(Prefixed(by_name(task), prefix) for task, prefix in prefixes.items())
        self.init_words = tuple(dict.fromkeys(word for part in self._parts for word in part.init_words))

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(f"{part.name}/{key}" for part in self._parts for key in (*part.metrics, "score"))

    def parts(self) -> tuple[Task, ...]:
        return self._parts

    def indices_of(self, part: Task, examples: Sequence[Example]) -> list[int]:
        return [index for index, example in enumerate(examples) if example.task == part.name]

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        if len(predictions) != len(examples):
            raise ValueError(f"{len(predictions)} predictions for {len(examples)} examples")
        scores = {}
        for part in self._parts:
            own = self.indices_of(part, examples)
            values = part.score([predictions[index] for index in own], [examples[index] for index in own])
            values["score"] = part.selecting_score(values)
            scores |= {f"{part.name}/{key}": value for key, value in values.items()}
        return scores

    def selecting_score(self, scores: Mapping[str, float]) -> float:
        return fmean(scores[f"{part.name}/score"] for part in self._parts)


class Prefixed(Task):
    """A task whose inputs begin with its prefix (`rte hypothesis: …`) and whose examples say whose they are."""

    def __init__(self, task: Task, prefix: str) -> None:
        self._task = task
        self.name, self.official, self.labels, self.init_words = task.name, task.official, task.labels, task.init_words
        self.scored_by, self.selected_by = task.scored_by, task.selected_by
        self.front = f"{prefix} " if prefix else ""
        self.version = f"{task.version} after {self.front!r}"

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        for example in self._task.examples(record, split):
            yield replace(example, input=self.front + example.input, task=self.name)

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._task.from_hub(row)

    def translated(self, text: str, trained_on: str) -> str:
        return self._task.translated(text, trained_on)
