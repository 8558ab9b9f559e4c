"""A task: how one data set becomes text-to-text examples, and how predictions are scored.

Text forms and scoring are those of T5 without the leading task name (paper sections 3 and A.3);
a model answers by writing text, and text that is not exactly right is wrong. A task reads official
records only, so the download, the hub and the generated miniature share one path.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Example:
    """One example in text-to-text form.

    input: the text the model reads, T5's form without the leading task name.
    target: the text it should write.
    parts: the texts that the input is made of, by name (what prompt design words anew).
    label: the gold label where it is not the target (WSC).
    answers: every text that counts as right (ReCoRD).
    group: examples with one group are scored together (MultiRC) or once (ReCoRD).
    """

    input: str
    target: str
    parts: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    answers: tuple[str, ...] = ()
    group: str = ""


def written(parts: Mapping[str, str]) -> str:
    """T5's text form: `name: text name: text`, in the order of `parts`."""
    return " ".join(f"{name}: {text}" for name, text in parts.items())


class Task(ABC):
    """A data set with its text form and its metrics. Concrete tasks are final.

    name: the name of the task and of its module.
    folder: its folder in the SuperGLUE download.
    hub_config: its configuration in the hub's `super_glue`.
    labels: the label words, in the order of the hub's class ids; empty for free text.
    init_words: the words of class-label initialisation (paper section 3.2 and footnote 7).
    metrics: the keys that `score` returns.
    """

    name: ClassVar[str]
    folder: ClassVar[str]
    hub_config: ClassVar[str]
    labels: ClassVar[tuple[str, ...]]
    init_words: ClassVar[tuple[str, ...]]
    metrics: ClassVar[tuple[str, ...]]

    @abstractmethod
    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        """The examples of one official JSONL record.

        split: train, dev or test; test is a labelled split and is treated as dev.
        Raises InputError, naming the field, where one is missing, mistyped or not a label.
        """

    @abstractmethod
    def from_hub(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row of the hub's `super_glue` as an official record. Raises as `examples` does."""

    @abstractmethod
    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
        """The metrics of one prediction an example, as fractions in [0, 1].

        Raises ValueError where there are no predictions, or not one for each example.
        """
