"""Macro F1: the unweighted mean of the classes' F1 (T5's mean_multiclass_f1, used for CB).

A prediction that is no class misses its own class and is a false positive for none.
"""

from collections.abc import Sequence
from typing import Self

from softscale.errors import InputError
from softscale.metrics.f1 import F1


class MacroF1(F1):
    name = "macro_f1"

    def __init__(self, labels: Sequence[str], key: str = name) -> None:
        super().__init__(labels, key)

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> Self:
        if not labels:
            raise InputError("task.metric=macro_f1 is not allowed without task.labels: it is a mean over classes")
        return cls(labels)
