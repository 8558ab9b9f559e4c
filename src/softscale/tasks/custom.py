"""A task of the user's own: a template over the columns of a file, a target column, and a metric by name.

Classes are answered in label words, free text as it stands. Words that a tokenizer does not know are read as <unk>,
which the record notes; a label word that it does not know is refused. The README goes from ten lines to a score.

Where a file has values in the place of words, the labels map them: `task.labels='{0: bad, 1: good}'`. A YAML of these
fields in conf/task/ makes a task of that name.
"""

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from omegaconf import MISSING

from softscale.config import TaskConfig, one_of, schema
from softscale.errors import InputError
from softscale.tasks import names
from softscale.tasks.task import Example, Task

if TYPE_CHECKING:
    from softscale.metrics.ratios import Ratios

Scores = dict[str, float]
Parts: TypeAlias = "dict[str, Ratios]"
NAME = re.compile(r"[A-Za-z0-9_]+")  # it is part of the names of files


@schema("task", "custom")
@dataclass(kw_only=True)
class CustomTask(TaskConfig):
    """What a data set of the user's own looks like."""

    template: str = MISSING  # the input's text, with {column} where a column's value goes
    target: str = MISSING  # the column with the answer
    labels: Any = None  # values to label words, or a list of words that are the values; none for free text
    metric: str = MISSING

    def check(self) -> None:
        super().check()
        if not NAME.fullmatch(self.name):
            raise InputError(f"task.name={self.name} is not allowed: it must be of letters, digits and _")
        if self.name in names():
            raise InputError(f"task.name={self.name} is not allowed: it is the name of one of the paper's tasks")
        columns_of(self.template)
        words = list(words_of(self.labels).values())
        if any(not word or word != word.strip() for word in words):
            raise InputError(
                f"task.labels={self.labels} is not allowed: a label word must be a text without outer spaces"
            )
        one_of("task.metric", self.metric, tuple(METRICS))
        if self.metric == "macro_f1" and not words:
            raise InputError("task.metric=macro_f1 is not allowed without task.labels: it is a mean over classes")
        if self.metric == "binary_f1" and len(set(words)) != 2:
            raise InputError("task.metric=binary_f1 is not allowed: task.labels must have two words, the positive last")

    def build(self) -> "Custom":
        return Custom(self)


class Custom(Task):
    def __init__(self, config: CustomTask) -> None:
        self.name = config.name
        self.config = config
        self.columns = columns_of(config.template)
        self.words = words_of(config.labels)
        self.labels = tuple(dict.fromkeys(self.words.values()))
        self.init_words = self.labels
        self.metrics = METRICS[config.metric][0]
        self.version = repr(asdict(config))
        self.stand_in = {config.target: next(iter(self.words), "?")}

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        for column in (*self.columns, self.config.target):
            if column not in record:
                raise InputError(f"there is no column {column}, only {', '.join(record) or 'none'}")
        parts = {column: _text(record, column) for column in self.columns}
        answers = self._answers(record)
        yield Example(input=filled(self.config.template, parts), parts=parts, target=answers[0], answers=answers)

    def score(self, predictions: Sequence[str], examples: Sequence[Example]) -> Scores:
        return METRICS[self.config.metric][1](predictions, examples, self.labels)

    def ratios(self, predictions: Sequence[str], examples: Sequence[Example]) -> "dict[str, Ratios]":
        return METRICS[self.config.metric][2](predictions, examples, self.labels)

    def _answers(self, record: Mapping[str, Any]) -> tuple[str, ...]:
        """The label word, or the text; a list of texts where the metric takes the best of several answers."""
        column = self.config.target
        if self.words:
            value = _text(record, column)
            if _key(value) not in self.words:
                allowed = " or ".join(repr(known) for known in self.words)
                raise InputError(f"column {column} is {value!r}, but task.labels has words for {allowed} only")
            return (self.words[_key(value)],)
        several = record[column] if self.config.metric == "squad" and isinstance(record[column], list) else None
        answers = tuple(several) if several is not None else (_text(record, column),)
        if not answers or not all(isinstance(answer, str) and answer.strip() for answer in answers):
            raise InputError(f"column {column} is {record[column]!r}, but it must be a text that is not empty")
        return answers


def columns_of(template: str) -> tuple[str, ...]:
    """The columns that a template names, each once. Raises InputError for none, and for a malformed one."""
    try:
        parts = [part for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise InputError(
            f"task.template={template} is not allowed: {error}; a brace itself is written twice"
        ) from error
    for _, column, form, conversion in parts:
        if not column or form or conversion:
            raise InputError(f"task.template={template} is not allowed: write {{column}}, and {{{{ for a brace itself")
    if not parts:
        raise InputError(f"task.template={template} is not allowed: it must name a column, such as {{text}}")
    return tuple(dict.fromkeys(str(column) for _, column, _, _ in parts))


def filled(template: str, values: Mapping[str, str]) -> str:
    """`template` with every {column} replaced by its value."""
    return "".join(
        literal + (values[column] if column is not None else "")
        for literal, column, _, _ in string.Formatter().parse(template)
    )


def words_of(labels: Any) -> dict[str, str]:
    """Label words by value, as texts; none for free text. Raises InputError for what is no mapping or list of words."""
    if labels is None:
        return {}
    told = labels if isinstance(labels, dict) else {word: word for word in labels} if isinstance(labels, list) else {}
    words = {_key(value): word for value, word in told.items()}
    if not words or not all(isinstance(word, str) for word in words.values()):
        raise InputError(
            f"task.labels={labels} is not allowed: write '{{0: bad, 1: good}}' or [bad, good], in quotes where a word "
            "would be read as a number, true or null"
        )
    return words


def _key(value: Any) -> str:
    """A value as a text, so that 1 of JSON and "1" of CSV are one; true has several spellings."""
    text = str(value)
    return text.lower() if text.lower() in ("true", "false") else text


def _text(record: Mapping[str, Any], column: str) -> str:
    """A text or a number as a text. Raises InputError for anything else."""
    value = record[column]
    if not isinstance(value, str | int | float):
        raise InputError(f"column {column} is {value!r}, but it must be a text or a number")
    return str(value)


def _accuracy(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Scores:
    from softscale.metrics.accuracy import accuracy

    return {"accuracy": accuracy(predictions, _targets(examples))}


def _accuracy_ratios(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Parts:
    from softscale.metrics.accuracy import accuracy_ratios

    return {"accuracy": accuracy_ratios(predictions, _targets(examples))}


def _macro_f1(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Scores:
    from softscale.metrics.macro_f1 import macro_f1

    return {"macro_f1": macro_f1(predictions, _targets(examples), labels)}


def _macro_f1_ratios(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Parts:
    from softscale.metrics.macro_f1 import macro_f1_ratios

    return {"macro_f1": macro_f1_ratios(predictions, _targets(examples), labels)}


def _binary_f1(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Scores:
    from softscale.metrics.binary_f1 import binary_f1

    negative, positive = labels
    return {"binary_f1": binary_f1(predictions, _targets(examples), negative, positive)}


def _binary_f1_ratios(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Parts:
    from softscale.metrics.binary_f1 import binary_f1_ratios

    negative, positive = labels
    return {"binary_f1": binary_f1_ratios(predictions, _targets(examples), negative, positive)}


def _squad(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Scores:
    from softscale.metrics.squad import squad

    return squad(predictions, [example.answers for example in examples])


def _squad_ratios(predictions: Sequence[str], examples: Sequence[Example], labels: tuple[str, ...]) -> Parts:
    from softscale.metrics.squad import squad_ratios

    return squad_ratios(predictions, [example.answers for example in examples])


def _targets(examples: Sequence[Example]) -> list[str]:
    return [example.target for example in examples]


# By name: the keys of the scores, the function that makes them, and the one that makes their parts on resamples.
METRICS = {
    "accuracy": (("accuracy",), _accuracy, _accuracy_ratios),
    "macro_f1": (("macro_f1",), _macro_f1, _macro_f1_ratios),
    "binary_f1": (("binary_f1",), _binary_f1, _binary_f1_ratios),
    "squad": (("em", "f1"), _squad, _squad_ratios),
}
