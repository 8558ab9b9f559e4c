"""A task of the user's own: a template over the columns of a file, a target column, and metrics by name.

Classes are answered in label words, free text as it stands. Words that a tokenizer does not know are read as <unk>,
which the record notes; a label word that it does not know is refused. The README goes from ten lines to a score.

Where a file has values in the place of words, the labels map them: `task.labels='{0: bad, 1: good}'`. A YAML of these
fields in conf/task/ makes a task of that name.
"""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from omegaconf import MISSING

from softscale import metrics
from softscale.config import TaskConfig, schema
from softscale.errors import InputError
from softscale.metrics import Metric
from softscale.metrics.normal_form import normalised
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
    metric: Any = MISSING  # a name, or a list of names, of which the first selects the best step
    normalise: bool = False  # free text: answers in Unicode's form NFKC, with single spaces and none outside

    def __post_init__(self) -> None:
        if isinstance(self.metric, list) and len(self.metric) == 1 and isinstance(self.metric[0], str):
            (self.metric,) = self.metric  # one study has one id

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
        metrics_of(self.metric, words)

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
        self.scored_by = metrics_of(config.metric, self.labels)
        self.selected_by = self.scored_by[0].keys
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
        """The label word, or the text; a list of texts where each metric takes the best of several answers."""
        column = self.config.target
        if self.words:
            value = _text(record, column)
            if key_of(value) not in self.words:
                allowed = " or ".join(repr(known) for known in self.words)
                raise InputError(f"column {column} is {value!r}, but task.labels has words for {allowed} only")
            return (self.words[key_of(value)],)
        several = isinstance(record[column], list) and all(metric.several_answers for metric in self.scored_by)
        answers = tuple(record[column]) if several else (_text(record, column),)
        if not answers or not all(isinstance(answer, str) and answer.strip() for answer in answers):
            raise InputError(f"column {column} is {record[column]!r}, but it must be a text that is not empty")
        for metric in self.scored_by:
            try:
                for answer in answers:
                    metric.check_target(answer)
            except InputError as error:
                raise InputError(f"column {column} {error}") from error
        return tuple(map(normalised, answers)) if self.config.normalise else answers


def metrics_of(named: Any, words: tuple[str, ...]) -> tuple[Metric, ...]:
    """The metrics of that name, or of a list of names, for a task with these label words.

    Raises InputError for a name that is not known or stands twice, and for a metric that cannot score such a task.
    """
    names = named if isinstance(named, list) else [named]
    shown = f"task.metric=[{','.join(map(str, names))}]"
    if not names:
        raise InputError(f"{shown} is not allowed: it must name at least one of {', '.join(metrics.names())}")
    for name in names:
        one_of("task.metric", name, metrics.names())
        if names.count(name) > 1:
            raise InputError(f"{shown} is not allowed: it must name each metric once")
    made = tuple(metrics.by_name(name).of(words) for name in names)
    keys = [key for metric in made for key in metric.keys]
    if len(set(keys)) < len(keys):
        raise InputError(f"{shown} is not allowed: two of them give a score of one name")
    return made


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
    given = labels if isinstance(labels, dict) else {word: word for word in labels} if isinstance(labels, list) else {}
    words = {key_of(value): word for value, word in given.items()}
    if not words or not all(isinstance(word, str) for word in words.values()):
        raise InputError(
            f"task.labels={labels} is not allowed: write '{{0: bad, 1: good}}' or [bad, good], in quotes where a word "
            "would be read as a number, true or null"
        )
    return words


def label_words(labels: Any) -> tuple[str, ...]:
    """Each label word once, in their order. Raises as `words_of` does."""
    return tuple(dict.fromkeys(words_of(labels).values()))


def key_of(value: Any) -> str:
    """A value as a text, so that 1 of JSON and "1" of CSV are one; true has several spellings."""
    text = str(value)
    return text.lower() if text.lower() in ("true", "false") else text


def _text(record: Mapping[str, Any], column: str) -> str:
    """A text or a number as a text. Raises InputError for anything else."""
    value = record[column]
    if not isinstance(value, str | int | float):
        raise InputError(f"column {column} is {value!r}, but it must be a text or a number")
    return str(value)
