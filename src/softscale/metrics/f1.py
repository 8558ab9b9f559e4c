"""F1 of classes: twice the hits over the sum of what was predicted and what is right, averaged over classes."""

from collections.abc import Sequence

import numpy as np

from softscale.metrics.metric import Metric, Reference, ratio


class F1(Metric):
    """The unweighted mean over `classes`; a class that is neither predicted nor right has F1 0."""

    def __init__(self, classes: Sequence[str], key: str) -> None:
        self.classes, self.keys = tuple(classes), (key,)

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        predicted = self._indicators(predictions)
        gold = self._indicators([reference.target for reference in references])
        return np.hstack([2 * predicted * gold, predicted + gold])

    def values(self, sums: np.ndarray) -> np.ndarray:
        hits, both = np.split(sums, 2, axis=-1)
        return ratio(hits, both).mean(axis=-1, keepdims=True)

    def _indicators(self, texts: Sequence[str]) -> np.ndarray:
        """`[N, classes]`: 1 where a text is the class."""
        return np.array([[text == label for label in self.classes] for text in texts], dtype=float)
