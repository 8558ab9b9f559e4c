"""A task: how one data set becomes text-to-text examples, and how predictions are scored.

What a run trains on and is scored by is a task, or several of them mixed (mixture.py). Text forms and scoring are those
of T5 without the leading task name (paper sections 3 and A.3); a model answers by writing text, and text that is not
exactly right is wrong. A task reads official records only, so the download, the hub and the generated miniature share
one path.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from softscale.metrics import Metric, Reference
from softscale.tasks.official_files import OfficialFiles


@dataclass(frozen=True, kw_only=True)
class Example(Reference):
    """One example in text-to-text form, with what is right of it.

    input: the text the model reads, T5's form without the leading task name.
    parts: the texts that the input is made of, by name (what prompt design words anew).
    task: the name of its task where several are mixed.
    """

    input: str
    parts: Mapping[str, str] = field(default_factory=dict)
    task: str = ""


def written(parts: Mapping[str, str]) -> str:
    """T5's text form: `name: text name: text`, in the order of `parts`."""
    return " ".join(f"{name}: {text}" for name, text in parts.items())


def with_stand_in(record: Mapping[str, Any], stand_in: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what stands in for its label, unless it has one; null, blank text and an empty list are none."""
    empty = {name for name in stand_in if _is_no_label(record.get(name))}
    return {**record, **{name: stand_in[name] for name in empty}}


def _is_no_label(value: Any) -> bool:
    if isinstance(value, Mapping):  # answers of SQuAD as the hub has them
        return all(map(_is_no_label, value.values()))
    if isinstance(value, list):
        return all(map(_is_no_label, value))
    return value is None or (isinstance(value, str) and not value.strip())


class Scored(ABC):
    """What a run trains on and is scored by: a task or a mixture of tasks.

    name: the name of the task, or of the mixture.
    labels: the label words, in the order of the hub's class ids; empty for free text, and for a mixture.
    init_words: the words of class-label initialisation (paper section 3.2 and footnote 7).
    limit: of a mixture, the most examples for which one of its tasks counts when examples are drawn.
    own_steps: of a mixture, whether each of its tasks is scored at its own best step, and not all at one.
    """

    name: str
    labels: tuple[str, ...]
    init_words: tuple[str, ...]
    limit: int | None = None
    own_steps: bool = False

    @abstractmethod
    def parts(self) -> tuple["Task", ...]:
        """The tasks whose data it is made of."""

    @property
    @abstractmethod
    def metrics(self) -> tuple[str, ...]:
        """The keys that `score` returns."""

    @abstractmethod
    def indices_of(self, part: "Task", examples: Sequence[Example]) -> list[int]:
        """Which of `examples` are those of a part."""

    @abstractmethod
    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        """The metrics of one prediction an example, as fractions in [0, 1].

        Raises ValueError where there are no predictions, or not one for each example.
        """

    @abstractmethod
    def selecting_score(self, scores: Mapping[str, float]) -> float:
        """What selects the best step and stands in tables."""


class Task(Scored):
    """A data set with its text form and its metrics. Concrete tasks are final; their names are those of their modules.

    official: its official files; none where a user brings the files (custom).
    scored_by: its metrics, whose keys are all different.
    selected_by: the keys whose mean selects the best step; empty for all (paper section 3).
    version: a text that changes with what, beside the code, decides the examples of a record.
    stand_in: the field of an official record that holds the label, and any value of it; for `labelled`.
    """

    official: OfficialFiles | None = None
    scored_by: tuple[Metric, ...]
    selected_by: tuple[str, ...] = ()
    version: str = ""
    stand_in: Mapping[str, Any] = MappingProxyType({})

    def parts(self) -> tuple["Task", ...]:
        return (self,)

    def indices_of(self, part: "Task", examples: Sequence[Example]) -> list[int]:
        return list(range(len(examples)))

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(key for metric in self.scored_by for key in metric.keys)

    @abstractmethod
    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        """The examples of one official record.

        split: train, dev or test; test is a labelled split and is treated as dev.
        Raises InputError, naming the field, where one is missing, mistyped or not a label.
        """

    def labelled(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """An official record, with a label in the place of a missing one: no input depends on which."""
        return with_stand_in(record, self.stand_in)

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row of the hub's data set as an official record. Raises as `examples` does."""
        return row

    def translated(self, text: str, trained_on: str) -> str:
        """What a model that was trained on the task of that name wrote, in this task's words (zero-shot transfer)."""
        return text

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        return {key: value for metric in self.scored_by for key, value in metric.score(predictions, examples).items()}

    def selecting_score(self, scores: Mapping[str, float]) -> float:
        """The mean of the metrics, or of `selected_by`."""
        chosen = [scores[name] for name in self.selected_by or scores]
        return sum(chosen) / len(chosen)
