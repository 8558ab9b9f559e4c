"""Group exact match: the share of groups in which every prediction is right (MultiRC's EM)."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from softscale.errors import InputError
from softscale.metrics.groups import firsts, group_numbers
from softscale.metrics.metric import Metric, Reference, ratio


class GroupExactMatch(Metric):
    """A group, whose examples need not be contiguous, counts where its first example stands."""

    name = "group_exact_match"

    def __init__(self, key: str = name) -> None:
        self.keys = (key,)

    @classmethod
    def of(cls, labels: tuple[str, ...]) -> Self:
        raise InputError("task.metric=group_exact_match is not allowed: the rows of a file of your own have no groups")

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        wrong = [text != reference.target for text, reference in zip(predictions, references, strict=True)]
        numbers, first = group_numbers(references), firsts(references)
        right = np.bincount(numbers, weights=wrong)[numbers] == 0
        return np.array([right * first, first]).T

    def values(self, sums: np.ndarray) -> np.ndarray:
        return ratio(sums[..., :1], sums[..., 1:])
