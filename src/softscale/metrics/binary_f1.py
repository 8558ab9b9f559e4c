"""F1 of the positive class of two, where a prediction that is neither counts as the wrong one.

The rule is T5's f1_score_with_invalid; MultiRC uses it over all answers of all questions.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np

from softscale.errors import InputError
from softscale.metrics.f1 import F1
from softscale.metrics.metric import Reference


class BinaryF1(F1):
    name = "binary_f1"

    def __init__(self, negative: str, positive: str, key: str = name) -> None:
        super().__init__([positive], key)
        self.opposite = {negative: positive, positive: negative}

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> Self:
        if len(labels) != 2:
            raise InputError("task.metric=binary_f1 is not allowed: task.labels must have two words, the positive last")
        return cls(*labels)

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        legal = [
            text if text in self.opposite else self.opposite[reference.target]
            for text, reference in zip(predictions, references, strict=True)
        ]
        return super().statistics(legal, references)
