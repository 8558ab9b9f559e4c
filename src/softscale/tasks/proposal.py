"""What a file of the user's own is probably for: which columns are input and target, labels or free text, and metrics.

Guesses, each by a rule that can be said in a line and overruled by its option.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from softscale.errors import InputError
from softscale.metrics.entity_f1 import entities
from softscale.metrics.normal_form import normalised
from softscale.tasks.custom import key_of

Records = Sequence[Mapping[str, Any]]

TARGETS = (
    *("target", "label", "labels", "answer", "answers", "class", "category", "output", "summary", "headline"),
    *("translation", "sentiment", "entities", "completion", "response"),
)
NO_INPUT = ("id", "idx", "index", "uuid", "guid", "split")
MOST_LABELS = 20
LONGEST_LABEL = 5  # words
SHORT = 5  # words of the median answer


@dataclass(frozen=True)
class Proposal:
    """inputs: columns. labels: as `task.labels` takes them; None for free text."""

    inputs: tuple[str, ...]
    target: str
    labels: dict[str, str] | list[str] | None
    metric: list[str]

    @property
    def template(self) -> str:
        """The column alone, or T5's form of several: `name: text name: text`."""
        if len(self.inputs) == 1:
            return f"{{{self.inputs[0]}}}"
        return " ".join(f"{name}: {{{name}}}" for name in self.inputs)


def propose(records: Records, inputs: Sequence[str] = (), target: str | None = None) -> Proposal:
    """inputs, target: columns that the user named.

    Raises InputError where a column is not there or there are too few, where no template can name a column, and for a
    target that has one value only.
    """
    columns = list(dict.fromkeys(name for record in records for name in record))
    for option, names in (("input", inputs), ("target", [target] if target is not None else [])):
        for name in names:
            if name not in columns:
                raise InputError(f"{option}={name} is not a column: the file has {', '.join(columns)}")
    if len(columns) < 2:
        raise InputError(f"the file has one column, {columns[0]}, and a task needs two: its input and its target")
    target = target if target is not None else _target(columns, inputs)
    if target in inputs:
        raise InputError(f"input={target} is not allowed: it is the target, which would give the answer away")
    chosen = tuple(inputs) or _inputs(records, columns, target)
    for name in chosen:
        if not _can_be_named(name):
            raise InputError(f"the column {name!r} cannot be named in a template: give it another name, without {{}}!:")
    answers = [record[target] for record in records if not _is_blank(record.get(target))]
    labels = _labels(answers)
    if len(set(map(str, answers))) == 1 and len(answers) == len(records) > 1:
        raise InputError(f"column {target} is {answers[0]!r} in every row: there is nothing to learn")
    return Proposal(chosen, target, labels, ["accuracy", "macro_f1"] if labels else _text_metrics(answers))


def _target(columns: Sequence[str], inputs: Sequence[str]) -> str:
    """The column that is called like a target, or the last one."""
    left = [name for name in columns if name not in inputs]
    if not left:
        raise InputError("input= names all columns: the file has none left for the target")
    named = [name for word in TARGETS for name in left if name.casefold() == word]
    return (named or left[::-1])[0]


def _inputs(records: Records, columns: Sequence[str], target: str) -> tuple[str, ...]:
    """The columns of text, but for ids and what is the same in every row; all others where there is none."""
    others = [name for name in columns if name != target]
    texts = [name for name in others if name.casefold() not in NO_INPUT and _is_text(records, name)]
    return tuple(texts or others)


def _is_text(records: Records, name: str) -> bool:
    values = [record.get(name) for record in records]
    known = [value for value in values if isinstance(value, str)]
    varies = len(records) == 1 or len(set(known)) > 1
    return len(known) == len(values) and varies and _can_be_named(name) and any(map(_has_letter, known))


def _has_letter(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _can_be_named(name: str) -> bool:
    return bool(name) and not re.search(r"[{}!:]", name)


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _labels(answers: Sequence[Any]) -> dict[str, str] | list[str] | None:
    """Few distinct short answers, each twice on average, are classes; as a mapping where a value is no label word."""
    if not all(isinstance(answer, str | int | float) for answer in answers):
        return None
    values = sorted({key_of(answer) for answer in answers})
    words = {value: normalised(value) for value in values}
    if not 2 <= len(words) <= MOST_LABELS or 2 * len(words) > len(answers):
        return None
    if any(len(word.split()) > LONGEST_LABEL for word in words.values()):
        return None
    return list(words) if all(value == word for value, word in words.items()) else words


def _text_metrics(answers: Sequence[Any]) -> list[str]:
    texts = [str(answer[0] if isinstance(answer, list) and answer else answer) for answer in answers]
    kinds = [kind for text in texts for kind, _ in entities(text)]
    if kinds and all(kinds) and not any(isinstance(answer, list) for answer in answers):
        return ["entity_f1", "exact_match"]
    if texts and median(len(text.split()) for text in texts) <= SHORT:
        return ["squad"]
    return ["rouge_l", "chrf"]
