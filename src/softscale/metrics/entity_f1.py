"""Entity F1: micro F1 over the entities of all texts, where an answer lists them as `person: Anna; place: Rome`.

An entity is a type and a text, and counts as often as it is listed. `none` is an answer without entities. What is
between two semicolons and is no `type: text` is an entity that is never right, so that nothing is gained by writing it.
Types are compared without case; texts with it, but spaces and Unicode's compatible forms make no difference.

The packages seqeval and nervaluate compare spans of a tagged text, by position. An answer that was generated has no
positions, and aligning it with its input would be a choice of its own; so the count is made here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Self

import numpy as np

from softscale.errors import InputError
from softscale.metrics.metric import Metric, Reference, ratio
from softscale.metrics.normal_form import normalised

NONE = "none"
FORM = "person: Anna; place: Rome"


class EntityF1(Metric):
    name = "entity_f1"
    keys = ("entity_f1",)

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> Self:
        if labels:
            raise InputError("task.metric=entity_f1 is not allowed with task.labels: answers must list entities")
        return cls()

    def check_target(self, target: str) -> None:
        unread = [text for kind, text in entities(target) if not kind]
        if unread or not target.strip():
            raise InputError(f"is {target!r}, but entity_f1 reads entities such as {FORM!r}, or {NONE!r}")

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        return np.array(
            [_counts(text, each.target) for text, each in zip(predictions, references, strict=True)], dtype=float
        )

    def values(self, sums: np.ndarray) -> np.ndarray:
        return ratio(2 * sums[..., :1], sums[..., 1:2] + sums[..., 2:])


def _counts(prediction: str, target: str) -> tuple[int, int, int]:
    """Entities that are right, predicted, and in the target."""
    predicted, gold = entities(prediction), entities(target)
    return (predicted & gold).total(), predicted.total(), gold.total()


def entities(answer: str) -> Counter[tuple[str, str]]:
    """How often an answer lists each type and text; what has no type, or no text, has the empty type."""
    plain = normalised(answer)
    if plain.casefold() == NONE:
        return Counter()
    return Counter(_entity(part.strip()) for part in plain.split(";") if part.strip())


def _entity(part: str) -> tuple[str, str]:
    kind, _, text = (each.strip() for each in part.partition(":"))
    return (kind.casefold(), text) if kind and text else ("", part)
