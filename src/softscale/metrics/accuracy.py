"""Accuracy: the share of predictions that are exactly the target (T5's string match)."""

from collections.abc import Sequence

import numpy as np

from softscale.metrics.metric import Metric, Reference, ratio


class Accuracy(Metric):
    name = "accuracy"
    keys = ("accuracy",)

    def statistics(self, predictions: Sequence[str], references: Sequence[Reference]) -> np.ndarray:
        right = [text == reference.target for text, reference in zip(predictions, references, strict=True)]
        return np.array([right, np.ones(len(right))], dtype=float).T

    def values(self, sums: np.ndarray) -> np.ndarray:
        return ratio(sums[..., :1], sums[..., 1:])
