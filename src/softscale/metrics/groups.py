"""Groups of examples: the answers to one question (MultiRC), the copies of one query (ReCoRD)."""

from collections.abc import Sequence

import numpy as np

from softscale.metrics.metric import Reference


def group_numbers(references: Sequence[Reference]) -> list[int]:
    """The number of each example's group, counted in the order of the data; one without a group is one of its own."""
    numbers: dict[str | int, int] = {}
    return [numbers.setdefault(each.group or index, len(numbers)) for index, each in enumerate(references)]


def firsts(references: Sequence[Reference]) -> np.ndarray:
    """`[N]`: 1 for the first example of each group, 0 for the others."""
    first = np.zeros(len(references))
    first[np.unique(group_numbers(references), return_index=True)[1]] = 1
    return first
