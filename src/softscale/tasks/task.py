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
from typing import TYPE_CHECKING, Any

from softscale.tasks.official_files import Place

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example in text-to-text form.

    input: the text the model reads, T5's form without the leading task name.
    target: the text it should write.
    parts: the texts that the input is made of, by name (what prompt design words anew).
    label: the gold label where it is not the target (WSC).
    answers: every text that counts as right (ReCoRD, question answering).
    group: examples with one group are scored together (MultiRC) or once (ReCoRD).
    task: the name of its task where several are mixed.
    """

    input: str
    target: str
    parts: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    answers: tuple[str, ...] = ()
    group: str = ""
    task: str = ""


def written(parts: Mapping[str, str]) -> str:
    """T5's text form: `name: text name: text`, in the order of `parts`."""
    return " ".join(f"{name}: {text}" for name, text in parts.items())


class Scored(ABC):
    """What a run trains on and is scored by: a task or a mixture of tasks.

    name: the name of the task, or of the mixture.
    labels: the label words, in the order of the hub's class ids; empty for free text, and for a mixture.
    init_words: the words of class-label initialisation (paper section 3.2 and footnote 7).
    metrics: the keys that `score` returns.
    limit: of a mixture, the most examples for which one of its tasks counts when examples are drawn.
    """

    name: str
    labels: tuple[str, ...]
    init_words: tuple[str, ...]
    metrics: tuple[str, ...]
    limit: int | None = None

    @abstractmethod
    def parts(self) -> tuple["Task", ...]:
        """The tasks whose data it is made of."""

    @abstractmethod
    def places(self, part: "Task", examples: Sequence[Example]) -> list[int]:
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

    place: where its official files are; none where a user brings the files (custom).
    selected_by: the metrics whose mean selects the best step; empty for all (paper section 3).
    version: a text that changes with what, beside the code, decides the examples of a record.
    stand_in: the field of an official record that holds the label, and any value of it; for `labelled`.
    """

    place: Place | None = None
    selected_by: tuple[str, ...] = ()
    version: str = ""
    stand_in: Mapping[str, Any] = MappingProxyType({})

    def parts(self) -> tuple["Task", ...]:
        return (self,)

    def places(self, part: "Task", examples: Sequence[Example]) -> list[int]:
        return list(range(len(examples)))

    @abstractmethod
    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        """The examples of one official record.

        split: train, dev or test; test is a labelled split and is treated as dev.
        Raises InputError, naming the field, where one is missing, mistyped or not a label.
        """

    def labelled(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """An official record, with a label in the place of a missing one: no input depends on which."""
        return {**self.stand_in, **record}

    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row of the hub's data set as an official record. Raises as `examples` does."""
        return row

    def translated(self, text: str, trained_on: str) -> str:
        """What a model that was trained on the task of that name wrote, in this task's words (zero-shot transfer)."""
        return text

    @abstractmethod
    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        """The metrics of `score` in the form that is cheap on many resamples; groups are drawn as one.

        Raises as `score` does.
        """

    def selecting_score(self, scores: Mapping[str, float]) -> float:
        """The mean of the metrics, or of `selected_by`."""
        chosen = [scores[name] for name in self.selected_by or scores]
        return sum(chosen) / len(chosen)
