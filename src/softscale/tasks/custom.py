"""A task of the user's own: a template over the columns of a file, a target column, and a metric by name.

Classes are answered in label words, free text as it stands. Words that a tokenizer does not know are read as <unk>,
which the record notes; a label word that it does not know is refused. The README goes from ten lines to a score.

Where a file has values in the place of words, the labels map them: `task.labels='{0: bad, 1: good}'`. A YAML of these
fields in conf/task/ makes a task of that name.
"""

import re
import string
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from omegaconf import MISSING

from softscale import metrics
from softscale.config import TaskConfig, schema
from softscale.errors import InputError
from softscale.ranges import one_of
from softscale.tasks import names
from softscale.tasks.task import Example, Task

NAME = re.compile(r"[A-Za-z0-9_]+")  # it is part of the names of files


@schema("task", "custom")
@dataclass(kw_only=True)
class CustomTask(TaskConfig):
    """What a data set of the user's own looks like."""

    template: str = MISSING  # the input's text, with {column} where a column's value goes
    target: str = MISSING  # the column with the answer
    labels: Any = None  # values to label words, or a list of words that are the values; none for free text
    metric: str = MISSING
    normalise: bool = False  # free text: answers in Unicode's form NFKC, with single spaces and none outside

    def check(self) -> None:
        super().check()
        if not NAME.fullmatch(self.name):
            raise InputError(f"task.name={self.name} is not allowed: it must be of letters, digits and _")
        if self.name in names():
            raise InputError(f"task.name={self.name} is not allowed: it is the name of one of the paper's tasks")
        columns_of(self.template)
        words = label_words(self.labels)
        if any(not word or word != word.strip() for word in words):
            raise InputError(
                f"task.labels={self.labels} is not allowed: a label word must be a text without outer spaces"
            )
        if self.normalise and words:
            raise InputError("task.normalise=true is not allowed with task.labels: it is for answers of free text")
        one_of("task.metric", self.metric, metrics.names())
        metrics.by_name(self.metric).of(words)  # which refuses labels that it cannot score

    def build(self) -> "Custom":
        return Custom(self)


class Custom(Task):
    def __init__(self, config: CustomTask) -> None:
        self.name = config.name
        self.config = config
        self.columns = columns_of(config.template)
        self.words = words_of(config.labels)
        self.labels = label_words(config.labels)
        self.init_words = self.labels
        self.metric = metrics.by_name(config.metric).of(self.labels)
        self.scored_by = (self.metric,)
        self.version = repr(asdict(config))
        self.stand_in = {config.target: next(iter(self.words), "?")}

    def examples(self, record: Mapping[str, Any], split: str) -> Iterator[Example]:
        for column in (*self.columns, self.config.target):
            if column not in record:
                raise InputError(f"there is no column {column}, only {', '.join(record) or 'none'}")
        parts = {column: _text(record, column) for column in self.columns}
        answers = self._answers(record)
        yield Example(input=filled(self.config.template, parts), parts=parts, target=answers[0], answers=answers)

    def _answers(self, record: Mapping[str, Any]) -> tuple[str, ...]:
        """The label word, or the text; a list of texts where the metric takes the best of several answers."""
        column = self.config.target
        if self.words:
            value = _text(record, column)
            if _key(value) not in self.words:
                allowed = " or ".join(repr(known) for known in self.words)
                raise InputError(f"column {column} is {value!r}, but task.labels has words for {allowed} only")
            return (self.words[_key(value)],)
        several = record[column] if self.metric.several_answers and isinstance(record[column], list) else None
        answers = tuple(several) if several is not None else (_text(record, column),)
        if not answers or not all(isinstance(answer, str) and answer.strip() for answer in answers):
            raise InputError(f"column {column} is {record[column]!r}, but it must be a text that is not empty")
        return tuple(map(normalised, answers)) if self.config.normalise else answers


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


def normalised(text: str) -> str:
    """`text` as a tokenizer of T5 can write it: in the form NFKC, with single spaces and none outside."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def words_of(labels: Any) -> dict[str, str]:
    """Label words by value, as texts; none for free text. Raises InputError for what is no mapping or list of words."""
    if labels is None:
        return {}
    given = labels if isinstance(labels, dict) else {word: word for word in labels} if isinstance(labels, list) else {}
    words = {_key(value): word for value, word in given.items()}
    if not words or not all(isinstance(word, str) for word in words.values()):
        raise InputError(
            f"task.labels={labels} is not allowed: write '{{0: bad, 1: good}}' or [bad, good], in quotes where a word "
            "would be read as a number, true or null"
        )
    return words


def label_words(labels: Any) -> tuple[str, ...]:
    """Each label word once, in their order. Raises as `words_of` does."""
    return tuple(dict.fromkeys(words_of(labels).values()))


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
